"""Papers and accounts that cannot be: said at their field, and what was right is kept."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from gig.payouts.disbursement.models import Payee
from tests.features.onboarding.conftest import applicant_named
from tests.features.onboarding.people import (
    NUMBER,
    PASSWORD,
    Browser,
    application_of,
    everything,
    hand_in,
    hashed_password,
    passed,
    phone_of,
    photo,
    upload,
)

LUHN_FAILS = "6217000010000000000"


@pytest.fixture
def applicant(session: Session) -> str:
    return applicant_named("小林")


@pytest.fixture
def phone(app: Flask, session: Session, applicant: str) -> Browser:
    return Browser(app).log_in(phone_of(session, applicant))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (NUMBER[:-1] + "6", "核对"),
        (NUMBER[:-1], "18 位"),
        ("x" * 18, ""),
        ("１" * 18, ""),
        ("=1+1", ""),
        ("9" * 5000, ""),
    ],
    ids=["wrong check digit", "one short", "letters", "wide digits", "a formula", "endless"],
)
def test_an_id_number_that_cannot_be_is_refused_at_its_field(
    phone: Browser, session: Session, applicant: str, number: str, words: str
) -> None:
    page = phone.post("/agent/join/id", everything(number=number))
    assert page.status_code == 422
    assert words in page.text
    kept = application_of(session, applicant)
    assert (kept.state, kept.id_number, kept.legal_name) == ("draft", None, "李晓明")
    assert kept.front_blob_id and kept.back_blob_id


@pytest.mark.parametrize(
    ("content", "words"),
    [(lambda: photo() + bytes(30 * 1024 * 1024), "超过 12 MB"), (lambda: photo("GIF"), "是 GIF")],
    ids=["30 MB", "a GIF renamed to .jpg"],
)
def test_a_photo_that_cannot_be_used_says_why(
    phone: Browser, session: Session, applicant: str, content: object, words: str
) -> None:
    assert callable(content)
    page = phone.post("/agent/join/id", everything(front=upload(content(), "front.jpg")))
    assert page.status_code == 422
    assert words in page.text
    kept = application_of(session, applicant)
    assert (kept.state, kept.front_blob_id, kept.id_number) == ("draft", None, NUMBER)


def test_a_bank_card_that_fails_luhn_is_not_kept_unless_confirmed(
    app: Flask, phone: Browser, session: Session, applicant: str
) -> None:
    from tests import builders

    hand_in(phone)
    reviewer = builders.person(roles="reviewer", password_hash=hashed_password())
    passed(Browser(app).log_in(phone_of(session, reviewer)), session, applicant)
    form = {
        "kind": "bank",
        "holder": "李晓明",
        "account": LUHN_FAILS,
        "password": PASSWORD,
        "consent": "1",
    }
    page = phone.post("/agent/payee", form)
    assert page.status_code == 422
    assert "再核对一遍" in page.text
    session.rollback()
    assert session.query(Payee).count() == 0
