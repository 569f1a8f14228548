"""“为什么没派给我”: the agent's own figures against the published order; nobody else's name or figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.core.text import N_, Sentence
from gig.dispatch.models import Inquiry, TurnQuote
from gig.dispatch.models_offers import Offer
from gig.dispatch.queries import offers, refusals
from gig.dispatch.rules.eligibility import refusal
from gig.dispatch.rules.offers import Rank, behind
from gig.dispatch.values import limit, seconds
from gig.identity.models import Agent, AgentSkill

BEHIND = {
    "load": N_("派给了手上更空的人，你手上 %(load)s 条。"),
    "score": N_("手上一样多，派给了服务分更高的人，你 %(score)s 分。"),
    "idle": N_("手上和服务分都一样，派给了闲得更久的人，你闲了 %(idle)s 秒。"),
    "tie": N_("手上、服务分和空闲时间都一样，按编号派给了别人。"),
}
AFTER = N_("派出的那一刻你不空闲或不在线。按现在的数，你排在前面。")
ASKED = {
    "live": N_("正在派给你，看屏幕下方。"),
    "accepted": N_("这一轮派给过你，你接了。同一轮只派一次。"),
    "refused": N_("这一轮派给过你，你选了不接。同一轮只派一次，想要可以直接抢。"),
    "lapsed": N_("这一轮派给过你，没有等到应答。同一轮只派一次，想要可以直接抢。"),
    "void": N_("这一轮派给过你，还没应答就收回了，不算你的。同一轮只派一次，还在大厅可以直接抢。"),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What the order looks at, of one agent, at this instant."""

    load: int
    limit: int
    answering: int
    score_tenths: int
    idle_since: dt.datetime
    reachable: bool
    offered: bool
    refused: bool

    @property
    def rank(self) -> tuple[int, int, dt.datetime]:
        return self.load, -self.score_tenths, self.idle_since


@dataclass(frozen=True, slots=True)
class WhyNot:
    """The answers, the deciding one first, with the figures they rest on."""

    inquiry: Inquiry
    answers: tuple[Sentence, ...]
    figures: Figures


def figures(session: Session, agent: Agent, numbers: Mapping[str, int], now: dt.datetime) -> Figures:
    """Three statements."""
    load, answering = session.execute(
        sa.select(sa.func.count(), sa.func.count(Inquiry.open_turn_id)).where(
            Inquiry.owner_id == agent.id, Inquiry.state == "claimed"
        )
    ).one()
    return Figures(
        load=load,
        limit=limit(numbers, agent.tier),
        answering=answering,
        score_tenths=agent.score_tenths,
        idle_since=agent.idle_since or agent.created_at,
        reachable=agent.last_seen_at >= now - seconds(numbers, "reach_grace_s"),
        offered=offers.live(session, agent.id, now) is not None,
        refused=offers.refused_since(session, agent.id, now - seconds(numbers, "offer_pause_s")),
    )


def why_not(session: Session, inquiry_id: str, agent_id: str, now: dt.datetime) -> WhyNot:
    """Why the inquiry was not offered to the agent; NotFound for one of a queue that they do not serve."""
    inquiry = session.get(Inquiry, inquiry_id, populate_existing=True) if is_id(inquiry_id) else None
    if inquiry is None or session.get(AgentSkill, (agent_id, inquiry.queue)) is None:
        raise NotFound
    agent = session.get_one(Agent, agent_id, populate_existing=True)
    numbers = tunables.values(session)
    mine = figures(session, agent, numbers, now)
    answers = _answers(session, inquiry, agent, numbers, mine, now)
    return WhyNot(inquiry, tuple(answers), mine)


def _answers(
    session: Session,
    inquiry: Inquiry,
    agent: Agent,
    numbers: Mapping[str, int],
    mine: Figures,
    now: dt.datetime,
) -> list[Sentence]:
    asked = _offer(session, inquiry, Offer.agent_id == agent.id)
    other = _offer(session, inquiry, Offer.agent_id != agent.id)
    rank: Rank = (*mine.rank, agent.id)
    compared = [_compared(other, rank, now)] if other is not None else []
    if asked is not None and not (asked.state == "live" and asked.expires_at < now):
        return [Sentence(ASKED[asked.state])]
    if inquiry.owner_id == agent.id:
        return [Sentence(N_("这条已经在你手上。"))]
    if inquiry.state != "open":
        return [Sentence(N_("这条已经有人接了，或者已经结束，没扣你的分。")), *compared]
    waiting = refusals.waiting(session, inquiry, agent.id)
    refused = refusal(refusals.claimer(session, agent, now), waiting, refusals.policy(numbers), now=now)
    if refused is not None:
        return [Sentence(refused.message, refused.params)]
    if reason := _not_idle(session, inquiry, agent, mine):
        return [reason]
    waited = int((now - inquiry.queued_at).total_seconds())
    if waited < numbers["offer_after_s"]:
        words = N_("等满 %(after)s 秒没人接才派，现在等了 %(waited)s 秒。想要就直接抢。")
        return [Sentence(words, {"after": numbers["offer_after_s"], "waited": waited})]
    return compared or [_place(session, inquiry, numbers, rank, now)]


def _not_idle(session: Session, inquiry: Inquiry, agent: Agent, mine: Figures) -> Sentence | None:
    if not mine.reachable:
        return Sentence(N_("你的手机断开了一会儿，派单前要先连上。"))
    if mine.answering:
        return Sentence(N_("有客户在等你回复，先不打扰你。答完就会再派。"))
    if mine.offered:
        return Sentence(N_("另一条正在派给你，一次只派一条。"))
    if mine.refused:
        return Sentence(N_("你刚选了不接，歇一会儿再派。想要可以直接抢。"))
    held = session.get(TurnQuote, (inquiry.open_turn_id, agent.id))
    return Sentence(N_("这一轮你接过，不再派给你，想要可以直接抢。")) if held else None


def _offer(session: Session, inquiry: Inquiry, whose: sa.ColumnElement[bool]) -> Offer | None:
    """The latest offer of the present turn, or, once nothing is open, of the last one."""
    query = sa.select(Offer).where(Offer.inquiry_id == inquiry.id, whose)
    if inquiry.open_turn_id:
        query = query.where(Offer.turn_id == inquiry.open_turn_id)
    query = query.order_by(Offer.made_at.desc(), Offer.id.desc()).limit(1)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _compared(other: Offer, mine: Rank, now: dt.datetime) -> Sentence:
    """What put the one who was asked first."""
    reason = behind(mine, (other.load, -other.score_tenths, other.idle_since, other.agent_id))
    if reason is None:
        return Sentence(AFTER)
    own = {
        "load": mine[0],
        "score": f"{-mine[1] // 10}.{-mine[1] % 10}",
        "idle": max(0, int((now - mine[2]).total_seconds())),
    }
    words = BEHIND[reason]
    return Sentence(words, {name: value for name, value in own.items() if f"%({name})s" in words})


def _place(
    session: Session, inquiry: Inquiry, numbers: Mapping[str, int], mine: Rank, now: dt.datetime
) -> Sentence:
    idle = offers.idle_agents(session, numbers, now, queue=inquiry.queue)
    before = sum(each.rank < mine for each in idle)
    if before:
        return Sentence(N_("现在有 %(n)s 位空闲的人排在你前面。想要就直接抢。"), {"n": before})
    return Sentence(N_("按现在的数你排第一，马上会派给你，也可以直接抢。"))
