"""Tax at the export: the month of the payment, the sheet net of it, the book, and what comes back."""

from __future__ import annotations

import csv
import io

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.errors import Refused
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.disbursement.operations.batches import approve_batch, create_batch
from gig.payouts.disbursement.operations.downloads import download_sheet
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.disbursement.operations.retries import retry_lines
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.models import Statement
from gig.payouts.tax.models import TaxRecord
from gig.payouts.tax.operations import residency, withholding
from tests.features.settlement import books
from tests.features.tax import taxing
from tests.features.tax.taxing import at, day, withheld

pytestmark = pytest.mark.usefixtures("session")


def line_of(session: Session, agent_id: str) -> PayoutLine:
    session.rollback()
    query = sa.select(PayoutLine).where(PayoutLine.agent_id == agent_id).order_by(PayoutLine.id.desc())
    return session.scalars(query.limit(1)).one()


def sheet_amounts(batch_id: str) -> list[str]:
    sheet = download_sheet(batch_id=batch_id, kind="csv", actor_id="maker", now=books.CLOSING_TIME)
    return [row[4] for row in csv.reader(io.StringIO(sheet.content.decode("utf-8-sig")))][1:]


def test_without_a_policy_a_payment_is_recorded_and_nothing_is_withheld(session: Session) -> None:
    lin = taxing.agent(number=None)
    taxing.pay({lin: 2_000_000}, "2026-11-24")
    (record,) = taxing.records(session, lin)
    assert (record.policy, record.gross_fen, record.withheld_fen) == ("none", 2_000_000, 0)
    assert (record.paid_on, record.month) == (day("2026-11-24"), day("2026-11-01"))
    assert taxing.in_account(session) == 0
    assert books.faults() == []


@pytest.mark.parametrize(
    ("policy", "gap", "fen"), [("labour_2018", None, 320_000), ("platform_2025", "reset", 33_000)]
)
def test_the_sheet_pays_what_the_tax_leaves(session: Session, policy: str, gap: str | None, fen: int) -> None:
    taxing.choose(policy, gap=gap)
    lin = taxing.agent()
    period_id = taxing.owe({lin: 2_000_000}, day("2026-11-24"))
    batch_id = taxing.export(period_id, day("2026-11-24"))
    batch = session.get_one(Batch, batch_id)
    assert (batch.total_fen, batch.tax_fen) == (2_000_000, fen)
    assert sheet_amounts(batch_id) == [f"{(2_000_000 - fen) / 100:.2f}"]
    assert taxing.in_account(session) == fen
    line = line_of(session, lin)
    posted = dict(
        session.execute(
            sa.select(LedgerEntry.source_key, LedgerEntry.amount_fen).where(
                LedgerEntry.source_key.in_((f"tax:{line.id}", f"export:{line.id}"))
            )
        ).all()
    )
    assert posted == {f"tax:{line.id}": fen, f"export:{line.id}": 2_000_000 - fen}
    assert books.faults() == []


def test_a_record_holds_every_input(session: Session) -> None:
    choice_id = taxing.choose()
    lin = taxing.agent()
    taxing.pay({lin: 2_000_000}, "2026-11-24")
    taxing.pay({lin: 2_000_000}, "2026-12-08")
    last = taxing.records(session, lin)[-1]
    assert (last.choice_id, last.payer_code, last.policy, last.gap) == (
        choice_id,
        taxing.PAYER,
        "platform_2025",
        "reset",
    )
    assert (last.rule_version, last.month, last.segment_start, last.months) == (
        "platform_2025@2025-10-01",
        day("2026-12-01"),
        day("2026-11-01"),
        2,
    )
    assert (last.gross_fen, last.cumulative_fen, last.percent, last.quick_fen) == (2_000_000, 4_000_000, 3, 0)
    assert (last.due_fen, last.before_fen, last.withheld_fen) == (66_000, 33_000, 33_000)


def test_two_payments_of_a_month_bear_the_tax_of_the_month(session: Session) -> None:
    taxing.choose("labour_2018", gap=None)
    lin = taxing.agent()
    taxing.pay({lin: 300_000}, "2026-11-17")
    taxing.pay({lin: 200_000}, "2026-11-24")
    assert withheld(lin) == [44_000, 36_000]
    assert books.faults() == []


