"""Closing: what a statement says, when, and that it is said once."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.db import db, transaction
from gig.core.errors import Refused
from gig.core.pacing import InThisProcess
from gig.identity.models import Person
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.ledger import journal
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement import tie as tie_module
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.operations import closing
from gig.payouts.settlement.operations.closing import close_due, close_period
from gig.payouts.settlement.operations.periods import ensure_period, posting_period
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, MONDAY_AFTER, WEDNESDAY, WEEK, WEEKS
from tests.statements import counted


def lines(session: Session) -> list[tuple[str, int, str, str | None]]:
    session.rollback()
    query = sa.select(
        PayoutLine.agent_id, PayoutLine.amount_fen, PayoutLine.state, PayoutLine.hold_reason
    ).where(PayoutLine.state != "voided")
    return [tuple(row) for row in session.execute(query.order_by(PayoutLine.id))]


def test_a_statement_sums_base_peak_late_and_every_other_kind(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 360, base=180)
    books.earn(lin, 120, base=120, penalty=24)
    books.earn(lin, 0)
    books.post(lin, "adjustment", -200)
    books.post(lin, "award", 1500)
    books.post(lin, "triage", 50)
    assert books.close() == [WEEK]
    cut = books.statement(session, lin)
    assert (cut.turns, cut.peak_turns, cut.late_turns) == (2, 1, 1)
    assert (cut.base_fen, cut.peak_fen, cut.late_fen) == (300, 180, 24)
    assert (cut.adjustments_fen, cut.awards_fen, cut.triage_fen, cut.reversals_fen) == (-200, 1500, 50, 0)
    assert (cut.gross_fen, cut.payable_fen, cut.carried_out_fen) == (1806, 1806, 0)
    assert lines(session) == [(lin, 1806, "planned", None)]
    assert books.faults() == []


def test_a_reversal_counts_in_the_period_of_its_posting(session: Session) -> None:
    lin = books.agent()
    earning = books.earn(lin, 1200, base=400, penalty=240)
    books.close()
    later = WEDNESDAY + WEEKS
    with transaction() as writing:
        penalty = writing.scalars(
            sa.select(LedgerEntry).where(LedgerEntry.source_key == f"penalty:{earning}")
        ).one()
        period_id, _ = posting_period(writing, later, later)
        journal.reverse(
            writing, penalty, decision="appeal-1", amount_fen=240, period_id=period_id, why="", now=later
        )
    books.earn(lin, 1000, base=400, at=later)
    books.close(CLOSING_TIME + WEEKS)
    cut = books.statement(session, lin, "week-2026-11-23")
    assert (cut.reversals_fen, cut.gross_fen) == (240, 1240)
    assert books.faults() == []


def test_a_period_waits_for_its_grace(session: Session) -> None:
    books.earn(books.agent(), 1200, base=400)
    assert books.close(CLOSING_TIME - dt.timedelta(microseconds=1)) == []
    with pytest.raises(Refused) as refused:
        close_period(period_id=WEEK, actor_id="maker", now=MONDAY_AFTER)
    assert refused.value.slug == "period-not-over"
    assert books.close() == [WEEK]


def test_a_reply_at_the_last_microsecond_belongs_to_the_week_and_one_at_its_end_to_the_next(
    session: Session,
) -> None:
    lin = books.agent()
    books.earn(lin, 100, at=MONDAY_AFTER - dt.timedelta(microseconds=1))
    books.earn(lin, 200, at=MONDAY_AFTER)
    books.close()
    assert books.statement(session, lin).gross_fen == 100


def test_a_posting_for_a_closed_period_goes_to_the_next_and_names_it(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 1200, base=400)
    books.close()
    id = books.earn(lin, 300, at=WEDNESDAY)
    session.rollback()
    entry = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.source_key == f"earning:{id}")).one()
    assert (entry.period_id, entry.late_for_period_id) == ("week-2026-11-23", WEEK)
    assert books.faults() == []


def test_closing_again_changes_nothing(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 1200, base=400)
    books.close()
    before = lines(session)
    assert books.close() == []
    close_period(period_id=WEEK, actor_id="maker", now=CLOSING_TIME)
    assert lines(session) == before
    assert session.scalar(sa.select(Period.close_no).where(Period.id == WEEK)) == 1


def test_after_downtime_periods_are_closed_oldest_first_and_carry_through(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 400)
    assert books.close(CLOSING_TIME + 3 * WEEKS) == [
        WEEK,
        "week-2026-11-23",
        "week-2026-11-30",
        "week-2026-12-07",
    ]
    assert books.statement(session, lin, "week-2026-12-07").carried_in_fen == 400
    assert books.faults() == []


def test_a_later_period_is_not_closed_before_an_earlier_one(session: Session) -> None:
    with transaction() as writing:
        ensure_period(writing, WEDNESDAY)
        ensure_period(writing, WEDNESDAY + WEEKS)
    with pytest.raises(Refused) as refused:
        close_period(period_id="week-2026-11-23", actor_id="maker", now=CLOSING_TIME + WEEKS)
    assert refused.value.slug == "earlier-period-open"


@pytest.mark.parametrize(("agents_at_once", "written_at_once"), [(1, 1), (2, 1), (3, 2), (5, 2), (9, 5)])
def test_a_close_in_chunks_says_the_same(
    session: Session, agents_at_once: int, written_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "CHUNK", agents_at_once)
    monkeypatch.setattr(closing, "SLICE", written_at_once)
    agents = [books.agent() for _ in range(5)]
    for place, id in enumerate(agents):
        books.earn(id, 1000 + place, base=400)
    books.close()
    assert [fen for _, fen, _, _ in lines(session)] == [1000, 1001, 1002, 1003, 1004]
    assert books.faults() == []


def test_a_close_beside_others_says_the_same(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads behind them, rests, and writes a few agents at a time."""
    monkeypatch.setattr(InThisProcess, "last", lambda _self: float("inf"))
    monkeypatch.setattr(closing, "SLICE_WHEN_AWAITED", 2)
    monkeypatch.setattr(closing, "CHUNK", 2)
    monkeypatch.setattr(closing, "CHUNK_BESIDE_OTHERS", 3)
    for place in range(8):
        books.earn(books.agent(), 1000 + place, base=400, penalty=place)
    books.close()
    assert [fen for _, fen, _, _ in lines(session)] == [1000] * 8
    assert books.state(session) == "closed"
    assert books.faults() == []


