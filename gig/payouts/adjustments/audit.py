"""What must hold of adjustments; run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from gig.payouts.ledger.audit import Difference, check, rows

_KEY = """CASE WHEN a.kind = 'reversal' THEN 'reversal:' || a.id || ':' || a.reverses_id
    WHEN a.kind IN ('bonus', 'award') THEN 'award:' || a.id ELSE 'adjustment:' || a.id END"""


@check("an adjustment is in the book, once and with its amount, exactly when it is posted")
def _posted(session: Session) -> Iterator[Difference]:
    expected = "CASE WHEN a.state = 'posted' THEN a.amount_fen ELSE 0 END"
    yield from rows(
        session,
        f"""SELECT {_KEY}, {expected}, coalesce(e.amount_fen, 0)
            FROM adjustment a LEFT JOIN ledger_entry e ON e.source_key = {_KEY}
            WHERE coalesce(e.amount_fen, 0) <> {expected}
              OR (e.id IS NOT NULL AND e.agent_id <> a.agent_id)""",
    )


@check("no more is taken from a reply, by lateness, clawback and reversal together, than it paid")
def _taken(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'earning:' || id, gross_fen, taken FROM (
             SELECT g.id, g.gross_fen, sum(part.fen) AS taken
             FROM (SELECT a.earning_id AS reply, e.amount_fen AS fen
                   FROM adjustment a JOIN ledger_entry e ON e.source_key = 'adjustment:' || a.id
                   WHERE a.earning_id IS NOT NULL AND a.kind = 'clawback'
                   UNION ALL
                   SELECT a.earning_id, -r.amount_fen
                   FROM adjustment a JOIN ledger_entry e ON e.source_key = 'adjustment:' || a.id
                   JOIN ledger_entry r ON r.reverses_id = e.id
                   WHERE a.earning_id IS NOT NULL AND a.kind = 'clawback'
                   UNION ALL
                   SELECT substr(o.source_key, 9),
                     CASE WHEN o.kind = 'earning' THEN r.amount_fen ELSE -r.amount_fen END
                   FROM ledger_entry r JOIN ledger_entry o ON o.id = r.reverses_id
                   WHERE r.reverses_id IS NOT NULL AND o.kind IN ('earning', 'penalty')
                   UNION ALL
                   SELECT g.id, g.penalty_fen FROM earning g WHERE g.penalty_fen > 0) AS part
             JOIN earning g ON g.id = part.reply GROUP BY g.id, g.gross_fen) AS reply
           WHERE taken > gross_fen""",
    )


@check("back pay is the sum of what it gives for each reply, where that was written down")
def _shares(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'adjustment:' || a.id, a.amount_fen, coalesce(sum(s.fen), 0)
           FROM adjustment a JOIN back_pay_run r ON r.id = a.run_id
           LEFT JOIN back_pay_share s ON s.adjustment_id = a.id
           WHERE r.by_reply GROUP BY a.id, a.amount_fen HAVING coalesce(sum(s.fen), 0) <> a.amount_fen""",
    )
