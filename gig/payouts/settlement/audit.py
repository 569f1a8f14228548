"""What must hold between statements, book and lines; run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.payouts.ledger.audit import Difference, check, figures, rows

STATEMENT_KINDS = "e.kind NOT IN ('export', 'tax', 'settled', 'failed', 'returned')"
"""The entries `e` that statements hold."""
LIVE_LINE = (
    "l.state <> 'voided' AND NOT EXISTS "
    "(SELECT 1 FROM payout_line r WHERE r.retry_of = l.id AND r.state <> 'voided')"
)
"""A line `l` that is not void and that no retry has replaced."""
NOT_PAID_YET = N_(
    "先别审批和付款。对照两边的明细找出多的或少的那一笔；还没审批就反关账重关，已审批就记一笔调整。"
)

_OF_REPLIES = (
    (N_("%(thing)s：基础佣金写着 %(expected)s，回复合计 %(found)s，%(off)s。"), "fen"),
    (N_("%(thing)s：迟到扣减写着 %(expected)s，回复合计 %(found)s，%(off)s。"), "fen"),
    (N_("%(thing)s：写着 %(expected)s 条付费回复，实际 %(found)s 条。"), "count"),
    (N_("%(thing)s：回复的佣金写着 %(expected)s，回复合计 %(found)s，%(off)s。"), "fen"),
)
_OF_KINDS = (
    ("adjustments_fen", "adjustment", N_("%(thing)s：调整写着 %(expected)s，账本里是 %(found)s，%(off)s。")),
    ("awards_fen", "award", N_("%(thing)s：奖励写着 %(expected)s，账本里是 %(found)s，%(off)s。")),
    ("triage_fen", "triage", N_("%(thing)s：转交费写着 %(expected)s，账本里是 %(found)s，%(off)s。")),
    ("reversals_fen", "reversal", N_("%(thing)s：冲回写着 %(expected)s，账本里是 %(found)s，%(off)s。")),
)


@check(
    "statements.sum",
    "a statement is the sum of its earnings and of its postings, kind by kind",
    asks=N_("每张结算单等于它的回复和分录，一类一类加起来"),
    then=NOT_PAID_YET,
)
def _statements(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        f"""SELECT s.id, s.gross_fen, coalesce(b.fen, 0) FROM statement s
            LEFT JOIN (SELECT period_id, agent_id, sum(payable_fen) AS fen FROM ledger_entry e
                       WHERE {STATEMENT_KINDS} AND agent_id IS NOT NULL GROUP BY period_id, agent_id) b
              ON b.period_id = s.period_id AND b.agent_id = s.agent_id
            WHERE s.voided_at IS NULL AND s.gross_fen <> coalesce(b.fen, 0)""",
        says=N_("%(thing)s：应发写着 %(expected)s，账本里合计 %(found)s，%(off)s。"),
        about="statement",
        are="fen",
    )
    yield from _of_replies(session)
    for column, kind, says in _OF_KINDS:
        yield from rows(
            session,
            f"""SELECT s.id || ' {column}', s.{column}, coalesce(b.fen, 0), s.id FROM statement s
                LEFT JOIN (SELECT period_id, agent_id, sum(payable_fen) AS fen FROM ledger_entry
                           WHERE kind = '{kind}' AND agent_id IS NOT NULL GROUP BY period_id, agent_id) b
                  ON b.period_id = s.period_id AND b.agent_id = s.agent_id
                WHERE s.voided_at IS NULL AND s.{column} <> coalesce(b.fen, 0)""",
            says=says,
            about="statement",
            are="fen",
        )


def _of_replies(session: Session) -> Iterator[Difference]:
    """One pass over the earnings, told figure by figure."""
    yield from figures(
        session,
        """SELECT s.id, s.id, 0, s.base_fen, coalesce(g.base, 0), s.late_fen, coalesce(g.late, 0),
             s.turns, coalesce(g.turns, 0), s.base_fen + s.peak_fen - s.late_fen, coalesce(g.fen, 0)
           FROM statement s
           LEFT JOIN (SELECT period_id, agent_id, sum(pay_fen) AS fen, sum(base_fen) AS base,
                        sum(penalty_fen) AS late, count(*) AS turns
                      FROM earning WHERE gross_fen > 0 GROUP BY period_id, agent_id) g
             ON g.period_id = s.period_id AND g.agent_id = s.agent_id
           WHERE s.voided_at IS NULL AND (s.base_fen <> coalesce(g.base, 0)
             OR s.late_fen <> coalesce(g.late, 0) OR s.turns <> coalesce(g.turns, 0)
             OR s.base_fen + s.peak_fen - s.late_fen <> coalesce(g.fen, 0))""",
        about="statement",
        parts=_OF_REPLIES,
    )


@check(
    "statements.missing",
    "nobody with postings in a closed period is without a statement",
    asks=N_("周期关账后，有分录的人都有结算单"),
    then=N_("这个人这一期的钱没有结算单，就不会付。还没审批就反关账重关；已审批就请技术补。"),
)
def _missing_statements(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        f"""SELECT e.period_id || ' ' || e.agent_id, 'a statement', sum(e.payable_fen),
              e.period_id || ' ' || e.agent_id, sum(e.payable_fen)
            FROM ledger_entry e
            JOIN period p ON p.id = e.period_id AND p.state NOT IN ('open', 'closing')
            LEFT JOIN statement s
              ON s.period_id = e.period_id AND s.agent_id = e.agent_id AND s.voided_at IS NULL
            WHERE e.payable_fen <> 0 AND {STATEMENT_KINDS} AND s.id IS NULL
            GROUP BY e.period_id, e.agent_id""",
        says=N_("%(thing)s：账本里有 %(found)s，周期已经关账，却没有结算单。"),
        about="due",
        are=("", "fen"),
    )


@check(
    "statements.carried",
    "what a statement carries in is what the one before carried out",
    asks=N_("每张结算单的上期结转，就是上一张结转出来的数"),
    then=NOT_PAID_YET,
)
def _carries(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT id, expected, carried_in_fen FROM (
             SELECT s.id, s.carried_in_fen,
               coalesce(lag(s.carried_out_fen) OVER (PARTITION BY s.agent_id ORDER BY p.starts_at), 0)
                 AS expected
             FROM statement s JOIN period p ON p.id = s.period_id WHERE s.voided_at IS NULL) AS c
           WHERE carried_in_fen <> expected""",
        says=N_("%(thing)s：上一张结转出 %(expected)s，这张结转进来 %(found)s，%(off)s。"),
        about="statement",
        are="fen",
    )