def test_the_month_is_that_of_the_payment_date(session: Session) -> None:
    taxing.choose("labour_2018", gap=None)
    lin = taxing.agent()
    taxing.pay({lin: 300_000}, "2026-11-17")
    period_id = taxing.owe({lin: 200_000}, day("2026-11-24"))
    taxing.export(period_id, day("2026-11-24"), payment=day("2026-12-01"))
    assert withheld(lin) == [44_000, 24_000]


def test_after_its_month_a_batch_is_not_exported(session: Session) -> None:
    taxing.choose()
    period_id = taxing.owe({taxing.agent(): 300_000}, day("2026-11-24"))
    now = at(day("2026-11-30"))
    batch_id = create_batch(period_id=period_id, actor_id="maker", now=now)
    approve_batch(batch_id=batch_id, actor_id="checker", now=now)
    with pytest.raises(Refused) as refused:
        export_batch(batch_id=batch_id, actor_id="maker", now=at(day("2026-12-01"), 0))
    assert refused.value.slug == "payment-month-over"


def test_a_payment_before_a_later_month_that_is_paid_already_is_refused(session: Session) -> None:
    taxing.choose()
    lin = taxing.agent()
    first = taxing.owe({lin: 300_000}, day("2026-11-17"))
    taxing.export(first, day("2026-11-17"), payment=day("2026-12-01"))
    second = taxing.owe({lin: 300_000}, day("2026-11-24"))
    with pytest.raises(Refused) as refused:
        taxing.export(second, day("2026-11-24"))
    assert refused.value.slug == "later-month-paid"
    assert len(taxing.records(session, lin)) == 1
    assert books.faults() == []


def test_a_batch_says_about_what_its_tax_will_be(session: Session) -> None:
    taxing.choose()
    period_id = taxing.owe({taxing.agent(): 2_000_000}, day("2026-11-24"))
    batch_id = create_batch(period_id=period_id, actor_id="maker", now=at(day("2026-11-24")))
    session.rollback()
    assert session.get_one(Batch, batch_id, populate_existing=True).tax_fen == 33_000


def test_a_payment_that_failed_takes_its_tax_back_and_the_next_is_reckoned_anew(session: Session) -> None:
    taxing.choose()
    lin = taxing.agent()
    first = taxing.pay({lin: 400_000}, "2026-11-17")
    second = taxing.pay({lin: 600_000}, "2026-11-24")
    assert withheld(lin) == [0, 9_000]
    taxing.come_back(second, lin, "2026-11-25")
    assert withheld(lin) == [0, 9_000, -9_000]
    assert taxing.in_account(session) == 0
    assert books.faults() == []
    taxing.come_back(first, lin, "2026-11-25")
    assert books.faults() == []
    for period_id, on in ((second, "2026-11-26"), (first, "2026-11-27")):
        assert retry_lines(period_id=period_id, actor_id="maker", now=at(day(on), 8)) == 1
        taxing.export(period_id, day(on))
    assert withheld(lin) == [0, 9_000, -9_000, 0, 0, 9_000]
    assert taxing.in_account(session) == 9_000
    assert books.faults() == []


def test_taking_back_twice_changes_nothing(session: Session) -> None:
    taxing.choose()
    lin = taxing.agent()
    line_id = taxing.come_back(taxing.pay({lin: 2_000_000}, "2026-11-24"), lin, "2026-11-25")
    with transaction() as writing:
        again = withholding.reverse(
            writing,
            sa.select(PayoutLine.id).where(PayoutLine.id == line_id),
            cause="failed",
            period_id=line_of(session, lin).period_id,
            now=at(day("2026-11-26")),
        )
    assert again == 0
    assert withheld(lin) == [33_000, -33_000]
    assert books.faults() == []


def test_the_tax_that_came_back_is_on_no_statement(session: Session) -> None:
    taxing.choose()
    lin = taxing.agent()
    taxing.come_back(taxing.pay({lin: 2_000_000}, "2026-11-24"), lin, "2026-11-25")
    books.close(at(day("2026-12-01")))
    later = sa.select(Statement).where(Statement.agent_id == lin).order_by(Statement.id.desc()).limit(1)
    assert session.scalars(later).one().reversals_fen == 0
    assert books.faults() == []


