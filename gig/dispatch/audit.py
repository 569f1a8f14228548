"""What must hold between inquiries, turns, quotes and earnings; run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from gig.payouts.ledger.audit import Difference, check, rows


@check("every answered turn has exactly one earning, of the agent who answered it at that instant")
def _answered(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'turn ' || t.id, t.answered_by, g.agent_id
           FROM turn t LEFT JOIN earning g ON g.turn_id = t.id
           WHERE t.state = 'answered'
             AND (g.id IS NULL OR g.agent_id <> t.answered_by OR g.received_at <> t.answered_at)""",
    )
    yield from rows(
        session,
        """SELECT 'earning ' || g.id, 'answered', coalesce(t.state, 'no turn')
           FROM earning g LEFT JOIN turn t ON t.id = g.turn_id
           WHERE t.id IS NULL OR t.state <> 'answered'""",
    )


@check("an earning has the clock and the price of its quote, and lies within its time")
def _quoted(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'earning ' || g.id, q.gross_fen, g.gross_fen
           FROM earning g LEFT JOIN turn_quote q ON q.turn_id = g.turn_id AND q.agent_id = g.agent_id
           WHERE q.turn_id IS NULL OR q.gross_fen <> g.gross_fen OR q.base_fen <> g.base_fen
              OR q.clock_started_at <> g.clock_started_at OR g.received_at > q.expires_at""",
    )


@check("an inquiry counts its paid replies, and has an open turn exactly where it names one")
def _inquiries(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'inquiry ' || i.id, i.paid_replies, p.n
           FROM inquiry i JOIN (
             SELECT inquiry_id, sum(CASE WHEN gross_fen > 0 THEN 1 ELSE 0 END) AS n
             FROM earning GROUP BY inquiry_id) AS p ON p.inquiry_id = i.id
           WHERE i.paid_replies <> p.n""",
    )
    yield from rows(
        session,
        """SELECT 'inquiry ' || i.id, coalesce(t.id, 'no open turn'), coalesce(i.open_turn_id, 'none')
           FROM inquiry i LEFT JOIN turn t ON t.inquiry_id = i.id AND t.state = 'open'
           WHERE coalesce(t.id, '') <> coalesce(i.open_turn_id, '')""",
    )


@check("a hand-over and its triage fee stand in the book as one, and end the escalator's clock")
def _handed_on(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'escalation ' || x.id, x.fee_fen, coalesce(e.payable_fen, 0)
           FROM escalation x
           LEFT JOIN ledger_entry e ON e.source_key = 'triage:' || x.turn_id || ':' || x.agent_id
           WHERE coalesce(e.payable_fen, 0) <> x.fee_fen
              OR (e.id IS NOT NULL AND (e.agent_id <> x.agent_id OR e.kind <> 'triage'))""",
    )
    yield from rows(
        session,
        """SELECT e.source_key, 'an escalation', 'none' FROM ledger_entry e
           LEFT JOIN escalation x ON e.source_key = 'triage:' || x.turn_id || ':' || x.agent_id
           WHERE e.source_key LIKE 'triage:%:%' AND x.id IS NULL""",
    )
    yield from rows(
        session,
        """SELECT 'escalation ' || x.id, 'a clock that it ended', coalesce(q.ended, 'none')
           FROM escalation x LEFT JOIN turn_quote q ON q.turn_id = x.turn_id AND q.agent_id = x.agent_id
           WHERE q.turn_id IS NULL OR q.ended IS NULL OR q.ended <> 'escalated' OR q.card_id <> x.card_id""",
    )
    yield from rows(
        session,
        """SELECT 'inquiry ' || i.id, i.handovers, coalesce(x.n, 0)
           FROM inquiry i
           LEFT JOIN (SELECT inquiry_id, count(*) AS n FROM escalation GROUP BY inquiry_id) AS x
             ON x.inquiry_id = i.id
           WHERE i.handovers <> coalesce(x.n, 0)""",
    )
    yield from rows(
        session,
        """SELECT 'inquiry ' || i.id, x.to_queue, i.queue
           FROM inquiry i JOIN escalation x ON x.inquiry_id = i.id AND x.number = i.handovers
           WHERE i.queue <> x.to_queue""",
    )


@check("a claimed inquiry with an open turn has a running clock of its owner")
def _claims(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'inquiry ' || i.id, 'a quote of ' || i.owner_id, coalesce(q.ended, 'none')
           FROM inquiry i LEFT JOIN turn_quote q ON q.turn_id = i.open_turn_id AND q.agent_id = i.owner_id
           WHERE i.state = 'claimed' AND i.open_turn_id IS NOT NULL
             AND (q.turn_id IS NULL OR q.ended IS NOT NULL OR q.expires_at <> i.expires_at)""",
    )


@check("each message from outside is there once, and a turn has one owner's answer")
def _once(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'inquiry ' || inquiry_id || ' message ' || external_id, 1, count(*)
           FROM message WHERE external_id IS NOT NULL GROUP BY inquiry_id, external_id HAVING count(*) > 1""",
    )


@check("what surges promised is what the quotes of each hold, and within its budget")
def _surges(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'surge ' || s.id, s.promised_fen, coalesce(q.fen, 0)
           FROM surge s LEFT JOIN (SELECT surge_id, sum(surge_fen) AS fen FROM turn_quote
                                   WHERE surge_id IS NOT NULL GROUP BY surge_id) AS q ON q.surge_id = s.id
           WHERE s.promised_fen <> coalesce(q.fen, 0) OR s.promised_fen > s.budget_fen""",
    )


@check("what an outage excused is struck out, and its penalty given back whole")
def _outages(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'event ' || x.score_event_id, 'struck out', coalesce(e.kind, 'no event')
           FROM outage_excuse x LEFT JOIN score_event e ON e.id = x.score_event_id
           WHERE e.id IS NULL OR e.struck_at IS NULL""",
    )
    yield from rows(
        session,
        """SELECT 'turn ' || x.turn_id, p.amount_fen, coalesce(sum(r.amount_fen), 0)
           FROM outage_excuse x JOIN earning g ON g.turn_id = x.turn_id AND x.kind = 'late'
           JOIN ledger_entry p ON p.source_key = 'penalty:' || g.id
           LEFT JOIN ledger_entry r ON r.reverses_id = p.id
           GROUP BY x.turn_id, p.id, p.amount_fen HAVING coalesce(sum(r.amount_fen), 0) <> p.amount_fen""",
    )