@check(
    "statements.lines",
    "a statement's payable amount is the sum of its lines, each retry in place of what it retries",
    asks=N_("每张结算单的应付，等于它的付款合计；重付的顶替原来那笔"),
    then=N_("付款会比结算单多或少。先别导出这一期的批次，已导出的先问银行。"),
)
def _lines(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        f"""SELECT s.id, CASE WHEN s.voided_at IS NULL THEN s.payable_fen ELSE 0 END, coalesce(l.fen, 0)
            FROM statement s
            LEFT JOIN (SELECT l.statement_id, sum(l.amount_fen) AS fen FROM payout_line l
                       WHERE {LIVE_LINE} GROUP BY l.statement_id) l ON l.statement_id = s.id
            WHERE coalesce(l.fen, 0) <> CASE WHEN s.voided_at IS NULL THEN s.payable_fen ELSE 0 END""",
        says=N_("%(thing)s：应付 %(expected)s，付款合计 %(found)s，%(off)s。"),
        about="statement",
        are="fen",
    )
    yield from rows(
        session,
        """SELECT l.id, 'its own statement', l.statement_id, l.id, l.amount_fen FROM payout_line l
           LEFT JOIN statement s ON s.id = l.statement_id
             AND s.agent_id = l.agent_id AND s.period_id = l.period_id
           WHERE s.id IS NULL""",
        says=N_("%(thing)s：它写的结算单不存在，或者是别人的、别期的。"),
        about="line",
    )
