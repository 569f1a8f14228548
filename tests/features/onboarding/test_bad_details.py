"""Names and numbers that cannot be, people who are too young, numbers that are taken."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy.orm import Session

from gig.core.errors import Invalid, Refused
from gig.onboarding.models import Application
from gig.onboarding.operations.applications import save_draft, submit
from gig.onboarding.rules.legal_name import read_legal_name
from gig.onboarding.rules.resident_id import check_character
from tests.features.onboarding.conftest import LogIn
from tests.features.onboarding.people import (
    NUMBER,
    OTHER_NUMBER,
    application_of,
    everything,
    hand_in,
    passed,
    photo,
)

MIDNIGHT = dt.datetime(2026, 11, 22, 16, 0, tzinfo=dt.UTC)
"""The first instant of 23 November 2026 in Shanghai."""


def number_of(birthday: dt.date) -> str:
    digits = f"110101{birthday:%Y%m%d}001"
    return digits + check_character(digits)


def fill(person_id: str, number: str, now: dt.datetime) -> dict[str, list[object]]:
    both = {"front": photo(), "back": photo()}
    return save_draft(person_id=person_id, name="李晓明", number=number, photos=both, now=now)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("110101199001010016", "最后一位对不上"),
        ("110101900101001", "一代身份证已停用"),
        ("11010119900101", "18 位"),
        ("991101199001010015", "永久居留"),
        ("110101199002300014", "出生日期不存在"),
        ("110101205001010013", "出生日期还没有到"),
        ("一二三", "18 位"),
    ],
)
def test_a_number_that_cannot_be_is_refused_at_its_field(
    number: str, words: str, session: Session, applicant: str, log_in: LogIn
) -> None:
    page = log_in(applicant).post("/agent/join/id", everything(number=number))
    assert page.status_code == 422
    assert words in page.text
    draft = application_of(session, applicant)
    assert (draft.state, draft.id_number) == ("draft", None)
    assert draft.front_blob_id and draft.back_blob_id and draft.legal_name


@pytest.mark.parametrize("name", ["李3", "🙂明", "李", "·李明", "字" * 51])
def test_a_name_that_cannot_be_is_refused_at_its_field(
    name: str, session: Session, applicant: str, log_in: LogIn
) -> None:
    page = log_in(applicant).post("/agent/join/id", everything(name=name))
    assert page.status_code == 422
    draft = application_of(session, applicant)
    assert (draft.state, draft.legal_name, draft.id_number) == ("draft", None, NUMBER)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("李 䶮", "李䶮"), ("𠮷野明", "𠮷野明"), ("阿卜杜•热合曼", "阿卜杜·热合曼"), (" 欧阳  娜 ", "欧阳娜")],
)
def test_rare_characters_and_dots_are_names(typed: str, stored: str) -> None:
    assert read_legal_name(typed) == stored


def test_a_number_typed_with_spaces_and_a_small_x_is_the_number(
    session: Session, applicant: str, log_in: LogIn
) -> None:
    hand_in(log_in(applicant), number="110105 19491231 002x")
    assert application_of(session, applicant).id_number == "11010519491231002X"


def test_the_eighteenth_birthday_counts_and_the_day_before_does_not(session: Session, applicant: str) -> None:
    number = number_of(dt.date(2008, 11, 23))
    early = MIDNIGHT - dt.timedelta(microseconds=1)
    assert [str(fault) for fault in fill(applicant, number, early)["number"]] == ["要年满 18 岁才能接单。"]
    assert fill(applicant, number, MIDNIGHT) == {}
    submit(person_id=applicant, consent=True, now=MIDNIGHT)
    assert application_of(session, applicant).state == "submitted"


def test_a_number_that_waits_or_was_passed_is_refused_without_naming_anybody(
    session: Session, applicant: str, another: str, reviewer: str, log_in: LogIn
) -> None:
    hand_in(log_in(applicant))
    second = log_in(another)
    for _state in ("waiting", "passed"):
        page = second.post("/agent/join/id", everything(name="周四"))
        assert page.status_code == 409
        assert "这个证件号不能用来申请" in page.text
        assert "小林" not in page.text
        assert application_of(session, another).state == "draft"
        if application_of(session, applicant).state == "submitted":
            passed(log_in(reviewer), session, applicant)
    hand_in(second, number=OTHER_NUMBER)


def test_the_database_itself_refuses_a_second_owner_of_a_number(
    session: Session, applicant: str, another: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two who hand in at the same instant both pass the look-up; the index lets one through."""
    from gig.onboarding.operations import applications

    monkeypatch.setattr(applications, "_number_is_taken", lambda *_: False)
    for person in (applicant, another):
        fill(person, NUMBER, MIDNIGHT)
    submit(person_id=applicant, consent=True, now=MIDNIGHT)
    with pytest.raises(Refused) as refused:
        submit(person_id=another, consent=True, now=MIDNIGHT)
    assert refused.value.slug == "number-taken"
    assert application_of(session, another).state == "draft"


def test_an_empty_form_names_everything_that_is_missing_and_leaves_no_draft(
    session: Session, applicant: str
) -> None:
    with pytest.raises(Invalid) as refused:
        submit(person_id=applicant, consent=False, now=MIDNIGHT)
    assert set(refused.value.errors) == {"front", "back", "name", "number", "consent"}
    session.rollback()
    assert session.query(Application).count() == 0
