"""What must hold between appeals, scores and the book; run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from gig.payouts.ledger.audit import Difference, check, rows


@check("what an appeal gave back stands in the book as its reversal of the penalty, and nothing else does")
def _given_back(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'appeal ' || a.id, coalesce(a.returned_fen, 0), coalesce(r.amount_fen, 0)
           FROM appeal a LEFT JOIN ledger_entry r
             ON r.source_key = 'reversal:appeal-' || a.id || ':' || a.penalty_id
           WHERE coalesce(a.returned_fen, 0) <> coalesce(r.amount_fen, 0)""",
    )
    yield from rows(
        session,
        """SELECT r.source_key, 'an appeal', 'none' FROM ledger_entry r
           LEFT JOIN appeal a ON r.source_key = 'reversal:appeal-' || a.id || ':' || a.penalty_id
           WHERE r.reverses_id IS NOT NULL AND r.source_key LIKE 'reversal:appeal-%' AND a.id IS NULL""",
    )


@check("an event is out of the score where an appeal took it out, and an upheld one always did")
def _struck(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'appeal ' || a.id, 'struck out', 'counts' FROM appeal a
           JOIN score_event e ON e.id = a.event_id
           WHERE (a.struck OR a.state = 'upheld') AND e.struck_at IS NULL""",
    )


@check("an appeal is about an event of its own agent, as it was noted, and was filed after it")
def _about(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'appeal ' || a.id, a.agent_id || ' ' || a.kind, e.agent_id || ' ' || e.kind
           FROM appeal a JOIN score_event e ON e.id = a.event_id
           WHERE e.agent_id <> a.agent_id OR e.kind <> a.kind OR e.at <> a.happened_at
             OR a.filed_at < a.happened_at""",
    )
