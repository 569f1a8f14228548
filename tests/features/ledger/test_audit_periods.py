"""The audit finds what is in the wrong period, and a statement that pays against the minimum."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.identity.operations.standing import end_agent, reinstate_agent
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger import accounts, journal
from gig.payouts.ledger.journal import Entry
from gig.payouts.settlement.models import Statement
from gig.payouts.settlement.operations.closing import close_due
from gig.payouts.settlement.operations.settings import set_number
from gig.payouts.settlement.values import MINIMUM_PAYOUT
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, HOUR, MONDAY_AFTER, WEDNESDAY, WEEK, WEEKS

NEXT = "week-2026-11-23"


def change(statement: sa.Update) -> None:
    with transaction() as writing:
        writing.execute(statement)


def found(claim: str) -> list[str]:
    return [fault for fault in books.faults() if claim in fault]


def posted(agent_id: str, *, period_id: str, at: dt.datetime, late_for: str | None = None) -> None:
    """An award that somebody put in the book by hand."""
    entry = Entry("award:x", "award", accounts.AWARD, accounts.payable(agent_id), 500, agent_id)
    with transaction() as writing:
        journal.post(writing, [entry], period_id=period_id, late_for_period_id=late_for, now=at)


@pytest.fixture
def lin(session: Session) -> str:
    """An agent who earned in two weeks, of which the first is closed, and was given something late."""
    lin = books.agent()
    books.earn(lin, 1200, base=400)
    books.earn(lin, 0)
    books.close()
    books.earn(lin, 300, at=MONDAY_AFTER - HOUR)
    books.post(lin, "award", 70, at=MONDAY_AFTER - HOUR)
    books.earn(lin, 50, at=books.LONG_AGO)
    books.earn(lin, 300, at=WEDNESDAY + WEEKS)
    assert books.faults() == []
    return lin


@pytest.mark.parametrize("gross", [1200, 0])
@pytest.mark.parametrize("by", [WEEKS, -WEEKS])
def test_an_earning_whose_reply_was_in_another_week_is_found(lin: str, gross: int, by: dt.timedelta) -> None:
    moved = sa.update(Earning).where(Earning.gross_fen == gross, Earning.received_at == WEDNESDAY)
    change(moved.values(received_at=WEDNESDAY + by))
    assert bool(found("an earning is in the period of its reply")) == (gross > 0 or by > dt.timedelta())


def test_an_earning_that_names_another_week_than_that_of_its_reply_is_found(lin: str) -> None:
    late = sa.update(Earning).where(Earning.received_at == MONDAY_AFTER - HOUR)
    change(late.values(received_at=MONDAY_AFTER - HOUR - WEEKS))
    assert found("an earning is in the period of its reply") == []  # that one is before all periods
    change(sa.update(Earning).where(Earning.gross_fen == 300).values(received_at=MONDAY_AFTER + 2 * WEEKS))
    assert len(found("an earning is in the period of its reply")) == 2


@pytest.mark.parametrize(
    ("period_id", "at", "late_for", "wrong"),
    [
        (NEXT, WEDNESDAY + WEEKS, None, False),
        (NEXT, WEDNESDAY, WEEK, False),
        (NEXT, WEDNESDAY, None, True),
        (NEXT, WEDNESDAY + 2 * WEEKS, None, True),
        (NEXT, WEDNESDAY + WEEKS, WEEK, True),
        (NEXT, WEDNESDAY, "week-1999-01-04", True),
        (WEEK, WEDNESDAY + WEEKS, NEXT, True),
        (WEEK, WEDNESDAY, WEEK, True),
    ],
)
def test_a_posting_in_another_week_than_that_of_its_instant_is_found(
    lin: str, period_id: str, at: dt.datetime, late_for: str | None, wrong: bool
) -> None:
    posted(lin, period_id=period_id, at=at, late_for=late_for)
    assert bool(found("any other posting is in the period of its instant")) == wrong


class TestTheMinimum:
    CLAIM = "a statement pays all that is available"

    def paid(self, gross: int, fen: int, work: Callable[[str], None] = lambda _id: None) -> list[str]:
        """What is found once the statement of somebody who earned so much pays so much."""
        lin = books.agent()
        books.earn(lin, gross, base=400)
        work(lin)
        books.close()
        assert books.faults() == []
        change(sa.update(Statement).values(payable_fen=fen, carried_out_fen=Statement.available_fen - fen))
        return found(self.CLAIM)

    def test_who_reaches_it_and_is_not_paid_is_found(self, session: Session) -> None:
        assert self.paid(1000, 0) == [
            f"{self.CLAIM} when that reaches the minimum, for leavers always, else nothing: "
            f"{session.scalars(sa.select(Statement.id)).one()} 1000 0"
        ]

    def test_who_does_not_reach_it_and_is_paid_is_found(self, session: Session) -> None:
        assert len(self.paid(999, 999)) == 1

    def test_who_left_is_paid_without_one(self, session: Session) -> None:
        def leaves(id: str) -> None:
            end_agent(agent_id=id, reason="回老家", now=WEDNESDAY, actor_id="ops")

        assert len(self.paid(999, 0, leaves)) == 1

    def test_who_left_and_came_back_waits_for_it_again(self, session: Session) -> None:
        def leaves_and_returns(id: str) -> None:
            end_agent(agent_id=id, reason="回老家", now=WEDNESDAY, actor_id="ops")
            reinstate_agent(agent_id=id, reason="回来了", now=WEDNESDAY + HOUR, actor_id="ops")

        assert self.paid(999, 0, leaves_and_returns) == []

    def test_the_minimum_of_the_close_counts_whatever_it_is_later(self, session: Session) -> None:
        books.earn(books.agent(), 1200, base=400)
        books.close()
        set_number(
            name=MINIMUM_PAYOUT.name, value=2000, reason="少打几次款", actor_id="maker", now=CLOSING_TIME
        )
        assert books.faults() == []
        books.earn(books.agent(), 1200, base=400, at=WEDNESDAY + WEEKS)
        close_due(now=CLOSING_TIME + WEEKS)
        assert books.faults() == []
        change(sa.update(Statement).values(payable_fen=0, carried_out_fen=Statement.available_fen))
        assert len(found(self.CLAIM)) == 1
