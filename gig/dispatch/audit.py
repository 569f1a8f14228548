"""What must hold between inquiries, turns, quotes and earnings; run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.payouts.ledger.audit import Difference, check, figures, rows

_PAY = N_("客服可能被多付或少付。先别审批这一期，查清后用调整补，或把多的冲回。")
_WORK = N_("钱没有错，但客服可能接不到或答不了这单。请运营看这单，并把这一页发给技术。")


@check(
    "turns.earned",
    "every answered turn has exactly one earning, of the agent who answered it at that instant",
    asks=N_("每轮答复都有一条收入，属于答复的人、答复的时刻"),
    then=_PAY,
)
def _answered(session: Session) -> Iterator[Difference]:
    yield from figures(
        session,
        """SELECT 'turn ' || t.id, t.id, g.pay_fen,
             CASE WHEN g.id IS NULL THEN t.answered_by END, NULL,
             CASE WHEN g.id IS NOT NULL THEN t.answered_by END, g.agent_id,
             CASE WHEN g.id IS NOT NULL THEN t.answered_at END, g.received_at
           FROM turn t LEFT JOIN earning g ON g.turn_id = t.id
           WHERE t.state = 'answered'
             AND (g.id IS NULL OR g.agent_id <> t.answered_by OR g.received_at <> t.answered_at)""",
        about="turn",
        parts=(
            (N_("%(thing)s：%(expected)s 答复了，却没有收入。"), "agent"),
            (N_("%(thing)s：是 %(expected)s 答复的，收入却记给了 %(found)s。"), "agent"),
            (N_("%(thing)s：答复在 %(expected)s，收入却记成 %(found)s。"), "instant"),
        ),
    )
    yield from rows(
        session,
        """SELECT 'earning ' || g.id, 'answered', coalesce(t.state, 'no turn'), g.id, g.pay_fen
           FROM earning g LEFT JOIN turn t ON t.id = g.turn_id
           WHERE t.id IS NULL OR t.state <> 'answered'""",
        says=N_("%(thing)s：有收入，可是那一轮没有答复过。"),
        about="earning",
    )


@check(
    "earnings.quoted",
    "an earning has the clock and the price of its quote, and lies within its time",
    asks=N_("每条收入按抢单时的报价和计时算，并且在时限之内"),
    then=_PAY,
)
def _quoted(session: Session) -> Iterator[Difference]:
    yield from figures(
        session,
        """SELECT 'earning ' || g.id, g.id, g.pay_fen,
             CASE WHEN q.turn_id IS NULL THEN 'a quote' END, NULL,
             q.gross_fen, CASE WHEN q.turn_id IS NOT NULL THEN g.gross_fen END,
             q.base_fen, CASE WHEN q.turn_id IS NOT NULL THEN g.base_fen END,
             q.clock_started_at, CASE WHEN q.turn_id IS NOT NULL THEN g.clock_started_at END,
             CASE WHEN g.received_at > q.expires_at THEN q.expires_at END,
             CASE WHEN g.received_at > q.expires_at THEN g.received_at END
           FROM earning g LEFT JOIN turn_quote q ON q.turn_id = g.turn_id AND q.agent_id = g.agent_id
           WHERE q.turn_id IS NULL OR q.gross_fen <> g.gross_fen OR q.base_fen <> g.base_fen
              OR q.clock_started_at <> g.clock_started_at OR g.received_at > q.expires_at""",
        about="earning",
        parts=(
            (N_("%(thing)s：没有报价，却有收入。"), ""),
            (N_("%(thing)s：报价是 %(expected)s，收入按 %(found)s 算，%(off)s。"), "fen"),
            (N_("%(thing)s：报价的基础佣金是 %(expected)s，收入按 %(found)s 算，%(off)s。"), "fen"),
            (N_("%(thing)s：报价从 %(expected)s 计时，收入却从 %(found)s 算起。"), "instant"),
            (N_("%(thing)s：时限是 %(expected)s，答复却在 %(found)s。"), "instant"),
        ),
    )


@check(
    "inquiries.counted",
    "an inquiry counts its paid replies, and has an open turn exactly where it names one",
    asks=N_("每单咨询的付费条数和没答的那一轮，跟实际一样"),
    then=_WORK,
)
def _inquiries(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'inquiry ' || i.id, i.paid_replies, p.n, i.id
           FROM inquiry i JOIN (
             SELECT inquiry_id, sum(CASE WHEN gross_fen > 0 THEN 1 ELSE 0 END) AS n
             FROM earning GROUP BY inquiry_id) AS p ON p.inquiry_id = i.id
           WHERE i.paid_replies <> p.n""",
        says=N_("%(thing)s：写着 %(expected)s 条付费回复，实际 %(found)s 条。"),
        about="inquiry",
        are="count",
    )
    yield from rows(
        session,
        """SELECT 'inquiry ' || i.id, coalesce(t.id, 'no open turn'), coalesce(i.open_turn_id, 'none'), i.id
           FROM inquiry i LEFT JOIN turn t ON t.inquiry_id = i.id AND t.state = 'open'
           WHERE coalesce(t.id, '') <> coalesce(i.open_turn_id, '')""",
        says=N_("%(thing)s：写着在等答复的那一轮，和实际的不是同一轮。"),
        about="inquiry",
    )


