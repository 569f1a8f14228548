"""What must hold between earnings, book, periods, statements and lines; run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from gig.payouts.ledger.audit import Difference, check, rows

_STATEMENT_KINDS = "e.kind NOT IN ('export', 'tax', 'settled', 'failed', 'returned')"
_LIVE_LINE = (
    "l.state <> 'voided' AND NOT EXISTS "
    "(SELECT 1 FROM payout_line r WHERE r.retry_of = l.id AND r.state <> 'voided')"
)


@check("every posting, earning, statement and line names a period that exists")
def _periods(session: Session) -> Iterator[Difference]:
    for table in ("ledger_entry", "earning", "statement", "payout_line"):
        yield from rows(
            session,
            f"""SELECT '{table} ' || t.id, 'a period', t.period_id FROM {table} t
                LEFT JOIN period p ON p.id = t.period_id WHERE p.id IS NULL""",
        )


@check("periods follow each other without gap or overlap, and close in their order")
def _chain(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT id, ended, starts_at FROM (
             SELECT id, starts_at, lag(ends_at) OVER (ORDER BY starts_at) AS ended FROM period) AS p
           WHERE ended <> starts_at""",
    )
    yield from rows(
        session,
        """SELECT later.id, 'not closed before ' || earlier.id, later.state
           FROM period later JOIN period earlier ON earlier.starts_at < later.starts_at
           WHERE later.state IN ('closed', 'approved', 'exported', 'settled')
             AND (earlier.state = 'closing' OR (earlier.state = 'open' AND earlier.close_no = 0))""",
    )


@check("an earning is posted with its gross and its penalty, in its own period, and nothing else is")
def _earnings(session: Session) -> Iterator[Difference]:
    for kind, figure in (("earning", "gross_fen"), ("penalty", "penalty_fen")):
        yield from rows(
            session,
            f"""SELECT '{kind}:' || g.id, g.{figure}, coalesce(e.amount_fen, 0)
                FROM earning g LEFT JOIN ledger_entry e ON e.source_key = '{kind}:' || g.id
                WHERE coalesce(e.amount_fen, 0) <> g.{figure}
                  OR (e.id IS NOT NULL AND (e.agent_id <> g.agent_id OR e.period_id <> g.period_id))""",
        )
        yield from rows(
            session,
            f"""SELECT e.source_key, 'an earning', 'none' FROM ledger_entry e
                LEFT JOIN earning g ON g.id = substr(e.source_key, {len(kind) + 2})
                WHERE e.kind = '{kind}' AND g.id IS NULL""",
        )


@check("a statement is the sum of its earnings and of its postings, kind by kind")
def _statements(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        f"""SELECT s.id, s.gross_fen, coalesce(b.fen, 0) FROM statement s
            LEFT JOIN (SELECT period_id, agent_id, sum(payable_fen) AS fen FROM ledger_entry e
                       WHERE {_STATEMENT_KINDS} AND agent_id IS NOT NULL GROUP BY period_id, agent_id) b
              ON b.period_id = s.period_id AND b.agent_id = s.agent_id
            WHERE s.voided_at IS NULL AND s.gross_fen <> coalesce(b.fen, 0)""",
    )
    yield from rows(
        session,
        """SELECT s.id, s.base_fen + s.peak_fen - s.late_fen, coalesce(g.fen, 0) FROM statement s
           LEFT JOIN (SELECT period_id, agent_id, sum(pay_fen) AS fen, sum(base_fen) AS base,
                        sum(penalty_fen) AS late, count(*) AS turns
                      FROM earning WHERE gross_fen > 0 GROUP BY period_id, agent_id) g
             ON g.period_id = s.period_id AND g.agent_id = s.agent_id
           WHERE s.voided_at IS NULL AND (s.base_fen <> coalesce(g.base, 0)
             OR s.late_fen <> coalesce(g.late, 0) OR s.turns <> coalesce(g.turns, 0)
             OR s.base_fen + s.peak_fen - s.late_fen <> coalesce(g.fen, 0))""",
    )
    for column, kind in (
        ("adjustments_fen", "adjustment"),
        ("awards_fen", "award"),
        ("triage_fen", "triage"),
        ("reversals_fen", "reversal"),
    ):
        yield from rows(
            session,
            f"""SELECT s.id || ' {column}', s.{column}, coalesce(b.fen, 0) FROM statement s
                LEFT JOIN (SELECT period_id, agent_id, sum(payable_fen) AS fen FROM ledger_entry
                           WHERE kind = '{kind}' AND agent_id IS NOT NULL GROUP BY period_id, agent_id) b
                  ON b.period_id = s.period_id AND b.agent_id = s.agent_id
                WHERE s.voided_at IS NULL AND s.{column} <> coalesce(b.fen, 0)""",
        )


