"""Batches and their sheets: two people, one export, the same bytes, every fen accounted for."""

from __future__ import annotations

import csv
import datetime as dt
import io
import resource
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.blobs import Blob
from gig.core.db import db
from gig.core.errors import Invalid, NotFound, Refused
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.disbursement.operations.batches import approve_batch, cancel_batch, create_batch
from gig.payouts.disbursement.operations.downloads import Sheet, download_sheet
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.ledger.queries import balances
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, DAY, HOUR, WEEK

pytestmark = pytest.mark.usefixtures("programs_here")

NOW = CLOSING_TIME + HOUR


def approved_week(*gross: int, names: tuple[str, ...] = ()) -> list[str]:
    """A closed, approved week in which each of several agents earned so much."""
    agents = [books.agent(name=name) for name in names or ["林可"] * len(gross)]
    for id, fen in zip(agents, gross, strict=True):
        books.earn(id, fen, base=400)
    books.close()
    books.approve()
    return agents


def made(*, by: str = "maker", now: dt.datetime = NOW) -> str:
    return create_batch(period_id=WEEK, actor_id=by, now=now)


def exported(batch_id: str | None = None) -> str:
    batch_id = batch_id or made()
    approve_batch(batch_id=batch_id, actor_id="checker", now=NOW)
    export_batch(batch_id=batch_id, actor_id="maker", now=NOW)
    return batch_id


def sheet(batch_id: str, kind: str = "csv") -> Sheet:
    return download_sheet(batch_id=batch_id, kind=kind, actor_id="maker", now=NOW)


def rows(batch_id: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(sheet(batch_id).content.decode("utf-8-sig"))))


def lines(session: Session) -> list[PayoutLine]:
    session.rollback()
    return list(session.scalars(sa.select(PayoutLine).order_by(PayoutLine.id)))


def test_a_batch_holds_every_payable_line_of_the_period_numbered(session: Session) -> None:
    approved_week(1200, 3400)
    batch = session.get_one(Batch, made())
    assert (batch.number, batch.lines, batch.total_fen) == ("PB20261123-0001", 2, 4600)
    assert [line.number for line in lines(session)] == ["PB20261123-0001-000001", "PB20261123-0001-000002"]


def test_the_numbers_of_a_day_follow_each_other(session: Session) -> None:
    approved_week(1200)
    cancel_batch(batch_id=made(), actor_id="maker", now=NOW)
    assert session.get_one(Batch, made()).number == "PB20261123-0002"


def test_a_period_that_is_not_approved_makes_no_batch(session: Session) -> None:
    books.earn(books.agent(), 1200, base=400)
    books.close()
    with pytest.raises(Refused) as refused:
        made()
    assert refused.value.slug == "not-approved"


def test_a_second_batch_finds_nothing_left(session: Session) -> None:
    approved_week(1200)
    made()
    with pytest.raises(Refused) as refused:
        made()
    assert refused.value.slug == "nothing-to-pay"


def test_an_unknown_template_and_a_past_date_are_told_together(session: Session) -> None:
    approved_week(1200)
    with pytest.raises(Invalid) as invalid:
        create_batch(
            period_id=WEEK, template="nobank", payment_date=dt.date(2026, 11, 1), actor_id="maker", now=NOW
        )
    assert set(invalid.value.errors) == {"template", "payment_date"}


def test_its_maker_cannot_approve_it(session: Session) -> None:
    approved_week(1200)
    batch_id = made()
    with pytest.raises(Refused) as refused:
        approve_batch(batch_id=batch_id, actor_id="maker", now=NOW)
    assert refused.value.slug == "two-people"


def test_an_unapproved_batch_is_not_exported(session: Session) -> None:
    approved_week(1200)
    with pytest.raises(Refused) as refused:
        export_batch(batch_id=made(), actor_id="maker", now=NOW)
    assert refused.value.slug == "not-approved"


def test_the_export_freezes_lines_book_and_period(session: Session) -> None:
    lin, he = approved_week(1200, 3400)
    batch_id = exported()
    assert [line.state for line in lines(session)] == ["in_transit", "in_transit"]
    assert books.state(session) == "exported"
    due = {balance.account: balance.fen for balance in balances(session)}
    assert due["Assets:Bank:PayoutClearing"] == -4600
    assert due[f"Liabilities:AgentPayable:A{lin.upper()}"] == 0
    assert due[f"Liabilities:AgentPayable:A{he.upper()}"] == 0
    batch = session.get_one(Batch, batch_id)
    assert (batch.state, batch.exported_by, batch.sheet_sha256) == (
        "exported",
        "maker",
        sheet(batch_id, "xlsx").sha256,
    )
    assert books.faults() == []


def test_an_export_that_waited_for_a_close_names_the_period_that_it_belonged_to(session: Session) -> None:
    approved_week(1200)
    books.close(CLOSING_TIME + 7 * DAY)
    exported()
    posted = sa.select(LedgerEntry.period_id, LedgerEntry.late_for_period_id).where(
        LedgerEntry.kind == "export"
    )
    assert session.execute(posted).all() == [("week-2026-11-30", "week-2026-11-23")]
    assert books.faults() == []