def test_a_line_that_was_recorded_is_refused_by_its_key(session: Session) -> None:
    taxing.choose()
    lin = taxing.agent()
    taxing.pay({lin: 2_000_000}, "2026-11-24")
    columns = [column for column in TaxRecord.__table__.c if column.name != "id"]
    twice = sa.insert(TaxRecord).from_select(
        [column.name for column in columns], sa.select(*columns), include_defaults=False
    )
    with pytest.raises(sa.exc.IntegrityError), transaction() as writing:
        writing.execute(twice)


@pytest.mark.parametrize("number", [None, taxing.PERMIT])
def test_somebody_whom_the_tables_may_not_fit_is_held_with_the_reason(
    session: Session, number: str | None
) -> None:
    taxing.choose()
    lin, he = taxing.agent(number=number), taxing.agent("何淼")
    period_id = taxing.pay({lin: 300_000, he: 300_000}, "2026-11-24")
    assert (line_of(session, lin).state, line_of(session, lin).hold_reason) == ("held", "tax-identity")
    assert line_of(session, he).state == "in_transit"
    assert retry_lines(period_id=period_id, actor_id="maker", now=at(day("2026-11-25"))) == 0
    assert books.faults() == []


def test_finance_says_that_somebody_with_a_permit_is_a_resident(session: Session) -> None:
    taxing.choose()
    lin = taxing.agent(number=taxing.PERMIT)
    period_id = taxing.owe({lin: 2_000_000}, day("2026-11-24"))
    with pytest.raises(Refused):
        taxing.export(period_id, day("2026-11-24"))
    residency.state_residency(
        agent_id=lin, resident=True, reason="全年在境内", actor_id="maker", now=at(day("2026-11-24"))
    )
    assert retry_lines(period_id=period_id, actor_id="maker", now=at(day("2026-11-25"))) == 1
    taxing.export(period_id, day("2026-11-25"))
    assert withheld(lin) == [33_000]
    assert books.faults() == []


def test_a_batch_made_before_the_policy_held_is_refused_with_whom_it_cannot_tax(session: Session) -> None:
    lin = taxing.agent(number=None)
    period_id = taxing.owe({lin: 300_000}, day("2026-11-24"))
    now = at(day("2026-11-24"))
    batch_id = create_batch(period_id=period_id, actor_id="maker", now=now)
    taxing.choose(now=now)
    approve_batch(batch_id=batch_id, actor_id="checker", now=now)
    with pytest.raises(Refused) as refused:
        export_batch(batch_id=batch_id, actor_id="maker", now=now)
    assert refused.value.slug == "tax-identity"
    assert taxing.records(session, lin) == []


def test_the_database_refuses_to_change_a_record(session: Session) -> None:
    taxing.pay({taxing.agent(): 300_000}, "2026-11-24")
    for statement in ("UPDATE tax_record SET withheld_fen = 0", "DELETE FROM tax_record"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), transaction() as writing:
            writing.execute(sa.text(statement))


def test_an_outdated_reckoning_is_done_again(
    session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gig.payouts.disbursement.operations import exporting

    taxing.choose()
    lin = taxing.agent()
    first = taxing.owe({lin: 400_000}, day("2026-11-17"))
    second = taxing.owe({lin: 600_000}, day("2026-11-24"))
    now = at(day("2026-11-24"))
    batches = [create_batch(period_id=each, actor_id="maker", now=now) for each in (first, second)]
    for batch_id in batches:
        approve_batch(batch_id=batch_id, actor_id="checker", now=now)
    whole, built = exporting.build, []

    def build_while_the_other_leaves(*given: object, **named: object) -> object:
        built.append(1)
        if len(built) == 1:
            export_batch(batch_id=batches[0], actor_id="maker", now=now)
        return whole(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(exporting, "build", build_while_the_other_leaves)
    export_batch(batch_id=batches[1], actor_id="maker", now=now)
    assert withheld(lin) == [0, 9_000]
    assert len(built) == 3
    assert books.faults() == []