@check("nobody with postings in a closed period is without a statement")
def _missing_statements(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        f"""SELECT e.period_id || ' ' || e.agent_id, 'a statement', sum(e.payable_fen) FROM ledger_entry e
            JOIN period p ON p.id = e.period_id AND p.state NOT IN ('open', 'closing')
            LEFT JOIN statement s
              ON s.period_id = e.period_id AND s.agent_id = e.agent_id AND s.voided_at IS NULL
            WHERE e.payable_fen <> 0 AND {_STATEMENT_KINDS} AND s.id IS NULL
            GROUP BY e.period_id, e.agent_id""",
    )


@check("what a statement carries in is what the one before carried out")
def _carries(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT id, expected, carried_in_fen FROM (
             SELECT s.id, s.carried_in_fen,
               coalesce(lag(s.carried_out_fen) OVER (PARTITION BY s.agent_id ORDER BY p.starts_at), 0)
                 AS expected
             FROM statement s JOIN period p ON p.id = s.period_id WHERE s.voided_at IS NULL) AS c
           WHERE carried_in_fen <> expected""",
    )


@check("a statement's payable amount is the sum of its lines, each retry in place of what it retries")
def _lines(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        f"""SELECT s.id, s.payable_fen, coalesce(l.fen, 0) FROM statement s
            LEFT JOIN (SELECT l.statement_id, sum(l.amount_fen) AS fen FROM payout_line l
                       WHERE {_LIVE_LINE} GROUP BY l.statement_id) l ON l.statement_id = s.id
            WHERE coalesce(l.fen, 0) <> CASE WHEN s.voided_at IS NULL THEN s.payable_fen ELSE 0 END""",
    )
    yield from rows(
        session,
        """SELECT l.id, 'its own statement', l.statement_id FROM payout_line l
           LEFT JOIN statement s ON s.id = l.statement_id
             AND s.agent_id = l.agent_id AND s.period_id = l.period_id
           WHERE s.id IS NULL""",
    )


@check("what we owe an agent is carried out, unpaid lines, and postings not yet on a statement")
def _owed(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        f"""SELECT agent_id, sum(owed), sum(booked) FROM (
              SELECT agent_id, payable_fen AS booked, 0 AS owed FROM ledger_entry WHERE agent_id IS NOT NULL
              UNION ALL
              SELECT agent_id, 0, carried_out_fen FROM (
                SELECT s.agent_id, s.carried_out_fen,
                  row_number() OVER (PARTITION BY s.agent_id ORDER BY p.starts_at DESC) AS place
                FROM statement s JOIN period p ON p.id = s.period_id WHERE s.voided_at IS NULL) AS newest
              WHERE place = 1
              UNION ALL
              SELECT l.agent_id, 0, l.amount_fen FROM payout_line l
              WHERE l.state IN ('planned', 'held', 'failed', 'returned') AND {_LIVE_LINE}
              UNION ALL
              SELECT e.agent_id, 0, e.payable_fen FROM ledger_entry e
              LEFT JOIN statement s
                ON s.period_id = e.period_id AND s.agent_id = e.agent_id AND s.voided_at IS NULL
              WHERE e.agent_id IS NOT NULL AND {_STATEMENT_KINDS} AND s.id IS NULL) AS part
            GROUP BY agent_id HAVING sum(owed) <> sum(booked)""",
    )


@check("a period is settled exactly when it was exported and no line of it is unpaid")
def _settled(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        f"""SELECT p.id, 'settled', p.state FROM period p WHERE p.state = 'exported' AND NOT EXISTS (
              SELECT 1 FROM payout_line l WHERE l.period_id = p.id AND l.state <> 'settled' AND {_LIVE_LINE})
            UNION ALL
            SELECT p.id, 'exported', p.state FROM period p WHERE p.state = 'settled' AND EXISTS (
              SELECT 1 FROM payout_line l
              WHERE l.period_id = p.id AND l.state <> 'settled' AND {_LIVE_LINE})""",
    )