def test_exporting_twice_pays_once(session: Session) -> None:
    approved_week(1200)
    batch_id = exported()
    first = sheet(batch_id, "xlsx").content
    export_batch(batch_id=batch_id, actor_id="checker", now=NOW + DAY)
    assert sheet(batch_id, "xlsx").content == first
    session.rollback()
    posted = sa.select(sa.func.count()).where(LedgerEntry.kind == "export")
    assert session.scalar(posted) == 1


def test_an_exported_line_enters_no_other_batch_and_the_batch_cannot_be_cancelled(session: Session) -> None:
    approved_week(1200)
    batch_id = exported()
    with pytest.raises(Refused) as nothing:
        made()
    assert nothing.value.slug == "nothing-to-pay"
    with pytest.raises(Refused) as refused:
        cancel_batch(batch_id=batch_id, actor_id="maker", now=NOW)
    assert refused.value.slug == "already-exported"


def test_the_csv_says_who_gets_what_and_rare_characters_survive(session: Session) -> None:
    approved_week(123456, 1200, names=("䶮𬱖", "欧阳·小明"))
    batch_id = exported()
    content = sheet(batch_id).content
    assert content.startswith("\ufeff序号,转账方式,收款账号,收款人姓名,转账金额（元）,转账备注\r\n".encode())
    first, second = rows(batch_id)[1:]
    assert first[0:2] == ["1", "银行卡"]
    assert (first[3], first[4], first[5]) == ("䶮𬱖", "1234.56", "PB20261123-0001-000001")
    assert (second[3], second[4]) == ("欧阳·小明", "12.00")


def test_the_workbook_keeps_accounts_as_text_and_money_as_numbers(session: Session) -> None:
    approved_week(123456, names=("䶮",))
    book = CalamineWorkbook.from_filelike(io.BytesIO(sheet(exported(), "xlsx").content))
    head, row = book.get_sheet_by_index(0).to_python()
    assert head[2] == "收款账号"
    assert isinstance(row[2], str) and len(row[2]) == 19 and row[2].startswith("6222021234567")
    assert (row[3], row[4], row[5]) == ("䶮", 1234.56, "PB20261123-0001-000001")


def test_every_download_is_in_the_log(session: Session) -> None:
    approved_week(1200)
    batch_id = exported()
    assert sheet(batch_id).content == sheet(batch_id).content
    session.rollback()
    log = sa.select(AuditEntry.actor_id).where(AuditEntry.action == "batch.download")
    assert list(session.scalars(log)) == ["maker", "maker"]


def test_a_stored_sheet_is_not_readable_in_the_database(session: Session) -> None:
    approved_week(1200, names=("欧阳小明",))
    exported()
    assert all("欧阳小明".encode() not in sealed for sealed in session.scalars(sa.select(Blob.sealed)))


def test_no_sheet_before_the_export(session: Session) -> None:
    approved_week(1200)
    with pytest.raises(Refused):
        sheet(made())
    with pytest.raises(NotFound):
        sheet("0" * 26)


def test_an_export_after_the_month_of_payment_is_refused(session: Session) -> None:
    approved_week(1200)
    batch_id = made()
    approve_batch(batch_id=batch_id, actor_id="checker", now=NOW)
    with pytest.raises(Refused) as refused:
        export_batch(batch_id=batch_id, actor_id="maker", now=NOW + 10 * DAY)
    assert refused.value.slug == "payment-month-over"


@pytest.mark.parametrize("name", ["=1+1", "+小明", "-小明", "@小明"])
def test_a_name_that_a_spreadsheet_would_compute_stops_the_approval(session: Session, name: str) -> None:
    approved_week(1200, names=(name,))
    with pytest.raises(Refused) as refused:
        exported()
    assert refused.value.slug == "unwritable-rows"
    assert [line.state for line in lines(session)] == ["planned"]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The writing program meets a full disk, as far as it can tell: no file may grow beyond the size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_full_changes_nothing_and_the_export_can_be_tried_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the program meets the disk in a process of its own
    approved_week(1200)
    batch_id = made()
    approve_batch(batch_id=batch_id, actor_id="checker", now=NOW)
    with files_of_at_most(600), pytest.raises(Refused) as refused:
        export_batch(batch_id=batch_id, actor_id="maker", now=NOW)
    assert refused.value.slug == "sheet-not-written"
    assert [line.state for line in lines(session)] == ["planned"]
    assert session.get_one(Batch, batch_id).state == "approved"
    assert books.faults() == []
    exported(batch_id)
    assert books.faults() == []


def test_a_database_that_is_full_changes_nothing(session: Session, database_url: str) -> None:
    approved_week(1200)
    batch_id = made()
    approve_batch(batch_id=batch_id, actor_id="checker", now=NOW)
    if database_url.startswith("sqlite"):
        session.rollback()
        with closing(db.engine.raw_connection()) as raw:
            raw.cursor().execute("VACUUM")  # no page that is free already
        pages = session.execute(sa.text("PRAGMA page_count")).scalar_one()
        session.execute(sa.text(f"PRAGMA max_page_count = {pages}"))
        with pytest.raises(Refused) as refused:
            export_batch(batch_id=batch_id, actor_id="maker", now=NOW)
        assert refused.value.slug == "disk-full"
        session.execute(sa.text("PRAGMA max_page_count = 1073741823"))
    assert [line.state for line in lines(session)] == ["planned"]
    exported(batch_id)
    assert books.faults() == []
