"""Runs by a card that are counted, or wait, while another one is started: outdated if it changes what they
give, and only then."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from gig.core.ids import new_id
from gig.payouts.adjustments import given
from gig.payouts.adjustments.models import BackPayRun
from gig.payouts.adjustments.operations import back_pay
from tests.features.adjustments.test_back_pay import DAY_OF_WORK, NOW, draft, state
from tests.features.adjustments.test_back_pay_again import by_card, card, post
from tests.features.adjustments.test_back_pay_stale import MINUTE, capped_card, given_for, refused
from tests.features.settlement import books
from tests.features.settlement.books import DAY, WEDNESDAY

THE_DAY_BEFORE: dict[str, Any] = {
    "first_day": DAY_OF_WORK - DAY,
    "last_day": DAY_OF_WORK - DAY,
}


def one_place_for_two() -> tuple[str, str, str]:
    """An inquiry over two days with one paid reply; its agents in order, and a card that pays two."""
    lin, he = sorted(books.agent() for _ in range(2))
    inquiry = new_id()
    books.earn(he, 120, at=WEDNESDAY - DAY, inquiry_id=inquiry)
    books.earn(he, 0, at=WEDNESDAY - DAY + MINUTE, inquiry_id=inquiry)
    books.earn(lin, 0, at=WEDNESDAY, inquiry_id=inquiry)
    books.earn(he, 120, at=WEDNESDAY)
    return lin, he, capped_card(130, 2)


def overtaken(session: Session, run_id: str) -> bool:
    session.rollback()
    return given.overtook(session, session.get_one(BackPayRun, run_id)) is not None


def test_a_run_that_is_counted_meets_no_run_of_other_days_and_other_inquiries(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(back_pay, "AGENTS_AT_ONCE", 1)
    lin, he = (books.agent() for _ in range(2))
    for id in (lin, he):
        books.earn(id, 120)
        books.earn(id, 120, at=WEDNESDAY - DAY)
    other = by_card(card(140), **THE_DAY_BEFORE)
    run = draft(mode="card", figure=None, card_id=card(150))
    assert back_pay._count_next(run, now=NOW)
    post(other)
    assert not overtaken(session, run)
    assert sorted(given_for(session, run).values()) == [30, 30]
    post(run)
    assert state(session, run) == "posted"
    assert books.faults() == []


def test_what_was_counted_of_an_inquiry_before_another_run_took_its_place_is_outdated(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(back_pay, "AGENTS_AT_ONCE", 1)
    _lin, _he, card_id = one_place_for_two()
    other = by_card(card_id, **THE_DAY_BEFORE)
    run = draft(mode="card", figure=None, card_id=card_id)
    assert back_pay._count_next(run, now=NOW)
    assert sum(given_for(session, run).values()) == 130
    post(other)
    assert overtaken(session, run)
    assert refused(run) == "outdated"


def test_a_run_that_waits_is_outdated_by_one_that_takes_the_place_of_a_reply_that_was_paid(
    session: Session,
) -> None:
    """The third was paid by a card that pays more of an inquiry; at two paid ones it would get none."""
    lin, inquiry = books.agent(), new_id()
    books.earn(lin, 120, at=WEDNESDAY - DAY, inquiry_id=inquiry)
    books.earn(lin, 0, at=WEDNESDAY - DAY + MINUTE, inquiry_id=inquiry)
    third = books.earn(lin, 120, inquiry_id=inquiry)
    card_id = capped_card(150, 2)
    run, other = by_card(card_id), by_card(card_id, **THE_DAY_BEFORE)
    assert given_for(session, run) == {third: 30}
    post(other)
    assert refused(run) == "outdated"
    assert given_for(session, by_card(card_id)) == {}


def test_a_run_that_pays_elsewhere_in_the_inquiry_s_days_waits_on(session: Session) -> None:
    lin, inquiry = books.agent(), new_id()
    books.earn(lin, 120, at=WEDNESDAY - DAY, inquiry_id=inquiry)
    books.earn(lin, 120, at=WEDNESDAY, inquiry_id=inquiry)
    card_id = capped_card(150, 2)
    run, other = by_card(card_id), by_card(card_id, **THE_DAY_BEFORE)
    post(other)
    assert not overtaken(session, run)
    post(run)
    assert state(session, run) == "posted"
