"""What must hold between instants, periods and the minimum (RULES §7); run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.payouts.ledger.audit import Difference, check, rows

_OTHER_PERIOD = N_("这笔钱算进了别的周期：两期的结算单各差这一笔。先别审批，请技术查清它为什么记在那里。")

_FIRST = "(SELECT min(starts_at) FROM period)"
"""What happened before all periods belongs to the first of them."""


def _not_in(period: str, instant: str) -> str:
    """Whether the instant is outside the period, as SQL; of the first one, only behind it."""
    before = f"({instant} < {period}.starts_at AND {period}.starts_at > {_FIRST})"
    return f"({instant} >= {period}.ends_at OR {before})"


@check(
    "earnings.period",
    "an earning is in the period of its reply, or in a later one and its posting names the one it was for",
    asks=N_("每条回复算在它所在的周期；补到后面的，写明是补哪一期的"),
    then=_OTHER_PERIOD,
)
def _of_its_reply(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        f"""SELECT g.id, g.received_at, g.period_id, g.id, g.pay_fen
            FROM earning g JOIN period p ON p.id = g.period_id
              LEFT JOIN ledger_entry e ON e.source_key = 'earning:' || g.id
              LEFT JOIN period late ON late.id = e.late_for_period_id
            WHERE (g.received_at < p.starts_at OR g.received_at >= p.ends_at)
              AND (g.received_at >= p.ends_at
                   OR (g.gross_fen > 0 AND (late.id IS NULL OR {_not_in("late", "g.received_at")})))""",
        says=N_("%(thing)s：回复在 %(expected)s，却算在 %(found)s，也没有写对是补哪一期的。"),
        about="earning",
        are=("instant", "period"),
    )


@check(
    "entries.period",
    "any other posting is in the period of its instant, or in a later one and names the one it was for",
    asks=N_("其他每笔分录记在它那一刻所在的周期；补到后面的，写明是补哪一期的"),
    then=_OTHER_PERIOD,
)
def _of_its_instant(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        f"""SELECT e.source_key, e.posted_at, e.period_id, e.id, e.amount_fen
            FROM ledger_entry e JOIN period p ON p.id = e.period_id
              LEFT JOIN period late ON late.id = e.late_for_period_id
            WHERE e.kind NOT IN ('earning', 'penalty') AND CASE WHEN e.late_for_period_id IS NULL
              THEN e.posted_at < p.starts_at OR e.posted_at >= p.ends_at
              ELSE late.id IS NULL OR late.ends_at > p.starts_at OR {_not_in("late", "e.posted_at")} END""",
        says=N_("%(thing)s：入账在 %(expected)s，却记在 %(found)s，也没有写对是补哪一期的。"),
        about="entry",
        are=("instant", "period"),
    )


@check(
    "statements.minimum",
    "a statement pays all that is available when that reaches the minimum, for leavers always, else nothing",
    asks=N_("可付的够最低付款额就全付，不够就全部结转；离开的人不论多少都付"),
    then=N_("有人会被多付、少付或晚付。还没审批就反关账重关；已审批的，请技术查清关账时的最低付款额。"),
)
def _minimum(session: Session) -> Iterator[Difference]:
    """The minimum is the one that the close fixed. Who left while it ran, or came back, may be either."""
    log = "SELECT 1 FROM audit_log a WHERE a.object_type = 'agent' AND a.object_id = s.agent_id AND a.action"
    has_left = f"agent.stage = 'left' AND EXISTS ({log} = 'agent.leave' AND a.at < p.ends_at)"
    came_back = f"EXISTS ({log} = 'agent.reinstate')"
    may_have_left = f"(agent.stage = 'left' OR EXISTS ({log} = 'agent.leave'))"
    yield from rows(
        session,
        f"""SELECT s.id, CASE WHEN s.payable_fen = 0 THEN s.available_fen ELSE 0 END, s.payable_fen
            FROM statement s JOIN period p ON p.id = s.period_id JOIN agent ON agent.id = s.agent_id
            WHERE s.voided_at IS NULL AND s.available_fen > 0 AND (
              (s.payable_fen = 0 AND (s.available_fen >= coalesce(p.minimum_fen, 0)
                OR ({has_left} AND NOT {came_back})))
              OR (s.payable_fen > 0 AND s.available_fen < coalesce(p.minimum_fen, 0)
                AND NOT {may_have_left}))""",
        says=N_("%(thing)s：按最低付款额应付 %(expected)s，写着 %(found)s，%(off)s。"),
        about="statement",
        are="fen",
    )
