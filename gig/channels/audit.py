"""What must hold between suspicions, holds and the book; run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from gig.payouts.ledger.audit import Difference, check, rows

_REVERSED = "(SELECT sum(r.payable_fen) FROM ledger_entry r WHERE r.reverses_id = e.id)"
_KEPT = f"sum(e.payable_fen + coalesce({_REVERSED}, 0))"


@check("who was found to be their own customer has kept nothing of that inquiry's pay")
def _taken_back(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        f"""SELECT 'suspicion ' || s.id, 0, {_KEPT} FROM suspicion s
            JOIN earning g ON g.inquiry_id = s.inquiry_id AND g.agent_id = s.agent_id
            JOIN ledger_entry e ON e.source_key IN ('earning:' || g.id, 'penalty:' || g.id)
            WHERE s.state = 'own_customer' GROUP BY s.id HAVING {_KEPT} <> 0""",
    )
    yield from rows(
        session,
        f"""SELECT 'suspicion ' || s.id || ' fees', 0, {_KEPT} FROM suspicion s
            JOIN escalation x ON x.inquiry_id = s.inquiry_id AND x.agent_id = s.agent_id
            JOIN ledger_entry e ON e.source_key = 'triage:' || x.turn_id || ':' || x.agent_id
            WHERE s.state = 'own_customer' GROUP BY s.id HAVING {_KEPT} <> 0""",
    )


@check("pay is in question exactly while a strong suspicion is undecided")
def _held(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'suspicion ' || s.id, s.state, coalesce(CAST(h.ended_at AS TEXT), 'held')
           FROM suspicion s LEFT JOIN pay_hold h
             ON h.agent_id = s.agent_id AND h.inquiry_id = s.inquiry_id
           WHERE s.strong AND (h.agent_id IS NULL OR (s.state = 'undecided') <> (h.ended_at IS NULL))""",
    )
