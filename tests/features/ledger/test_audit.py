"""The audit finds what was broken behind its back, and the database refuses most of it anyway."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger import accounts, journal
from gig.payouts.ledger.journal import Entry, TooMuchReversed
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.models import Statement
from gig.payouts.settlement.operations.periods import posting_period
from tests.features.disbursement import payday
from tests.features.settlement import books
from tests.features.settlement.books import WEDNESDAY
from tests.features.tax import taxing

pytestmark = pytest.mark.usefixtures("programs_here")


@pytest.fixture
def lin(session: Session) -> str:
    lin = books.agent()
    books.earn(lin, 1200, base=400, penalty=240)
    books.close()
    assert books.faults() == []
    return lin


def change(statement: sa.Update | sa.Delete | sa.Insert) -> None:
    with transaction() as writing:
        writing.execute(statement)


def test_an_entry_cannot_be_changed_or_deleted(lin: str) -> None:
    for statement in (sa.update(LedgerEntry).values(amount_fen=1), sa.delete(LedgerEntry)):
        with pytest.raises(DBAPIError):
            change(statement)
    assert books.faults() == []


def test_an_earning_that_was_altered_is_found(lin: str) -> None:
    change(sa.update(Earning).values(gross_fen=1300, pay_fen=1060))
    assert any("earning:" in fault and "1300 1200" in fault for fault in books.faults())


def test_an_earning_without_its_entry_is_found(lin: str) -> None:
    change(sa.update(Earning).values(id="0" * 26))
    assert any("an earning none" in fault for fault in books.faults())


def test_a_statement_that_was_altered_is_found(lin: str) -> None:
    altered = {"adjustments_fen": 5, "gross_fen": 965, "available_fen": 965}
    change(sa.update(Statement).values(**altered, payable_fen=0, carried_out_fen=965))
    assert any("statement is the sum" in fault for fault in books.faults())


def test_a_line_that_was_altered_is_found(lin: str) -> None:
    with transaction() as writing:
        writing.execute(sa.update(Statement).values(payable_fen=960, carried_out_fen=0))
        statement = writing.scalars(sa.select(Statement)).one()
        writing.add(
            PayoutLine(
                id=statement.id,
                statement_id=statement.id,
                period_id=statement.period_id,
                agent_id=lin,
                amount_fen=961,
                state="planned",
                made_at=WEDNESDAY,
            )
        )
        writing.flush()
    assert any("960 961" in fault for fault in books.faults())


def test_a_statement_that_is_missing_is_found(lin: str) -> None:
    change(sa.delete(Statement))
    assert any("without a statement" in fault for fault in books.faults())


def test_a_posting_smuggled_into_a_closed_period_is_found(lin: str) -> None:
    entry = Entry("award:x", "award", accounts.AWARD, accounts.payable(lin), 500, lin)
    with transaction() as writing:
        journal.post(writing, [entry], period_id="week-2026-11-16", now=WEDNESDAY)
    assert any("statement is the sum" in fault for fault in books.faults())


def test_the_reversals_of_an_entry_never_exceed_it(session: Session, lin: str) -> None:
    def reverse(decision: str, fen: int) -> None:
        with transaction() as writing:
            original = writing.scalars(sa.select(LedgerEntry).where(LedgerEntry.kind == "penalty")).one()
            period_id, late_for = posting_period(writing, WEDNESDAY, WEDNESDAY)
            journal.reverse(
                writing,
                original,
                decision=decision,
                amount_fen=fen,
                period_id=period_id,
                late_for_period_id=late_for,
                why="",
                now=WEDNESDAY,
            )

    reverse("first", 200)
    reverse("first", 200)
    with pytest.raises(TooMuchReversed):
        reverse("second", 41)
    reverse("second", 40)
    session.rollback()
    reversed_fen = session.scalar(
        sa.select(sa.func.sum(LedgerEntry.amount_fen)).where(LedgerEntry.kind == "reversal")
    )
    assert reversed_fen == 240
    assert books.faults() == []


def test_posting_one_source_twice_posts_it_once(session: Session, lin: str) -> None:
    entry = Entry("award:once", "award", accounts.AWARD, accounts.payable(lin), 500, lin)
    for _ in range(2):
        with transaction() as writing:
            period_id, _ = posting_period(writing, WEDNESDAY, WEDNESDAY)
            journal.post(writing, [entry], period_id=period_id, now=WEDNESDAY)
    session.rollback()
    count = sa.select(sa.func.count()).where(LedgerEntry.source_key == "award:once")
    assert session.scalar(count) == 1


@pytest.mark.parametrize("says", ["成功", "失败", "退票"])
def test_what_the_bank_says_of_a_payment_is_net_of_its_tax(session: Session, says: str) -> None:
    taxing.choose("labour_2018", gap=None, month="2026-11-01")
    books.post(taxing.agent(), "adjustment", 100_000)
    books.close()
    books.approve()
    batch_id = payday.exported()
    (line,) = payday.lines(session)
    for status in ["成功", says] if says != "失败" else [says]:
        payday.answer(batch_id, payday.as_csv(payday.row(line, status, amount="960.00")))
        assert books.faults() == []
    assert payday.states(session) == [{"成功": "settled", "失败": "failed", "退票": "returned"}[says]]