@pytest.mark.parametrize("entries_at_once", [1, 2, 5, 100])
def test_a_book_summed_with_rests_comes_to_the_same(
    session: Session, entries_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tie_module, "REST_EVERY", entries_at_once)
    monkeypatch.setattr(tie_module, "REST_S", 0.0)
    assert tie_module.of_book(session, WEEK, resting=True) == 0
    for place in range(5):
        books.earn(books.agent(), 1200 + place, base=400, penalty=100)
    session.rollback()
    assert tie_module.of_book(session, WEEK, resting=True) == 5510
    assert tie_module.of_book(session, WEEK) == 5510


def test_two_closes_at_once_make_one(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "CHUNK", 4)
    monkeypatch.setattr(closing, "SLICE", 2)
    monkeypatch.setattr(closing, "SLICE_WHEN_AWAITED", 1)
    for _ in range(9):
        books.earn(books.agent(), 1200, base=400)
    session.rollback()
    failures: list[BaseException] = []

    def run() -> None:
        with app.app_context():
            try:
                close_due(now=CLOSING_TIME)
            except BaseException as error:
                failures.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(lines(session)) == 9
    assert books.state(session) == "closed"
    assert books.faults() == []


@pytest.mark.parametrize("off_fen", [1, -1])
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("payout_line", "amount_fen"),
        ("statement", "gross_fen = gross_fen + :fen, available_fen"),
    ],
)
def test_one_fen_changed_behind_our_back_blocks_approval(
    session: Session, table: str, column: str, off_fen: int
) -> None:
    books.earn(books.agent(), 1200, base=400)
    books.close()
    name = column.rsplit(" ", 1)[-1]
    also = ", base_fen = base_fen + :fen, payable_fen = payable_fen + :fen" if table == "statement" else ""
    with transaction() as writing:
        writing.execute(sa.text(f"UPDATE {table} SET {column} = {name} + :fen{also}"), {"fen": off_fen})
    with pytest.raises(Refused) as refused:
        books.approve()
    assert refused.value.slug == "does-not-tie"
    assert books.state(session) == "closed"
    assert books.faults() != []


def test_no_more_than_a_slice_is_written_at_once_where_others_wait(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite the sums are read before the write, and claims come in between any two slices."""
    monkeypatch.setattr(closing, "SLICE", 2)
    for _ in range(5):
        books.earn(books.agent(), 1200, base=400)
    session.rollback()
    with counted() as sent:
        books.close()
    inserts = [each for each in sent if "INSERT INTO statement" in each]
    assert len(inserts) == (3 if session.get_bind().dialect.name == "sqlite" else 1)


def by_hand() -> None:
    close_period(period_id=WEEK, actor_id="x", now=CLOSING_TIME)


@pytest.mark.parametrize("close", [books.close, by_hand])
def test_a_close_inside_another_transaction_is_a_loud_error_and_loses_nothing(
    session: Session, close: Callable[[], object]
) -> None:
    lin = books.agent()
    books.earn(lin, 1200, base=400)
    with transaction() as writing:
        writing.execute(sa.update(Person).where(Person.id == lin).values(name="改名"))
        with pytest.raises(RuntimeError, match="outside of transaction"):
            close()
    session.rollback()
    assert session.scalars(sa.select(Person.name).where(Person.id == lin)).one() == "改名"
    assert books.state(session) == "open"
