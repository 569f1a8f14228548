"""Taxed lines and what the bank says of them: the book holds net and tax apart, and both come back."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.disbursement.operations.retries import retry_lines
from gig.payouts.disbursement.results.operations import import_results
from gig.payouts.ledger import accounts
from gig.payouts.tax.queries import withheld_of
from tests.features.disbursement.payday import as_csv, due
from tests.features.settlement import books
from tests.features.tax import taxing
from tests.features.tax.taxing import at, day

OWED_FEN, TAX_FEN = 300_000, 44_000
PAID_ON = day("2026-11-26")


@pytest.fixture
def sent(session: Session) -> tuple[str, str, str]:
    """A taxed line on its way to the bank: its agent, its period, its batch."""
    taxing.choose("labour_2018", gap=None)
    agent_id = taxing.agent()
    period_id = taxing.owe({agent_id: OWED_FEN}, PAID_ON)
    return agent_id, period_id, taxing.export(period_id, PAID_ON)


def says(session: Session, batch_id: str, status: str, *, days: int, reason: str = "") -> None:
    """The bank's file says so of the net amount of every line of the batch."""
    session.rollback()
    rows = session.execute(
        sa.select(PayoutLine.number, PayoutLine.amount_fen - withheld_of(PayoutLine.id)).where(
            PayoutLine.batch_id == batch_id
        )
    ).all()
    told = [["", "", f"{fen // 100}.{fen % 100:02d}", number, status, reason] for number, fen in rows]
    import_results(
        batch_id=batch_id,
        name="result.csv",
        content=as_csv(*told),
        actor_id="maker",
        now=at(PAID_ON, 12) + dt.timedelta(days=days),
    )


def test_a_taxed_line_that_was_paid_is_in_the_book_net_of_its_tax(
    session: Session, sent: tuple[str, str, str]
) -> None:
    agent_id, _period_id, batch_id = sent
    says(session, batch_id, "成功", days=0)
    assert due(session, accounts.OPERATING) == -(OWED_FEN - TAX_FEN)
    assert due(session, accounts.TAX_WITHHELD) == -TAX_FEN
    assert due(session, accounts.payable(agent_id)) == 0
    assert books.faults() == []


@pytest.mark.parametrize("answers", [("失败",), ("成功", "退票")])
def test_a_taxed_line_that_came_back_is_owed_whole_and_its_retry_is_taxed_anew(
    session: Session, sent: tuple[str, str, str], answers: tuple[str, ...]
) -> None:
    agent_id, period_id, batch_id = sent
    for days, status in enumerate(answers):
        says(session, batch_id, status, days=days, reason="超限")
        assert books.faults() == []
    assert due(session, accounts.payable(agent_id)) == -OWED_FEN
    assert due(session, accounts.TAX_WITHHELD) == 0
    later = PAID_ON + dt.timedelta(days=3)
    assert retry_lines(period_id=period_id, actor_id="maker", now=at(later)) == 1
    again = taxing.export(period_id, later)
    assert books.faults() == []
    says(session, again, "成功", days=4)
    assert due(session, accounts.OPERATING) == -(OWED_FEN - TAX_FEN)
    assert due(session, accounts.TAX_WITHHELD) == -TAX_FEN
    assert due(session, accounts.payable(agent_id)) == 0
    assert books.faults() == []