@check(
    "handovers.booked",
    "a hand-over and its triage fee stand in the book as one, and end the escalator's clock",
    asks=N_("每次升级的转交费都在账本里，升级的人计时已停"),
    then=_PAY,
)
def _handed_on(session: Session) -> Iterator[Difference]:
    joined = """FROM escalation x
           LEFT JOIN ledger_entry e ON e.source_key = 'triage:' || x.turn_id || ':' || x.agent_id"""
    yield from rows(
        session,
        f"""SELECT 'escalation ' || x.id, x.fee_fen, coalesce(e.payable_fen, 0), x.id {joined}
            WHERE coalesce(e.payable_fen, 0) <> x.fee_fen""",
        says=N_("%(thing)s：转交费应是 %(expected)s，账本里是 %(found)s，%(off)s。"),
        about="escalation",
        are="fen",
    )
    yield from rows(
        session,
        f"""SELECT 'escalation ' || x.id, x.agent_id, e.agent_id, x.id, e.amount_fen {joined}
            WHERE e.id IS NOT NULL AND (e.agent_id <> x.agent_id OR e.kind <> 'triage')""",
        says=N_("%(thing)s：转交费应记给 %(expected)s，账本里却记给 %(found)s，或不是转交费。"),
        about="escalation",
        are="agent",
    )
    yield from rows(
        session,
        """SELECT e.source_key, 'an escalation', 'none', e.id, e.amount_fen FROM ledger_entry e
           LEFT JOIN escalation x ON e.source_key = 'triage:' || x.turn_id || ':' || x.agent_id
           WHERE e.source_key LIKE 'triage:%:%' AND x.id IS NULL""",
        says=N_("%(thing)s：账本里有，却找不到它对应的升级。"),
        about="entry",
    )
    yield from _ended_and_counted(session)


def _ended_and_counted(session: Session) -> Iterator[Difference]:
    """What an escalation did to the clock and to the inquiry."""
    yield from rows(
        session,
        """SELECT 'escalation ' || x.id, 'a clock that it ended', coalesce(q.ended, 'none'), x.id
           FROM escalation x LEFT JOIN turn_quote q ON q.turn_id = x.turn_id AND q.agent_id = x.agent_id
           WHERE q.turn_id IS NULL OR q.ended IS NULL OR q.ended <> 'escalated' OR q.card_id <> x.card_id""",
        says=N_("%(thing)s：升级了，升级的人的计时却没有因此停下。"),
        about="escalation",
    )
    yield from rows(
        session,
        """SELECT 'inquiry ' || i.id, i.handovers, coalesce(x.n, 0), i.id
           FROM inquiry i
           LEFT JOIN (SELECT inquiry_id, count(*) AS n FROM escalation GROUP BY inquiry_id) AS x
             ON x.inquiry_id = i.id
           WHERE i.handovers <> coalesce(x.n, 0)""",
        says=N_("%(thing)s：写着升级过 %(expected)s 次，实际 %(found)s 次。"),
        about="inquiry",
        are="count",
    )
    yield from rows(
        session,
        """SELECT 'inquiry ' || i.id, x.to_queue, i.queue, i.id
           FROM inquiry i JOIN escalation x ON x.inquiry_id = i.id AND x.number = i.handovers
           WHERE i.queue <> x.to_queue""",
        says=N_("%(thing)s：应升级到“%(expected)s”，却在“%(found)s”。"),
        about="inquiry",
        are="queue",
    )


