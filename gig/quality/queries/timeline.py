"""What the server stored of a turn, in its own order: the evidence of an appeal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.money import MINUS, yuan
from gig.core.text import N_, Sentence
from gig.dispatch.models import Message, Turn, TurnQuote
from gig.dispatch.outages.models import Outage
from gig.dispatch.rules.outage import meets
from gig.dispatch.rules.substantive import UnpaidReason
from gig.identity.models import Duty
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.rates import queries as rates
from gig.payouts.rates.rules.card import RateCard

CHAT, BOOK, PRESENCE, OUTAGES = N_("会话"), N_("账本"), N_("在线记录"), N_("故障记录")

UNPAID: dict[str, str] = {
    UnpaidReason.HOLDING: N_("客服发了一句套话，计时不停"),
    UnpaidReason.REPEATED: N_("客服重复了说过的话，计时不停"),
    UnpaidReason.EMPTY: N_("客服发了没有文字的消息，计时不停"),
    UnpaidReason.AUTOMATIC: N_("自动消息，计时不停"),
    UnpaidReason.NO_OPEN_TURN: N_("客服又发了一句，这时没有等回复的问题"),
}


@dataclass(frozen=True)
class Moment:
    """One thing that the server stored: when, what, and where it is stored. `tone`: dg wn br, or none."""

    at: dt.datetime
    words: Sentence
    source: str
    tone: str = ""


@dataclass(frozen=True)
class TurnRecord:
    """The turn as it was for this agent: its clock, its end, and everything in between, in order."""

    turn: Turn
    quote: TurnQuote
    card: RateCard
    earning: Earning | None
    outages: tuple[tuple[dt.datetime, dt.datetime], ...]
    holding: int
    moments: Sequence[Moment]

    @property
    def ended_at(self) -> dt.datetime:
        return self.earning.received_at if self.earning else self.quote.expires_at


def turn_record(session: Session, turn_id: str, agent_id: str) -> TurnRecord | None:
    """Everything stored of the agent's clock on the turn; None when they never had one. Five statements."""
    row = session.execute(
        sa.select(Turn, TurnQuote, Earning)
        .join(TurnQuote, sa.and_(TurnQuote.turn_id == Turn.id, TurnQuote.agent_id == agent_id))
        .outerjoin(Earning, sa.and_(Earning.turn_id == Turn.id, Earning.agent_id == agent_id))
        .where(Turn.id == turn_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        return None
    turn, quote, earning = row
    ended_at = earning.received_at if earning else quote.expires_at
    said = _messages(session, turn, agent_id, ended_at)
    outages = _outages(session, quote.clock_started_at, ended_at)
    moments = [
        *_clock(turn, quote, earning),
        *_said(said, turn, agent_id),
        *_presence(session, agent_id, turn.asked_at, ended_at),
        *_failed(outages),
        *_booked(session, earning),
    ]
    return TurnRecord(
        turn=turn,
        quote=quote,
        card=rates.card(session, quote.card_id),
        earning=earning,
        outages=outages,
        holding=sum(1 for each in said if each.agent_id == agent_id and each.unpaid_reason),
        moments=sorted(moments, key=lambda moment: moment.at),
    )


def _messages(session: Session, turn: Turn, agent_id: str, ended_at: dt.datetime) -> Sequence[Message]:
    query = sa.select(Message).where(
        Message.inquiry_id == turn.inquiry_id,
        Message.sent_at >= turn.asked_at,
        Message.sent_at <= ended_at,
        sa.or_(Message.author == "customer", Message.agent_id == agent_id),
    )
    return session.scalars(query.order_by(Message.sent_at, Message.id)).all()


def _outages(
    session: Session, started_at: dt.datetime, ended_at: dt.datetime
) -> tuple[tuple[dt.datetime, dt.datetime], ...]:
    query = sa.select(Outage.starts_at, Outage.ends_at).where(
        Outage.starts_at <= ended_at, Outage.ends_at > started_at
    )
    return tuple(
        (window_from, window_until)
        for window_from, window_until in session.execute(query.order_by(Outage.starts_at))
        if meets(
            clock_started_at=started_at,
            ended_at=ended_at,
            window_from=window_from,
            window_until=window_until,
        )
    )


def _clock(turn: Turn, quote: TurnQuote, earning: Earning | None) -> Iterator[Moment]:
    within = (quote.deadline_at - quote.clock_started_at) // dt.timedelta(seconds=1)
    asked = N_("客户发问（第 %(n)s 轮）")
    if quote.clock_started_at > turn.asked_at:
        yield Moment(turn.asked_at, Sentence(asked, {"n": turn.number}), CHAT)
        began = N_("客服抢到，起算 %(s)s 秒")
        yield Moment(quote.clock_started_at, Sentence(began, {"s": within}), CHAT)
    else:
        began = N_("客户发问（第 %(n)s 轮），起算 %(s)s 秒")
        yield Moment(turn.asked_at, Sentence(began, {"n": turn.number, "s": within}), CHAT)
    if earning is None:
        words = N_("没有有效回复，判定漏答，咨询回到大厅")
        yield Moment(quote.expires_at, Sentence(words), CHAT, "dg")
        return
    late_us = earning.latency_us - within * 1_000_000
    if earning.late_percent:
        words = N_("服务器收到回复，判定迟到 %(s)s 秒")
        yield Moment(earning.received_at, Sentence(words, {"s": -(-late_us // 1_000_000)}), CHAT, "wn")
    else:
        yield Moment(earning.received_at, Sentence(N_("服务器收到回复，准时")), CHAT, "br")


def _said(said: Sequence[Message], turn: Turn, agent_id: str) -> Iterator[Moment]:
    for each in said:
        if each.author == "customer" and each.sent_at > turn.asked_at:
            yield Moment(each.sent_at, Sentence(N_("客户又说了一句，计时不变")), CHAT)
        elif each.agent_id == agent_id and each.unpaid_reason:
            yield Moment(each.sent_at, Sentence(UNPAID[each.unpaid_reason]), CHAT)


def _presence(session: Session, agent_id: str, since: dt.datetime, until: dt.datetime) -> Iterator[Moment]:
    """When the agent went online or offline while the turn lasted."""
    query = sa.select(Duty.began_at, Duty.ended_at).where(
        Duty.agent_id == agent_id,
        Duty.began_at <= until,
        sa.or_(Duty.ended_at.is_(None), Duty.ended_at >= since),
    )
    for began_at, ended_at in session.execute(query.order_by(Duty.began_at)):
        if since <= began_at <= until:
            yield Moment(began_at, Sentence(N_("客服上线")), PRESENCE, "br")
        if ended_at is not None and since <= ended_at <= until:
            yield Moment(ended_at, Sentence(N_("客服离线")), PRESENCE, "dg")


def _failed(outages: Sequence[tuple[dt.datetime, dt.datetime]]) -> Iterator[Moment]:
    for window_from, window_until in outages:
        yield Moment(window_from, Sentence(N_("平台故障开始")), OUTAGES, "dg")
        yield Moment(window_until, Sentence(N_("平台故障结束")), OUTAGES, "br")


def _booked(session: Session, earning: Earning | None) -> Iterator[Moment]:
    """What the book says of the reply, its reversals included."""
    if earning is None:
        return
    own = LedgerEntry.source_key.in_((f"earning:{earning.id}", f"penalty:{earning.id}"))
    firsts = sa.select(LedgerEntry.id).where(own)
    query = sa.select(LedgerEntry).where(sa.or_(own, LedgerEntry.reverses_id.in_(firsts)))
    words = {
        "earning": N_("记账：佣金 %(yuan)s"),
        "penalty": N_("记账：迟到 %(yuan)s"),
        "reversal": N_("冲回：%(yuan)s"),
    }
    for entry in session.scalars(query.order_by(LedgerEntry.id)):
        amount = yuan(entry.payable_fen, minus=MINUS)
        yield Moment(entry.posted_at, Sentence(words[entry.kind], {"yuan": amount}), BOOK)
