"""派单, read: who is idle, what has waited long enough, and an agent's own offers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from gig.core.businesstime import business_zone
from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.dispatch.escalation_models import Escalation
from gig.dispatch.models import Inquiry, Queue, TurnQuote
from gig.dispatch.models_offers import LIVE, Offer
from gig.dispatch.rules.eligibility import Waiting
from gig.dispatch.rules.offers import Asking, Idle
from gig.dispatch.values import CLAIMED, EMERGENCY, OPEN, limit, seconds
from gig.identity.models import Agent, AgentSkill
from gig.identity.values import WORKING

MOST = 1000
"""So many inquiries of a queue are looked at in one sweep, in the order of the feed."""

RECENT = 20
A_DAY = dt.timedelta(days=1)


def idle_agents(
    session: Session, numbers: Mapping[str, int], now: dt.datetime, *, queue: str | None = None
) -> list[Idle]:
    """Everyone who could take one more at once; of one queue, if told. One statement.

    Online, seen within the grace, below the limit, with no customer waiting for them, no live offer, and no
    refusal a moment ago.
    """
    held = (
        sa.select(
            Inquiry.owner_id,
            sa.func.count().label("load"),
            sa.func.count(Inquiry.open_turn_id).label("answering"),
        )
        .where(Inquiry.owner_id.is_not(None), Inquiry.state == CLAIMED)
        .group_by(Inquiry.owner_id)
        .subquery()
    )
    offered = sa.select(Offer.id).where(Offer.agent_id == Agent.id, Offer.state == LIVE)
    pause = now - seconds(numbers, "offer_pause_s")
    refused = sa.select(Offer.id).where(
        Offer.agent_id == Agent.id,
        Offer.made_at > now - A_DAY,
        Offer.state == "refused",
        Offer.ended_at > pause,
    )
    rows = sa.select(
        Agent.id,
        Agent.tier,
        Agent.score_tenths,
        sa.func.coalesce(Agent.idle_since, Agent.created_at),
        sa.func.coalesce(held.c.load, 0),
        AgentSkill.queue,
        AgentSkill.senior_at.is_not(None),
    )
    rows = rows.join(AgentSkill, AgentSkill.agent_id == Agent.id).outerjoin(held, held.c.owner_id == Agent.id)
    rows = rows.where(
        Agent.presence == "online",
        Agent.stage.in_(WORKING),
        Agent.last_seen_at >= now - seconds(numbers, "reach_grace_s"),
        sa.func.coalesce(held.c.answering, 0) == 0,
        sa.not_(offered.exists()),
        sa.not_(refused.exists()),
    )
    if queue is not None:
        rows = rows.where(AgentSkill.queue == queue)
    found: dict[str, Idle] = {}
    skills: dict[str, dict[str, bool]] = {}
    for id, tier, score, idle_since, load, slug, senior in session.execute(rows):
        if load >= limit(numbers, tier):
            continue
        skills.setdefault(id, {})[slug] = bool(senior)
        if id not in found:
            found[id] = Idle(id, tier, skills[id], load, score, idle_since)
    return list(found.values())


def asking(
    session: Session, queues: Collection[str], numbers: Mapping[str, int], now: dt.datetime
) -> list[Asking]:
    """Of these queues, what has waited long enough and is offered to nobody now, in the order of the feed.

    Three statements; each queue is read along its own index.
    """
    easy = dict(session.execute(sa.select(Queue.slug, Queue.easy)).all())
    parts = [sa.select(_long_enough(slug, numbers, now).subquery()) for slug in sorted(queues)]
    if not parts:
        return []
    rows = session.execute(sa.union_all(*parts)).all()
    rows = sorted(rows, key=lambda row: (-row.priority, row.queued_at, row.id))[:MOST]
    passed = _passed(session, [row.open_turn_id for row in rows])
    return [
        Asking(_waiting(row, bool(easy.get(row.queue))), frozenset(passed.get(row.open_turn_id, ())))
        for row in rows
    ]


def _long_enough(queue: str, numbers: Mapping[str, int], now: dt.datetime) -> sa.Select[*tuple[Any, ...]]:
    offered = sa.select(Offer.id).where(Offer.inquiry_id == Inquiry.id, Offer.state == LIVE)
    return (
        sa.select(
            Inquiry.id,
            Inquiry.queue,
            Inquiry.priority,
            Inquiry.open_turn_id,
            Inquiry.queued_at,
            Inquiry.entered_at,
            Inquiry.bucket,
        )
        .where(
            Inquiry.queue == queue,
            Inquiry.state == OPEN,
            Inquiry.queued_at <= now - seconds(numbers, "offer_after_s"),
            sa.or_(Inquiry.reserved_until.is_(None), Inquiry.reserved_until <= now),
            sa.not_(offered.exists()),
        )
        .order_by(Inquiry.priority.desc(), Inquiry.queued_at, Inquiry.id)
        .limit(MOST)
    )


def _waiting(row: sa.Row[*tuple[Any, ...]], easy: bool) -> Waiting:
    return Waiting(
        inquiry_id=row.id,
        queue=row.queue,
        queue_is_easy=easy,
        state="open",
        owner_id=None,
        queued_at=row.queued_at,
        entered_at=row.entered_at,
        bucket=row.bucket,
        emergency=row.priority >= EMERGENCY,
    )


def _passed(session: Session, turn_ids: Sequence[str]) -> dict[str, set[str]]:
    """Who held each of these turns, handed it on, or was offered it, before."""
    passed: dict[str, set[str]] = {}
    held = sa.select(TurnQuote.turn_id, TurnQuote.agent_id).where(TurnQuote.turn_id.in_(turn_ids))
    offered = sa.select(Offer.turn_id, Offer.agent_id).where(Offer.turn_id.in_(turn_ids))
    gone = sa.select(Escalation.turn_id, Escalation.agent_id).where(Escalation.turn_id.in_(turn_ids))
    for turn_id, agent_id in session.execute(sa.union_all(held, offered, gone)):
        passed.setdefault(turn_id, set()).add(agent_id)
    return passed


def is_answering(agent_id: sa.ColumnElement[str] | InstrumentedAttribute[str]) -> sa.ColumnElement[bool]:
    """Whether a customer waits for this agent's answer: an offer never comes between the two."""
    held = aliased(Inquiry)
    return (
        sa.select(held.id)
        .where(held.owner_id == agent_id, held.state == CLAIMED, held.open_turn_id.is_not(None))
        .exists()
    )


