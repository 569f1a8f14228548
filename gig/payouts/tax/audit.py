"""What must hold between tax records and the book; run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from gig.payouts.ledger import accounts
from gig.payouts.ledger.audit import Difference, check, rows


@check("a tax record is posted with what it withheld, and nothing else is")
def _posted(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'tax:' || t.line_id, t.withheld_fen, coalesce(e.amount_fen, 0) FROM tax_record t
           LEFT JOIN ledger_entry e ON e.source_key = 'tax:' || t.line_id
           WHERE t.reverses_id IS NULL AND (coalesce(e.amount_fen, 0) <> t.withheld_fen
             OR (e.id IS NOT NULL AND (e.agent_id <> t.agent_id OR e.credit <> :account)))""",
        account=accounts.TAX_WITHHELD,
    )
    yield from rows(
        session,
        """SELECT coalesce(e.source_key, 'tax'), coalesce(e.fen, 0), coalesce(t.fen, 0) FROM (
             SELECT count(*) AS n, sum(CASE WHEN credit = :account THEN amount_fen ELSE 0 END) AS fen,
               'all entries of the kind tax' AS source_key
             FROM ledger_entry WHERE kind = 'tax') e
           CROSS JOIN (SELECT count(*) AS n,
               sum(CASE WHEN withheld_fen > 0 THEN withheld_fen ELSE 0 END) AS fen
             FROM tax_record WHERE withheld_fen <> 0) t
           WHERE e.n <> t.n OR coalesce(e.fen, 0) <> coalesce(t.fen, 0)""",
        account=accounts.TAX_WITHHELD,
    )


@check("a tax that was taken back is in the book again as owed to its agent, once and wholly")
def _taken_back(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT t.line_id, o.gross_fen || ' ' || o.withheld_fen, t.gross_fen || ' ' || t.withheld_fen
           FROM tax_record t JOIN tax_record o ON o.id = t.reverses_id
           WHERE t.gross_fen <> -o.gross_fen OR t.withheld_fen <> -o.withheld_fen
             OR t.line_id <> o.line_id OR t.agent_id <> o.agent_id OR t.month <> o.month
             OR o.reverses_id IS NOT NULL""",
    )
    yield from rows(
        session,
        """SELECT t.line_id, -t.withheld_fen, coalesce(b.amount_fen, 0) FROM tax_record t
           JOIN ledger_entry e ON e.source_key = 'tax:' || t.line_id
           LEFT JOIN ledger_entry b ON b.debit = :account AND b.source_key IN (
             'reversal:failed:' || t.line_id || ':' || e.id,
             'reversal:returned:' || t.line_id || ':' || e.id)
           WHERE t.reverses_id IS NOT NULL AND (coalesce(b.amount_fen, 0) <> -t.withheld_fen
             OR b.agent_id <> t.agent_id)""",
        account=accounts.TAX_WITHHELD,
    )


@check("the tax account holds exactly what the records say is withheld")
def _account(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'IITWithheld', records, book FROM (SELECT
             (SELECT coalesce(sum(withheld_fen), 0) FROM tax_record) AS records,
             (SELECT coalesce(sum(CASE WHEN credit = :account THEN amount_fen ELSE -amount_fen END), 0)
              FROM ledger_entry WHERE credit = :account OR debit = :account) AS book) AS figures
           WHERE records <> book""",
        account=accounts.TAX_WITHHELD,
    )
