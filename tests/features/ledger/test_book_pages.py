"""The book as finance reads it, and the alarm when it does not hold."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.payouts.books.models import BookCheck
from gig.payouts.books.operations import check_book, check_night
from gig.payouts.books.queries import liability
from gig.payouts.disbursement.operations.batches import approve_batch, create_batch
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.ledger.queries import balances
from gig.payouts.settlement.models import Statement
from gig.scheduler import jobs_of
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, DAY, HOUR, WEDNESDAY, WEEK, WEEKS
from tests.features.settlement.conftest import Desk, after_closing_time, desk

__all__ = ["after_closing_time", "desk"]

NIGHT = dt.datetime(2026, 11, 23, 19, 5, tzinfo=dt.UTC)
"""03:05 in Shanghai."""


def test_balances_at_an_instant_leave_out_what_came_later(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 100)
    books.earn(lin, 300, at=WEDNESDAY + HOUR)
    session.rollback()
    then = {each.account: each.fen for each in balances(session, at=WEDNESDAY + HOUR)}
    assert then["Expenses:Commission"] == 100
    assert sum(then.values()) == 0


def test_what_is_owed_is_cut_by_why_and_how_long(session: Session) -> None:
    lin, he, su = books.agent(), books.agent(payee=False), books.agent()
    books.earn(lin, 2400, base=400)
    books.earn(he, 1300, base=400)
    books.earn(su, 999, base=400)
    books.close()
    books.approve()
    batch_id = create_batch(period_id=WEEK, actor_id="maker", now=CLOSING_TIME)
    approve_batch(batch_id=batch_id, actor_id="checker", now=CLOSING_TIME)
    export_batch(batch_id=batch_id, actor_id="maker", now=CLOSING_TIME)
    books.earn(su, 55, base=55, at=WEDNESDAY + WEEKS)
    session.rollback()
    soon, later = (liability(session, now=CLOSING_TIME + days * DAY) for days in (1, 31))
    assert (soon.uncut_fen, soon.carried_fen, soon.by_age) == (55, 999, [1300, 0, 0, 0])
    assert later.by_age == [0, 0, 1300, 0]
    assert (soon.in_transit_fen, soon.clearing_fen) == (2400, -2400)
    assert (soon.booked_fen, soon.difference_fen) == (2354, 0)


def test_each_business_day_has_one_proof_after_three_at_night(session: Session, app: Flask) -> None:
    books.post(books.agent(), "award", 100)
    session.rollback()
    assert check_night(now=NIGHT - dt.timedelta(minutes=6)) is None
    assert "0 broken" in str(check_night(now=NIGHT))
    assert check_night(now=NIGHT + HOUR) is None
    assert check_night(now=NIGHT + DAY) is not None
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(BookCheck)) == 2
    assert "books.check_night" in {job.name for job in jobs_of(app)}


@pytest.mark.usefixtures("after_closing_time")
def test_what_does_not_hold_is_said_to_finance_and_operations_until_it_does(
    session: Session, desk: Desk
) -> None:
    lin = books.agent()
    books.post(lin, "award", 1200)
    books.close()
    finance, ops, reviewer = desk(), desk("ops"), desk("reviewer")
    check_book(asked_by=None, now=NIGHT)
    assert "账本核对没有通过" not in finance.get("/console/periods").text
    with transaction() as writing:
        writing.execute(sa.update(Statement).values(turns=2))
    check_book(asked_by=None, now=NIGHT + DAY)
    assert "账本核对没有通过" in finance.get("/console/periods").text
    assert "账本核对没有通过" in ops.get("/console/queues").text
    assert "账本核对没有通过" not in reviewer.get("/console/review").text
    page = finance.get("/console/ledger/checks").text
    assert "每张结算单等于它的回复和分录，一类一类加起来" in page
    assert "第 47 周（11月16日–11月22日）的结算单：写着 2 条付费回复，实际 0 条。" in page
    with transaction() as writing:
        writing.execute(sa.update(Statement).values(turns=0))
    assert "都对得上" in finance.post("/console/ledger/checks").text
    assert "账本核对没有通过" not in finance.get("/console/periods").text


@pytest.mark.usefixtures("after_closing_time")
def test_finance_opens_accounts_and_entries(session: Session, desk: Desk) -> None:
    lin = books.agent(name="林可")
    books.earn(lin, 1200, base=400)
    finance = desk()
    page = finance.get("/console/ledger/accounts?at=2026-11-18T00:00").text
    assert "与账本一致" in page
    assert "12.00" in finance.get("/console/ledger/accounts").text
    assert finance.get("/console/ledger/accounts?at=nonsense").status_code == 200
    assert "Expenses:Commission" in finance.get("/console/ledger").text