def live(session: Session, agent_id: str, now: dt.datetime) -> Offer | None:
    """The offer that the agent may answer at this instant. One statement."""
    query = (
        sa.select(Offer)
        .join(Inquiry, Inquiry.id == Offer.inquiry_id)
        .where(
            Offer.agent_id == agent_id,
            Offer.state == LIVE,
            Offer.expires_at >= now,
            Inquiry.state == OPEN,
            Inquiry.open_turn_id == Offer.turn_id,
            ~is_answering(Offer.agent_id),
        )
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).one_or_none()


def own(session: Session, offer_id: str, agent_id: str) -> Offer:
    """The agent's own offer as it is now; another's does not exist."""
    offer = session.get(Offer, offer_id, populate_existing=True) if is_id(offer_id) else None
    if offer is None or offer.agent_id != agent_id:
        raise NotFound
    return offer


def recent(session: Session, agent_id: str) -> Sequence[sa.Row[Offer, Inquiry]]:
    """The agent's latest offers, the newest first, each with its inquiry."""
    query = (
        sa.select(Offer, Inquiry)
        .join(Inquiry, Inquiry.id == Offer.inquiry_id)
        .where(Offer.agent_id == agent_id)
        .order_by(Offer.made_at.desc(), Offer.id.desc())
        .limit(RECENT)
        .execution_options(populate_existing=True)
    )
    return session.execute(query).all()


def refused_since(session: Session, agent_id: str, since: dt.datetime) -> bool:
    """Whether the agent refused an offer after the instant."""
    query = sa.select(Offer.id).where(
        Offer.agent_id == agent_id,
        Offer.state == "refused",
        Offer.made_at > since - A_DAY,
        Offer.ended_at > since,
    )
    return session.execute(query.limit(1)).first() is not None


def asked_before(session: Session, offer: Offer) -> int:
    """How many were offered this turn before."""
    query = sa.select(sa.func.count()).where(Offer.turn_id == offer.turn_id, Offer.made_at < offer.made_at)
    return session.execute(query).scalar_one()


def free_refusals_left(
    session: Session, agent_id: str, numbers: Mapping[str, int], zone: str, now: dt.datetime
) -> int:
    """How many offers of this business day the agent may still refuse without any effect."""
    calendar = business_zone(zone)
    since, _ = calendar.day_bounds(calendar.day_of(now))
    used = sa.select(sa.func.count()).where(
        Offer.agent_id == agent_id, Offer.made_at >= since, Offer.free.is_(True)
    )
    return max(0, numbers["free_refusals_a_day"] - session.execute(used).scalar_one())
