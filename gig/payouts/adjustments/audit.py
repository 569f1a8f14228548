"""What must hold of adjustments; run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.payouts.ledger.audit import Difference, check, rows

_KEY = """CASE WHEN a.kind = 'reversal' THEN 'reversal:' || a.id || ':' || a.reverses_id
    WHEN a.kind IN ('bonus', 'award') THEN 'award:' || a.id ELSE 'adjustment:' || a.id END"""


@check(
    "adjustments.posted",
    "an adjustment is in the book, once and with its amount, exactly when it is posted",
    asks=N_("已入账的调整都在账本里，金额和客服一样；没入账的都不在"),
    then=N_("客服看到的调整和账本不一样。先别审批这笔调整所在的周期，查清后冲回或补记一笔。"),
)
def _posted(session: Session) -> Iterator[Difference]:
    expected = "CASE WHEN a.state = 'posted' THEN a.amount_fen ELSE 0 END"
    joined = f"FROM adjustment a LEFT JOIN ledger_entry e ON e.source_key = {_KEY}"
    yield from rows(
        session,
        f"""SELECT {_KEY}, {expected}, coalesce(e.amount_fen, 0), a.id {joined}
            WHERE coalesce(e.amount_fen, 0) <> {expected}""",
        says=N_("%(thing)s：应入账 %(expected)s，账本里是 %(found)s，%(off)s。"),
        about="adjustment",
        are="fen",
    )
    yield from rows(
        session,
        f"SELECT {_KEY}, a.agent_id, e.agent_id, a.id, e.amount_fen {joined} WHERE e.agent_id <> a.agent_id",
        says=N_("%(thing)s：应记给 %(expected)s，却记给了 %(found)s。"),
        about="adjustment",
        are="agent",
    )


@check(
    "replies.taken",
    "no more is taken from a reply, by lateness, clawback and reversal together, than it paid",
    asks=N_("迟到、扣回和冲回合起来，不会超过这条回复本身的佣金"),
    then=N_("客服被多扣了钱。把多扣的部分作为调整补给客服，再查是哪一笔扣重了。"),
)
def _taken(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'earning:' || id, gross_fen, taken, id FROM (
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
        says=N_("%(thing)s：佣金只有 %(expected)s，一共扣了 %(found)s，%(off)s。"),
        about="earning",
        are="fen",
    )


@check(
    "back_pay.shares",
    "back pay is the sum of what it gives for each reply, where that was written down",
    asks=N_("每笔补发等于它补给每条回复的合计"),
    then=N_("下一次补发会多算或少算。先别再对这些天补发，请技术查清是哪条回复写错了。"),
)
def _shares(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'adjustment:' || a.id, a.amount_fen, coalesce(sum(s.fen), 0), a.id
           FROM adjustment a JOIN back_pay_run r ON r.id = a.run_id
           LEFT JOIN back_pay_share s ON s.adjustment_id = a.id
           WHERE r.by_reply AND a.state IN ('proposed', 'posted')
           GROUP BY a.id, a.amount_fen HAVING coalesce(sum(s.fen), 0) <> a.amount_fen""",
        says=N_("%(thing)s：补发了 %(expected)s，各条回复合计 %(found)s，%(off)s。"),
        about="adjustment",
        are="fen",
    )


@check(
    "back_pay.taken",
    "what was taken back of back pay is laid on its replies, on none more than it got",
    asks=N_("冲回的补发都记在具体的回复上，每条不会超过补给它的"),
    then=N_("下一次补发会多算或少算。先别再对这些天补发，请技术查清是哪笔冲回没有记到回复上。"),
)
def _taken_back(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT key, reversed, taken, id FROM (
             SELECT e.source_key AS key, a.id,
               (SELECT coalesce(sum(r.amount_fen), 0) FROM ledger_entry r
                WHERE r.reverses_id = e.id) AS reversed,
               (SELECT coalesce(sum(t.fen), 0) FROM back_pay_taken t WHERE t.adjustment_id = a.id) AS taken
             FROM adjustment a JOIN ledger_entry e ON e.source_key = 'adjustment:' || a.id
             WHERE a.kind = 'back_pay'
               AND EXISTS (SELECT 1 FROM back_pay_share s WHERE s.adjustment_id = a.id)) AS part
           WHERE reversed <> taken""",
        says=N_("%(thing)s：冲回了 %(expected)s，记在各条回复上的是 %(found)s，%(off)s。"),
        about="adjustment",
        are="fen",
    )
    yield from rows(
        session,
        """SELECT 'adjustment:' || s.adjustment_id, s.fen, sum(t.fen), s.adjustment_id
           FROM back_pay_taken t JOIN back_pay_share s
             ON s.adjustment_id = t.adjustment_id AND s.earning_id = t.earning_id
           GROUP BY s.adjustment_id, s.earning_id, s.fen HAVING sum(t.fen) > s.fen""",
        says=N_("%(thing)s：给一条回复补了 %(expected)s，却冲回了 %(found)s，%(off)s。"),
        about="adjustment",
        are="fen",
    )
