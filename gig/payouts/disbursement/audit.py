"""What must hold between lines, tax records, batches, sheets and bank results; run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import blobs
from gig.payouts.disbursement.models import Batch
from gig.payouts.disbursement.queries import files_of
from gig.payouts.disbursement.sheets import templates
from gig.payouts.disbursement.sheets.reading import read_csv, read_xlsx
from gig.payouts.ledger import accounts
from gig.payouts.ledger.audit import Difference, check, rows

_SENT = "l.amount_fen - coalesce(t.withheld_fen, 0)"
"""What the bank was asked to pay for a line `l` whose tax record is `t`."""


@check("the clearing account holds exactly the lines in transit, net of tax")
def _clearing(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'PayoutClearing', in_transit, clearing FROM (SELECT
             (SELECT coalesce(sum(l.amount_fen - t.withheld_fen), 0) FROM payout_line l
              JOIN tax_record t ON t.line_id = l.id AND t.reverses_id IS NULL
              WHERE l.state = 'in_transit') AS in_transit,
             (SELECT coalesce(sum(CASE WHEN credit = :account THEN amount_fen ELSE -amount_fen END), 0)
              FROM ledger_entry WHERE credit = :account OR debit = :account) AS clearing) AS figures
           WHERE in_transit <> clearing""",
        account=accounts.CLEARING,
    )


@check("a line is in the book as sent, and its tax as withheld, exactly when it was exported")
def _exports(session: Session) -> Iterator[Difference]:
    sent = "l.state NOT IN ('planned', 'held', 'voided')"
    yield from rows(
        session,
        f"""SELECT l.id, CASE WHEN {sent} THEN l.amount_fen ELSE 0 END,
              coalesce(e.amount_fen, 0) + coalesce(t.amount_fen, 0)
            FROM payout_line l LEFT JOIN ledger_entry e ON e.source_key = 'export:' || l.id
              LEFT JOIN ledger_entry t ON t.source_key = 'tax:' || l.id
            WHERE coalesce(e.amount_fen, 0) + coalesce(t.amount_fen, 0) <>
              CASE WHEN {sent} THEN l.amount_fen ELSE 0 END""",
    )


@check("a line has a tax record of its whole amount exactly when it was exported, taken back if it came back")
def _taxes(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT l.id || ' ' || l.state, l.amount_fen, coalesce(t.fen, 0)
           FROM payout_line l LEFT JOIN (SELECT line_id, sum(gross_fen) AS fen, count(*) AS n
             FROM tax_record GROUP BY line_id) t ON t.line_id = l.id
           WHERE CASE WHEN l.state IN ('in_transit', 'settled') THEN coalesce(t.fen, 0) <> l.amount_fen
             WHEN l.state IN ('failed', 'returned') THEN coalesce(t.n, 0) <> 2 OR t.fen <> 0
             ELSE t.n IS NOT NULL END""",
    )
    yield from rows(
        session,
        """SELECT t.line_id, b.payment_date || ' ' || l.agent_id, t.paid_on || ' ' || t.agent_id
           FROM tax_record t LEFT JOIN payout_line l ON l.id = t.line_id
             LEFT JOIN batch b ON b.id = l.batch_id
           WHERE l.id IS NULL OR t.agent_id <> l.agent_id OR b.id IS NULL OR t.paid_on <> b.payment_date""",
    )


@check("a batch is the sum of its lines, and its stored sheet holds the same lines net of tax, as exported")
def _batches(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT b.number, b.lines || ' lines, ' || b.total_fen || ' fen',
             count(l.id) || ' lines, ' || coalesce(sum(l.amount_fen), 0) || ' fen'
           FROM batch b LEFT JOIN payout_line l ON l.batch_id = b.id WHERE b.state <> 'cancelled'
           GROUP BY b.id, b.number, b.lines, b.total_fen
           HAVING count(l.id) <> b.lines OR coalesce(sum(l.amount_fen), 0) <> b.total_fen""",
    )
    yield from rows(
        session,
        """SELECT b.number || ' tax', b.tax_fen, coalesce(sum(t.withheld_fen), 0)
           FROM batch b JOIN payout_line l ON l.batch_id = b.id
             LEFT JOIN tax_record t ON t.line_id = l.id AND t.reverses_id IS NULL
           WHERE b.state = 'exported' GROUP BY b.id, b.number, b.tax_fen
           HAVING b.tax_fen IS NULL OR b.tax_fen <> coalesce(sum(t.withheld_fen), 0)""",
    )
    exported = sa.select(Batch).where(Batch.state == "exported").execution_options(yield_per=10)
    for batch in session.scalars(exported):
        yield from _sheet(session, batch)


def _sheet(session: Session, batch: Batch) -> Iterator[Difference]:
    layout = templates.of_batch(session, batch)
    files = files_of(session, batch)
    net = batch.total_fen - (batch.tax_fen or 0)
    said = f"{batch.lines} lines, {net} fen"
    for kind in {each.kind for each in files}:
        count = total = 0
        for file in (each for each in files if each.kind == kind):
            try:
                content = blobs.content(session, file.blob_id)
                lines, fen = (read_csv if kind == "csv" else read_xlsx)(content, layout)
            except Exception as error:
                yield Difference(f"sheet {file.name}", "readable", type(error).__name__)
                return
            kept = session.get_one(blobs.Blob, file.blob_id)
            if kept.sha256 != file.sha256:
                yield Difference(f"sheet {file.name}", file.sha256, kept.sha256)
            if (lines, fen) != (file.lines, file.total_fen):
                expected = f"{file.lines} lines, {file.total_fen} fen"
                yield Difference(f"sheet {file.name}", expected, f"{lines} lines, {fen} fen")
            count, total = count + lines, total + fen
            session.expunge(kept)
        if (count, total) != (batch.lines, net):
            yield Difference(f"sheet of {batch.number}", said, f"{count} lines, {total} fen")
    whole = [each for each in files if each.kind == files[0].kind] if files else []
    if len(whole) == 1 and whole[0].sha256 != batch.sheet_sha256:
        yield Difference(f"sheet of {batch.number}", batch.sheet_sha256, whole[0].sha256)


@check("a line is settled, failed or returned, net of tax, as the book says, and a bank result says why")
def _results(session: Session) -> Iterator[Difference]:
    for kind, states in (
        ("settled", ("settled", "returned")),
        ("failed", ("failed",)),
        ("returned", ("returned",)),
    ):
        listed = ", ".join(f"'{state}'" for state in states)
        yield from rows(
            session,
            f"""SELECT l.id || ' {kind}', CASE WHEN l.state IN ({listed}) THEN {_SENT} ELSE 0 END,
                  coalesce(e.amount_fen, 0)
                FROM payout_line l LEFT JOIN ledger_entry e ON e.source_key = '{kind}:' || l.id
                  LEFT JOIN tax_record t ON t.line_id = l.id AND t.reverses_id IS NULL
                WHERE coalesce(e.amount_fen, 0) <>
                  CASE WHEN l.state IN ({listed}) THEN {_SENT} ELSE 0 END""",
        )
    yield from rows(
        session,
        """SELECT l.id, 'a posted result of its batch', coalesce(r.state, 'none') FROM payout_line l
           LEFT JOIN result_import r ON r.id = l.result_id AND r.batch_id = l.batch_id
           WHERE l.state IN ('settled', 'failed', 'returned') AND coalesce(r.state, '') <> 'posted'""",
    )
