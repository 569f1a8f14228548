"""What must hold between earnings, book and periods, and of what is owed; run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.payouts.ledger.audit import Difference, check, figures, rows
from gig.payouts.settlement.audit import LIVE_LINE, NOT_PAID_YET, STATEMENT_KINDS

_PROGRAM = N_("这种错人手改不了，先别审批和付款，把这一页发给技术。")


@check(
    "periods.exist",
    "every posting, earning, statement and line names a period that exists",
    asks=N_("每笔分录、收入、结算单和付款都属于一个真有的周期"),
    then=_PROGRAM,
)
def _periods(session: Session) -> Iterator[Difference]:
    for table, thing in (
        ("ledger_entry", "entry"),
        ("earning", "earning"),
        ("statement", "statement"),
        ("payout_line", "line"),
    ):
        yield from rows(
            session,
            f"""SELECT '{table} ' || t.id, 'a period', t.period_id, t.id FROM {table} t
                LEFT JOIN period p ON p.id = t.period_id WHERE p.id IS NULL""",
            says=N_("%(thing)s：写着属于周期“%(found)s”，可是没有这个周期。"),
            about=thing,
        )


@check(
    "periods.chain",
    "periods follow each other without gap or overlap, and close in their order",
    asks=N_("周期一个接一个，不空不叠，按先后关账"),
    then=N_("先别关后面的周期。空出或重叠的时段里，收入会没有着落，请技术先补好周期。"),
)
def _chain(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT id, ended, starts_at FROM (
             SELECT id, starts_at, lag(ends_at) OVER (ORDER BY starts_at) AS ended FROM period) AS p
           WHERE ended <> starts_at""",
        says=N_("%(thing)s：上一个周期到 %(expected)s 为止，它却从 %(found)s 开始。"),
        about="period",
        are="instant",
    )
    yield from rows(
        session,
        """SELECT later.id, earlier.id, later.state
           FROM period later JOIN period earlier ON earlier.starts_at < later.starts_at
           WHERE later.state IN ('closed', 'approved', 'exported', 'settled')
             AND (earlier.state = 'closing' OR (earlier.state = 'open' AND earlier.close_no = 0))""",
        says=N_("%(thing)s：更早的%(expected)s还没关账，它却已经是“%(found)s”。"),
        about="period",
        are=("period", "period_state"),
    )


@check(
    "earnings.posted",
    "an earning is posted with its gross and its penalty, in its own period, and nothing else is",
    asks=N_("每条回复的佣金和迟到扣减都在账本里，金额、客服和周期一样"),
    then=NOT_PAID_YET,
)
def _earnings(session: Session) -> Iterator[Difference]:
    for kind, figure, says in (
        ("earning", "gross_fen", N_("%(thing)s：佣金是 %(expected)s，账本里是 %(found)s，%(off)s。")),
        ("penalty", "penalty_fen", N_("%(thing)s：迟到扣减是 %(expected)s，账本里是 %(found)s，%(off)s。")),
    ):
        yield from figures(
            session,
            f"""SELECT '{kind}:' || g.id, g.id, e.amount_fen, g.{figure}, coalesce(e.amount_fen, 0),
                  CASE WHEN e.id IS NOT NULL THEN g.period_id || ' ' || g.agent_id END,
                  CASE WHEN e.id IS NOT NULL THEN e.period_id || ' ' || coalesce(e.agent_id, '') END
                FROM earning g LEFT JOIN ledger_entry e ON e.source_key = '{kind}:' || g.id
                WHERE coalesce(e.amount_fen, 0) <> g.{figure}
                  OR (e.id IS NOT NULL AND (e.agent_id <> g.agent_id OR e.period_id <> g.period_id))""",
            about="earning",
            parts=((says, "fen"), (N_("%(thing)s：应记在 %(expected)s，账本却记在 %(found)s。"), "due")),
        )
        yield from rows(
            session,
            f"""SELECT e.source_key, 'an earning', 'none', e.id, e.amount_fen FROM ledger_entry e
                LEFT JOIN earning g ON g.id = substr(e.source_key, {len(kind) + 2})
                WHERE e.kind = '{kind}' AND g.id IS NULL""",
            says=N_("%(thing)s：账本里有，却找不到它对应的回复。"),
            about="entry",
        )


@check(
    "agents.owed",
    "what we owe an agent is carried out, unpaid lines, and postings not yet on a statement",
    asks=N_("账本上欠每个人的，等于结转、没付的付款和还没出账的分录"),
    then=N_("这个人可能被多付或少付。先暂缓给这个人付款，对照分录、结算单和付款找出差的那一笔。"),
)
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
              WHERE l.state IN ('planned', 'held', 'failed', 'returned') AND {LIVE_LINE}
              UNION ALL
              SELECT e.agent_id, 0, e.payable_fen FROM ledger_entry e
              LEFT JOIN statement s
                ON s.period_id = e.period_id AND s.agent_id = e.agent_id AND s.voided_at IS NULL
              WHERE e.agent_id IS NOT NULL AND {STATEMENT_KINDS} AND s.id IS NULL) AS part
            GROUP BY agent_id HAVING sum(owed) <> sum(booked)""",
        says=N_("%(thing)s：结转、没付的和没出账的合计 %(expected)s，账本上欠 %(found)s，%(off)s。"),
        about="agent",
        are="fen",
    )


@check(
    "periods.settled",
    "a period is settled exactly when it was exported and no line of it is unpaid",
    asks=N_("周期已打款，当且仅当导出过、没有一笔没付"),
    then=N_("钱没有错，是周期的状态没跟上。到周期页看还没付的，或请技术改正状态。"),
)
def _settled(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        f"""SELECT p.id, 'settled', p.state FROM period p WHERE p.state = 'exported' AND NOT EXISTS (
              SELECT 1 FROM payout_line l
              WHERE l.period_id = p.id AND l.state <> 'settled' AND {LIVE_LINE})""",
        says=N_("%(thing)s：每一笔都付清了，状态却还是“%(found)s”。"),
        about="period",
        are="period_state",
    )
    yield from rows(
        session,
        f"""SELECT p.id, 'exported', p.state, p.id, (
              SELECT sum(l.amount_fen) FROM payout_line l
              WHERE l.period_id = p.id AND l.state <> 'settled' AND {LIVE_LINE})
            FROM period p WHERE p.state = 'settled' AND EXISTS (
              SELECT 1 FROM payout_line l
              WHERE l.period_id = p.id AND l.state <> 'settled' AND {LIVE_LINE})""",
        says=N_("%(thing)s：还有没付清的，状态却已经是“%(found)s”。"),
        about="period",
        are="period_state",
    )
