"""The export of a batch: once, and the same bytes ever after."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gig.core import blobs, outbox
from gig.core.db import db, rows_changed, transaction
from gig.core.errors import NotFound, Refused
from gig.core.text import N_
from gig.core.transitions import move
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.disbursement.operations import taxing
from gig.payouts.disbursement.operations.batches import note
from gig.payouts.disbursement.sheets.building import Files, build
from gig.payouts.disbursement.states import BATCH
from gig.payouts.ledger import journal
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.operations.periods import posting_period
from gig.payouts.settlement.states import PERIOD
from gig.payouts.settlement.values import zone
from gig.payouts.tax.operations.withholding import Outdated, withhold
from gig.payouts.tax.queries import Assessment, withheld_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
TRIES = 3


@dataclass(frozen=True)
class Sheet:
    """One file of an exported batch."""

    name: str
    media_type: str
    content: bytes
    sha256: str


def export_batch(*, batch_id: str, actor_id: str, now: dt.datetime) -> None:
    """The batch is frozen: its sheet is stored, its lines are in transit, the book and the tax say so.

    Exporting again changes nothing. The tax is reckoned and the files are made before anything is locked;
    if they cannot be made, or the batch changed meanwhile, nothing has changed. If only the tax changed,
    because another batch left, both are done again.
    """
    for _ in range(TRIES):
        try:
            return _export(batch_id, actor_id, now)
        except Outdated:
            continue
    raise _changed()


def _export(batch_id: str, actor_id: str, now: dt.datetime) -> None:
    session = db.session()
    batch = session.get(Batch, batch_id, populate_existing=True)
    if batch is None:
        raise NotFound()
    if batch.state == "exported":
        return
    _check(batch, zone().day_of(now))
    tax = taxing.assess(session, batch)
    files = build(session, batch, tax.fen)
    if (files.lines, files.total_fen + tax.total_fen) != (batch.lines, batch.total_fen):
        raise _changed()
    session.rollback()
    try:
        with transaction() as writing:
            _freeze(writing, batch_id, files, tax, actor_id, now)
    except DBAPIError as error:
        if "full" in str(error.orig).lower() or "no space" in str(error.orig).lower():
            raise Refused(
                "disk-full", N_("磁盘满了，付款表没有存下来。什么都没有改变，腾出空间后再导出。")
            ) from error
        raise


def download_sheet(*, batch_id: str, kind: str, actor_id: str, now: dt.datetime) -> Sheet:
    """The bytes that were exported, the same every time; the log holds who fetched them."""
    with transaction() as session:
        batch = session.get(Batch, batch_id, populate_existing=True)
        if batch is None:
            raise NotFound()
        if batch.state != "exported":
            raise Refused("not-exported", N_("这一批还没有导出。"))
        blob_id = batch.xlsx_blob_id if kind == "xlsx" else batch.csv_blob_id
        assert blob_id is not None
        content = blobs.content(session, blob_id)
        note(session, batch, "batch.download", actor_id, now, format=kind)
    media_type = XLSX if kind == "xlsx" else CSV
    return Sheet(f"{batch.number}.{kind}", media_type, content, hashlib.sha256(content).hexdigest())


def _check(batch: Batch, today: dt.date) -> None:
    if batch.state != "approved":
        raise Refused("not-approved", N_("这一批还没有另一位财务审批，不能导出。"))
    if (today.year, today.month) > (batch.payment_date.year, batch.payment_date.month):
        raise Refused("payment-month-over", N_("付款日期所在的月份已经过去，请取消这一批重新制单。"))


def _changed() -> Refused:
    return Refused("batch-changed", N_("这一批刚刚有变化，请刷新后再试。"))


def _freeze(
    session: Session, batch_id: str, files: Files, tax: Assessment, actor_id: str, now: dt.datetime
) -> None:
    xlsx = blobs.keep(session, files.xlsx, media_type=XLSX, now=now)
    csv = blobs.keep(session, files.csv, media_type=CSV, now=now)
    frozen = move(
        session,
        BATCH,
        Batch,
        batch_id,
        origin="approved",
        target="exported",
        exported_by=actor_id,
        exported_at=now,
        tax_fen=tax.total_fen,
        sheet_sha256=xlsx.sha256,
        xlsx_blob_id=xlsx.id,
        csv_blob_id=csv.id,
    )
    batch = session.get_one(Batch, batch_id, populate_existing=True)
    if not frozen:
        raise _changed()
    sent = rows_changed(
        session,
        sa.update(PayoutLine)
        .where(PayoutLine.batch_id == batch_id, PayoutLine.state == "planned")
        .values(state="in_transit")
        .execution_options(synchronize_session=False),
    )
    if sent != files.lines:
        raise _changed()
    period_id, late_for = posting_period(session, now, now)
    withhold(
        session,
        tax,
        taxing.lines_of(batch_id),
        paid_on=batch.payment_date,
        period_id=period_id,
        late_for_period_id=late_for,
        now=now,
    )
    net = PayoutLine.amount_fen - withheld_of(PayoutLine.id)
    lines = sa.select(
        PayoutLine.id.label("line_id"), PayoutLine.number, PayoutLine.agent_id, net.label("amount_fen")
    ).where(PayoutLine.batch_id == batch_id)
    journal.post_exports(session, lines, period_id=period_id, late_for_period_id=late_for, now=now)
    if move(session, PERIOD, Period, batch.period_id, origin="approved", target="exported"):
        payload = {"period_id": batch.period_id, "state": "exported"}
        outbox.emit(session, "finance", "period.state", payload, now=now)
    sums = {"sha256": xlsx.sha256, "csv_sha256": csv.sha256}
    note(session, batch, "batch.export", actor_id, now, tax_fen=tax.total_fen, **sums)
