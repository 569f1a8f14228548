"""What must hold between batches, their lines and their stored files; run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import blobs
from gig.core.text import N_
from gig.payouts.disbursement.models import Batch
from gig.payouts.disbursement.queries import FileRow, files_of
from gig.payouts.disbursement.rules.layout import Layout
from gig.payouts.disbursement.sheets import templates
from gig.payouts.disbursement.sheets.reading import read_csv, read_xlsx
from gig.payouts.ledger.audit import Difference, check, rows

_FEN, _COUNT, _HASH = ("fen", "fen"), ("count", "count"), ("hash", "hash")


@check(
    "batches.sheets",
    "a batch is the sum of its lines, and its stored sheet holds the same lines net of tax, as exported",
    asks=N_("每个批次等于它的付款合计，留存的代发表和导出时一样，行数和实发都对得上"),
    then=N_("银行照代发表付款。还没交给银行的先别交；已经交了的，拿银行流水逐笔核对。"),
)
def _batches(session: Session) -> Iterator[Difference]:
    counted = """FROM batch b LEFT JOIN payout_line l ON l.batch_id = b.id WHERE b.state <> 'cancelled'
           GROUP BY b.id, b.number, b.lines, b.total_fen"""
    yield from rows(
        session,
        f"""SELECT b.number, b.total_fen, coalesce(sum(l.amount_fen), 0), b.id {counted}
            HAVING coalesce(sum(l.amount_fen), 0) <> b.total_fen""",
        says=N_("%(thing)s：写着合计 %(expected)s，它的付款合计 %(found)s，%(off)s。"),
        about="batch",
        are="fen",
    )
    yield from rows(
        session,
        f"SELECT b.number || ' lines', b.lines, count(l.id), b.id {counted} HAVING count(l.id) <> b.lines",
        says=N_("%(thing)s：写着 %(expected)s 笔，实际有 %(found)s 笔付款。"),
        about="batch",
        are="count",
    )
    yield from rows(
        session,
        """SELECT b.number || ' tax', b.tax_fen, coalesce(sum(t.withheld_fen), 0), b.id
           FROM batch b JOIN payout_line l ON l.batch_id = b.id
             LEFT JOIN tax_record t ON t.line_id = l.id AND t.reverses_id IS NULL
           WHERE b.state = 'exported' GROUP BY b.id, b.number, b.tax_fen
           HAVING b.tax_fen IS NULL OR b.tax_fen <> coalesce(sum(t.withheld_fen), 0)""",
        says=N_("%(thing)s：写着代扣 %(expected)s，个税记录合计 %(found)s，%(off)s。"),
        about="batch",
        are="fen",
    )
    exported = sa.select(Batch).where(Batch.state == "exported").execution_options(yield_per=10)
    for batch in session.scalars(exported):
        yield from _sheet(session, batch)


def _sheet(session: Session, batch: Batch) -> Iterator[Difference]:
    layout = templates.of_batch(session, batch)
    files = files_of(session, batch)
    net = batch.total_fen - (batch.tax_fen or 0)
    subject, batched = f"sheet of {batch.number}", ("batch", batch.id)
    for kind in {each.kind for each in files}:
        count = total = 0
        for file in (each for each in files if each.kind == kind):
            about = ("sheet", f"{batch.id} {file.name}")
            try:
                lines, fen = _read(session, file, layout)
            except Exception as error:
                says = N_("%(thing)s：留存的文件读不出来。")
                yield Difference(f"sheet {file.name}", "readable", type(error).__name__, says, about)
                return
            yield from _as_exported(session, file, about)
            if lines != file.lines:
                says = N_("%(thing)s：应有 %(expected)s 行，读出来 %(found)s 行。")
                yield Difference(f"sheet {file.name} lines", file.lines, lines, says, about, _COUNT)
            if fen != file.total_fen:
                says, off = (
                    N_("%(thing)s：应合计 %(expected)s，读出来 %(found)s，%(off)s。"),
                    fen - file.total_fen,
                )
                yield Difference(f"sheet {file.name}", file.total_fen, fen, says, about, _FEN, off)
            count, total = count + lines, total + fen
        if count != batch.lines:
            says = N_("%(thing)s：有 %(expected)s 笔，代发表里却有 %(found)s 行。")
            yield Difference(f"{subject} lines", batch.lines, count, says, batched, _COUNT)
        if total != net:
            says = N_("%(thing)s：实发应是 %(expected)s，代发表合计 %(found)s，%(off)s。")
            yield Difference(subject, net, total, says, batched, _FEN, total - net)
    whole = [each for each in files if each.kind == files[0].kind] if files else []
    if len(whole) == 1 and whole[0].sha256 != batch.sheet_sha256:
        says = N_("%(thing)s：导出时的校验码是 %(expected)s…，现在的文件是 %(found)s…。")
        yield Difference(subject, batch.sheet_sha256, whole[0].sha256, says, batched, _HASH)


def _read(session: Session, file: FileRow, layout: Layout) -> tuple[int, int]:
    content = blobs.content(session, file.blob_id)
    return (read_csv if file.kind == "csv" else read_xlsx)(content, layout)


def _as_exported(session: Session, file: FileRow, about: tuple[str, str]) -> Iterator[Difference]:
    """The stored content is what was exported; it is not kept in the session."""
    kept = session.get_one(blobs.Blob, file.blob_id)
    if kept.sha256 != file.sha256:
        says = N_("%(thing)s：导出时的校验码是 %(expected)s…，留存的内容是 %(found)s…。")
        yield Difference(f"sheet {file.name}", file.sha256, kept.sha256, says, about, _HASH)
    session.expunge(kept)
