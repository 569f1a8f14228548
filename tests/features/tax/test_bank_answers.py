"""Taxed lines and what the bank says of them: the book holds net and tax apart, and both come back."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import Refused
from gig.payouts.books.queries import liability
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.disbursement.operations.batches import approve_batch, cancel_batch, create_batch
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.disbursement.operations.retries import retry_lines
from gig.payouts.disbursement.operations.templates import approve_template, write_template
from gig.payouts.disbursement.results.operations import import_results
from gig.payouts.disbursement.rules.shipped import SHIPPED
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


def test_what_is_in_transit_is_what_the_clearing_account_holds(
    session: Session, sent: tuple[str, str, str]
) -> None:
    owed = liability(session, now=at(PAID_ON, 12))
    assert (owed.in_transit_fen, owed.clearing_fen) == (OWED_FEN - TAX_FEN, TAX_FEN - OWED_FEN)
    assert owed.difference_fen == 0


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


def test_what_is_left_after_tax_is_never_cut_to_the_decimals_of_a_template(session: Session) -> None:
    taxing.choose("labour_2018", gap=None)
    agent_id = taxing.agent()
    period_id = taxing.owe({agent_id: 100_010}, PAID_ON)  # 1000.10 less 40.02 is 960.08
    text = replace(SHIPPED["generic"], decimals=1).dumps()
    write_template(slug="coarse", text=text, reason="新银行", based_on=0, actor_id="maker", now=at(PAID_ON))
    approve_template(slug="coarse", version=1, actor_id="checker", now=at(PAID_ON))
    batch_id = create_batch(period_id=period_id, template="coarse", actor_id="maker", now=at(PAID_ON))
    approve_batch(batch_id=batch_id, actor_id="checker", now=at(PAID_ON))
    with pytest.raises(Refused) as refused:
        export_batch(batch_id=batch_id, actor_id="maker", now=at(PAID_ON))
    assert refused.value.slug == "unwritable-rows"
    cancel_batch(batch_id=batch_id, actor_id="maker", now=at(PAID_ON))
    taxing.export(period_id, PAID_ON)
    assert due(session, accounts.CLEARING) == -96_008
    assert books.faults() == []
