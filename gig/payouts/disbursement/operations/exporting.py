"""The export of a batch: once, and the same bytes ever after."""

from __future__ import annotations

import datetime as dt
import hashlib
from tempfile import TemporaryFile

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gig.core import blobs, outbox
from gig.core.db import db, not_inside_another, rows_changed, transaction
from gig.core.errors import NotFound, Refused
from gig.core.text import N_
from gig.core.transitions import move
from gig.payouts.disbursement.amounts import sent_fen
from gig.payouts.disbursement.models import Batch, BatchFile, PayoutLine
from gig.payouts.disbursement.operations import taxing
from gig.payouts.disbursement.operations.batches import note, ties
from gig.payouts.disbursement.sheets import archive, templates
from gig.payouts.disbursement.sheets.building import File, build, not_written
from gig.payouts.disbursement.states import BATCH
from gig.payouts.disbursement.values import MEDIA_TYPES
from gig.payouts.ledger import journal
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.operations.periods import posting_period
from gig.payouts.settlement.states import PERIOD
from gig.payouts.settlement.values import zone
from gig.payouts.tax.operations.withholding import Outdated, withhold
from gig.payouts.tax.queries import Assessment

TRIES = 3


def export_batch(*, batch_id: str, actor_id: str, now: dt.datetime) -> None:
    """The batch is frozen: its files are stored, its lines are in transit, the book and the tax say so.

    Exporting again changes nothing. The tax is reckoned and the files are made before anything is locked;
    if they cannot be made, or the batch changed meanwhile, nothing has changed. If only the tax changed,
    because another batch left, or somebody's residency was decided, both are done again.
    """
    not_inside_another("export_batch")
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
    period_id = batch.period_id
    if not ties(period_id):
        raise Refused("does-not-tie", N_("账本、结算单和付款名单对不上，不能导出。"))
    tax = _assessed(session, batch)
    layout = templates.of_batch(session, batch)
    with build(session, batch, layout, tax.fen) as files:
        for kind in layout.kinds:
            mine = [each for each in files if each.kind == kind]
            written = sum(each.lines for each in mine), sum(each.total_fen for each in mine) + tax.total_fen
            if written != (batch.lines, batch.total_fen):
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


def _assessed(session: Session, batch: Batch) -> Assessment:
    """The tax of each line, which waits on disk where it is much."""
    try:
        return taxing.assess(session, batch)
    except OSError as error:
        raise not_written(error.strerror or "") from error


def _check(batch: Batch, today: dt.date) -> None:
    if batch.state != "approved":
        raise Refused("not-approved", N_("这一批还没有另一位财务审批，不能导出。"))
    if (today.year, today.month) > (batch.payment_date.year, batch.payment_date.month):
        raise Refused("payment-month-over", N_("付款日期所在的月份已经过去，请取消这一批重新制单。"))


def _changed() -> Refused:
    return Refused("batch-changed", N_("这一批刚刚有变化，请刷新后再试。"))


def _freeze(
    session: Session,
    batch_id: str,
    files: list[File],
    tax: Assessment,
    actor_id: str,
    now: dt.datetime,
) -> None:
    digest = _digest(files)
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
        sheet_sha256=digest,
    )
    batch = session.get_one(Batch, batch_id, populate_existing=True)
    if not frozen:
        if batch.state == "exported":
            return
        raise _changed()
    _keep(session, batch_id, files, now)
    sent = rows_changed(
        session,
        sa.update(PayoutLine)
        .where(PayoutLine.batch_id == batch_id, PayoutLine.state == "planned")
        .values(state="in_transit")
        .execution_options(synchronize_session=False),
    )
    if sent != batch.lines:
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
    lines = sa.select(
        PayoutLine.id.label("line_id"), PayoutLine.number, PayoutLine.agent_id, sent_fen().label("amount_fen")
    ).where(PayoutLine.batch_id == batch_id)
    journal.post_exports(session, lines, period_id=period_id, late_for_period_id=late_for, now=now)
    if move(session, PERIOD, Period, batch.period_id, origin="approved", target="exported"):
        payload = {"period_id": batch.period_id, "state": "exported"}
        outbox.emit(session, "finance", "period.state", payload, now=now)
    note(
        session, batch, "batch.export", actor_id, now, sha256=digest, files=len(files), tax_fen=tax.total_fen
    )


def _keep(session: Session, batch_id: str, files: list[File], now: dt.datetime) -> None:
    """Every file is stored, one at a time."""
    for file in files:
        blob = blobs.keep(session, file.path.read_bytes(), media_type=MEDIA_TYPES[file.kind], now=now)
        session.add(
            BatchFile(
                batch_id=batch_id,
                part=file.part,
                kind=file.kind,
                name=file.name,
                blob_id=blob.id,
                sha256=blob.sha256,
                lines=file.lines,
                total_fen=file.total_fen,
            )
        )
        session.flush()
        session.expunge(blob)


def _digest(files: list[File]) -> str:
    """The SHA-256 of what is fetched when no file is named."""
    whole = [file for file in files if file.kind == files[0].kind]
    if len(whole) == 1:
        with whole[0].path.open("rb") as only:
            return hashlib.file_digest(only, "sha256").hexdigest()
    with TemporaryFile() as packed:
        archive.pack_into(packed, ((file.name, file.path.read_bytes()) for file in whole))
        packed.seek(0)
        return hashlib.file_digest(packed, "sha256").hexdigest()
