"""Six months over a year's end: labour income first, then the platform's cumulative way, with an idle month
and payments that come back, one of them paid again in the next year; the books proved after each step.

What must be withheld is reckoned here anew, from the payments that stand, by other words than the code's.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.disbursement.operations.retries import retry_lines
from gig.payouts.settlement.models import Statement
from gig.payouts.settlement.taxes import paid_by_period
from gig.payouts.tax.models import TaxRecord
from gig.payouts.tax.operations.filings import make_filing
from tests.features.settlement import books
from tests.features.tax import taxing
from tests.features.tax.taxing import at, day

pytestmark = pytest.mark.usefixtures("session")

PLATFORM_TABLE = ((36_000, 3, 0), (144_000, 10, 2_520), (300_000, 20, 16_920), (420_000, 25, 31_920))
LABOUR_TABLE = ((20_000, 20, 0), (50_000, 30, 2_000), (10**9, 40, 7_000))


def tax_of(taxable: Decimal, table: Sequence[tuple[int, int, int]]) -> int:
    """The fen of the tax on so many taxable yuan."""
    if taxable <= 0:
        return 0
    percent, quick = next((percent, quick) for upto, percent, quick in table if taxable <= upto)
    yuan = taxable * percent / 100 - quick
    return int((yuan * 100).quantize(Decimal(1), ROUND_HALF_UP))


def labour(income_fen: int) -> int:
    yuan = Decimal(income_fen) / 100
    return tax_of(yuan - 800 if yuan <= 4_000 else yuan * Decimal("0.8"), LABOUR_TABLE)


def platform(incomes_fen: Sequence[int]) -> int:
    """The tax on the months of one segment together."""
    yuan = Decimal(sum(incomes_fen)) / 100
    return tax_of(yuan * Decimal("0.8") - 5_000 * len(incomes_fen), PLATFORM_TABLE)


def standing(session: Session, agent_id: str) -> dict[dt.date, tuple[int, int]]:
    """What was paid and withheld in each month, without what came back."""
    found: dict[dt.date, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for record in taxing.records(session, agent_id):
        income, withheld = found[record.month]
        found[record.month] = (income + record.gross_fen, withheld + record.withheld_fen)
    return {month: both for month, both in found.items() if both != (0, 0)}


def withheld_in(session: Session, agent_id: str) -> dict[str, int]:
    return {f"{month:%Y-%m}": taken for month, (_, taken) in standing(session, agent_id).items() if taken}


def again(period_id: str, on: str) -> None:
    """What came back is paid again on the day."""
    assert retry_lines(period_id=period_id, actor_id="maker", now=at(day(on), 8)) == 1
    taxing.export(period_id, day(on))


def test_six_months_with_two_policies(session: Session) -> None:
    taxing.choose("labour_2018", gap=None, month="2026-10-01", now=at(day("2026-10-01")))
    lin, he, mo = (taxing.agent(name) for name in ("林可", "何淼", "莫言之"))

    first = taxing.pay({lin: 300_000, he: 8_000_000, mo: 90_000}, "2026-10-13")
    taxing.pay({lin: 200_000, mo: 31_001}, "2026-10-27")
    assert books.faults() == []
    taxing.come_back(first, he, "2026-10-29")
    assert books.faults() == []
    again(first, "2026-11-05")
    taxing.pay({lin: 400_001, he: 4_000_000}, "2026-11-24")
    assert books.faults() == []
    for agent_id in (lin, he, mo):
        for income, taken in standing(session, agent_id).values():
            assert taken == labour(income)
    assert withheld_in(session, lin) == {"2026-10": 80_000, "2026-11": 64_000}
    assert withheld_in(session, he) == {"2026-11": 3_140_000}

    taxing.choose("platform_2025", month="2026-12-01", now=at(day("2026-11-25")))
    taxing.pay({lin: 2_000_000, he: 4_500_000, mo: 120_000}, "2026-12-08")
    late = taxing.pay({lin: 100_000, he: 3_000_000}, "2026-12-22")
    assert withheld_in(session, lin)["2026-12"] == platform([2_100_000]) == 35_400
    assert withheld_in(session, he)["2026-12"] == platform([7_500_000]) == 298_000
    assert books.faults() == []

    taxing.come_back(late, he, "2027-01-05", cause="failed")
    assert withheld_in(session, he)["2026-12"] == platform([4_500_000])
    assert books.faults() == []
    again(late, "2027-01-12")
    january = taxing.pay({lin: 2_000_000, mo: 625_100}, "2027-01-19")
    taxing.pay({lin: 100_000, he: 4_500_000}, "2027-02-16")
    taxing.come_back(january, lin, "2027-02-17")
    again(january, "2027-02-23")
    taxing.pay({he: 2_000_000, mo: 2_000_000}, "2027-03-16")
    assert books.faults() == []

    assert withheld_in(session, lin) == {
        "2026-10": 80_000,
        "2026-11": 64_000,
        "2026-12": 35_400,
        "2027-02": platform([2_100_000]),
    }
    his = withheld_in(session, he)
    assert his["2027-01"] == platform([3_000_000])
    assert his["2027-01"] + his["2027-02"] == platform([3_000_000, 4_500_000])
    assert sum(his[f"2027-0{n}"] for n in (1, 2, 3)) == platform([3_000_000, 4_500_000, 2_000_000])
    # February was idle for Mo: March starts anew. In December and January their months were apart by a year.
    assert withheld_in(session, mo) == {
        "2026-10": labour(121_001),
        "2027-01": platform([625_100]),
        "2027-03": platform([2_000_000]),
    }
    _assert_everything_owed_was_paid_or_withheld(session)
    _assert_the_returns_say_what_the_account_holds(session)


def _assert_everything_owed_was_paid_or_withheld(session: Session) -> None:
    """Line by line: statement = tax + paid, for all that is on its way."""
    waiting = {
        line.statement_id
        for line in session.scalars(sa.select(PayoutLine).where(PayoutLine.state.in_(("planned", "held"))))
    }
    statements = session.scalars(sa.select(Statement).where(Statement.payable_fen > 0)).all()
    assert len(statements) == 18
    for statement in statements:
        tax, sent = paid_by_period(session, statement.agent_id, [statement.period_id])[statement.period_id]
        assert tax + sent == statement.payable_fen
    assert waiting == set()


def _assert_the_returns_say_what_the_account_holds(session: Session) -> None:
    """The newest return of each month, together, are what we owe the tax office."""
    from gig.payouts.tax.models import TaxFiling

    months = session.scalars(sa.select(TaxRecord.month).distinct().order_by(TaxRecord.month)).all()
    now = at(day("2027-04-01"))
    ids = [
        make_filing(kind="withholding", first_day=month, reason="申报", actor_id="maker", now=now)
        for month in months
    ]
    filed = sum(session.get_one(TaxFiling, id).withheld_fen for id in ids)
    assert filed == taxing.in_account(session) > 0
    assert books.faults() == []