@check(
    "claims.running",
    "a claimed inquiry with an open turn has a running clock of its owner",
    asks=N_("抢下来还没答的咨询，都在给接单的人计时"),
    then=_WORK,
)
def _claims(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'inquiry ' || i.id, i.owner_id, coalesce(q.ended, 'no running clock'), i.id
           FROM inquiry i LEFT JOIN turn_quote q ON q.turn_id = i.open_turn_id AND q.agent_id = i.owner_id
           WHERE i.state = 'claimed' AND i.open_turn_id IS NOT NULL
             AND (q.turn_id IS NULL OR q.ended IS NOT NULL OR q.expires_at <> i.expires_at)""",
        says=N_("%(thing)s：在 %(expected)s 手里等答复，却没有在计时，或时限不对。"),
        about="inquiry",
        are=("agent", ""),
    )


@check(
    "messages.once",
    "each message from outside is there once, and a turn has one owner's answer",
    asks=N_("外面来的每条消息只存一次"),
    then=_WORK,
)
def _once(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'inquiry ' || inquiry_id || ' message ' || external_id, 1, count(*), inquiry_id
           FROM message WHERE external_id IS NOT NULL GROUP BY inquiry_id, external_id HAVING count(*) > 1""",
        says=N_("%(thing)s：同一条外来的消息存了 %(found)s 次。"),
        about="inquiry",
        are="count",
    )


@check(
    "surges.promised",
    "what surges promised is what the quotes of each hold, and within its budget",
    asks=N_("临时加成已承诺的钱等于报价里的合计，并且不超预算"),
    then=N_("加成可能花得比批的多。请运营停掉这次加成，财务按报价合计核预算。"),
)
def _surges(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'surge ' || s.id, s.promised_fen, coalesce(q.fen, 0), s.id
           FROM surge s LEFT JOIN (SELECT surge_id, sum(surge_fen) AS fen FROM turn_quote
                                   WHERE surge_id IS NOT NULL GROUP BY surge_id) AS q ON q.surge_id = s.id
           WHERE s.promised_fen <> coalesce(q.fen, 0)""",
        says=N_("%(thing)s：写着承诺了 %(expected)s，报价合计 %(found)s，%(off)s。"),
        about="surge",
        are="fen",
    )
    yield from rows(
        session,
        """SELECT 'surge ' || s.id, s.budget_fen, s.promised_fen, s.id
           FROM surge s WHERE s.promised_fen > s.budget_fen""",
        says=N_("%(thing)s：预算 %(expected)s，承诺了 %(found)s，%(off)s。"),
        about="surge",
        are="fen",
    )


@check(
    "outages.excused",
    "what an outage excused is struck out, and its penalty given back whole",
    asks=N_("平台故障免掉的迟到，不算进服务分，扣的钱全退"),
    then=N_("客服还在为平台的故障受罚。少退的钱作为调整补给客服，服务分请技术改正。"),
)
def _outages(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'event ' || x.score_event_id, 'struck out', coalesce(e.kind, 'no event'), x.turn_id
           FROM outage_excuse x LEFT JOIN score_event e ON e.id = x.score_event_id
           WHERE e.id IS NULL OR e.struck_at IS NULL""",
        says=N_("%(thing)s：因平台故障免了罚，却还算在服务分里。"),
        about="turn",
    )
    yield from rows(
        session,
        """SELECT 'turn ' || x.turn_id, p.amount_fen, coalesce(sum(r.amount_fen), 0), x.turn_id
           FROM outage_excuse x JOIN earning g ON g.turn_id = x.turn_id AND x.kind = 'late'
           JOIN ledger_entry p ON p.source_key = 'penalty:' || g.id
           LEFT JOIN ledger_entry r ON r.reverses_id = p.id
           GROUP BY x.turn_id, p.id, p.amount_fen HAVING coalesce(sum(r.amount_fen), 0) <> p.amount_fen""",
        says=N_("%(thing)s：平台故障，迟到扣的 %(expected)s 应全退，退了 %(found)s，%(off)s。"),
        about="turn",
        are="fen",
    )
