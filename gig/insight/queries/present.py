"""How things stand at this instant, along the partial indexes of what is open and claimed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.masks import mask_name
from gig.dispatch.models import Draft, Inquiry, Queue, TurnQuote
from gig.dispatch.values import CLAIMED, OPEN
from gig.identity.models import Agent, AgentSkill, Person
from gig.identity.values import WORKING
from gig.payouts.rates import queries as rates
from gig.payouts.surges.models import Surge

COUNT_UP_TO = 1000
RISKS = 500
SOON = dt.timedelta(seconds=15)
TYPING = dt.timedelta(seconds=10)
HEADS = 2
LONG_WAIT = dt.timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Uplift:
    """A surge that nobody has ended and whose time is not over."""

    id: str
    queue: str
    percent: int
    until: dt.datetime
    promised_fen: int
    budget_fen: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Of one queue: how many wait (counted up to 1000) and since when the first of those did."""

    count: int = 0
    oldest: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Risk:
    """A customer who waits for an answer, or (without an owner) for anyone at all."""

    inquiry_id: str
    queue: str
    issue_type: str
    customer: str
    owner: str | None
    tier: str | None
    started_at: dt.datetime
    deadline_at: dt.datetime | None
    typing: bool

    def seconds_left(self, now: dt.datetime) -> int:
        """Whole seconds up to the deadline, rounded up; negative when it has passed."""
        return 0 if self.deadline_at is None else -int((now - self.deadline_at) // dt.timedelta(seconds=1))


@dataclass(frozen=True, slots=True)
class Staff:
    """Agents who are online (`busy` of them hold something) and away."""

    online: int = 0
    busy: int = 0
    away: int = 0


def queues(session: Session, now: dt.datetime) -> tuple[list[str], list[Uplift]]:
    """The queues in use, and the surges on them. One statement over a short table."""
    rows = session.execute(
        sa.select(Queue.slug, Surge.id, Surge.percent, Surge.ends_at, Surge.promised_fen, Surge.budget_fen)
        .outerjoin(Surge, sa.and_(Surge.queue == Queue.slug, Surge.ended_at.is_(None), Surge.ends_at > now))
        .where(Queue.retired_at.is_(None))
        .order_by(Queue.slug)
    ).all()
    found = [
        Uplift(id, slug, percent, until, promised, budget)
        for slug, id, percent, until, promised, budget in rows
        if id
    ]
    return [row[0] for row in rows], found


def waiting(session: Session, slugs: Sequence[str]) -> dict[str, Waiting]:
    """One statement; of each queue it reads no more than the first thousand."""
    if not slugs:
        return {}
    parts = []
    for slug in slugs:
        first = (
            sa.select(Inquiry.queued_at)
            .where(Inquiry.queue == slug, Inquiry.state == OPEN)
            .order_by(Inquiry.priority.desc(), Inquiry.queued_at, Inquiry.id)
            .limit(COUNT_UP_TO)
            .subquery()
        )
        parts.append(
            sa.select(sa.literal(slug).label("queue"), sa.func.count(), sa.func.min(first.c.queued_at))
        )
    rows = session.execute(sa.union_all(*parts))
    return {slug: Waiting(count, oldest) for slug, count, oldest in rows}


def running_out(session: Session, now: dt.datetime) -> list[Risk]:
    """Claimed and unanswered, past their deadline or less than a quarter of a minute from it.

    The most urgent first, at most 500. Two statements: the card in force says how far before its expiry a
    claim has its deadline, so that the index on expiries finds them.
    """
    card = rates.card_in_force(session, now)[1]
    ahead = dt.timedelta(seconds=card.claim_expires_s - card.reply_within_s) + SOON
    rows = session.execute(
        sa.select(
            Inquiry.id,
            Inquiry.queue,
            Inquiry.issue_type,
            Inquiry.customer_name,
            Person.name,
            Agent.tier,
            TurnQuote.clock_started_at,
            TurnQuote.deadline_at,
            Draft.saved_at,
        )
        .join(
            TurnQuote,
            sa.and_(TurnQuote.turn_id == Inquiry.open_turn_id, TurnQuote.agent_id == Inquiry.owner_id),
        )
        .join(Agent, Agent.id == Inquiry.owner_id)
        .join(Person, Person.id == Inquiry.owner_id)
        .outerjoin(Draft, sa.and_(Draft.inquiry_id == Inquiry.id, Draft.agent_id == Inquiry.owner_id))
        .where(Inquiry.expires_at.is_not(None), Inquiry.expires_at <= now + ahead, Inquiry.state == CLAIMED)
        .order_by(Inquiry.expires_at, Inquiry.id)
        .limit(RISKS)
    )
    found = [
        Risk(id, queue, kind, mask_name(name or ""), owner, tier, started, deadline, _recent(saved, now))
        for id, queue, kind, name, owner, tier, started, deadline, saved in rows
        if deadline <= now + SOON
    ]
    return sorted(found, key=lambda each: (each.started_at, each.inquiry_id))


def _recent(saved_at: dt.datetime | None, now: dt.datetime) -> bool:
    return saved_at is not None and saved_at > now - TYPING


def unclaimed(session: Session, slugs: Sequence[str], now: dt.datetime) -> list[Risk]:
    """Those at the head of each queue that have waited for a minute and more. One statement."""
    if not slugs:
        return []
    heads = []
    for slug in slugs:
        head = (
            sa.select(Inquiry.id)
            .where(Inquiry.queue == slug, Inquiry.state == OPEN)
            .order_by(Inquiry.priority.desc(), Inquiry.queued_at, Inquiry.id)
            .limit(HEADS)
        )
        heads.append(sa.select(head.subquery().c.id))
    ids = sa.union_all(*heads).subquery()
    rows = session.execute(
        sa.select(Inquiry.id, Inquiry.queue, Inquiry.issue_type, Inquiry.customer_name, Inquiry.queued_at)
        .join(ids, ids.c.id == Inquiry.id)
        .where(Inquiry.queued_at <= now - LONG_WAIT)
        .order_by(Inquiry.queued_at)
    )
    return [
        Risk(id, queue, kind, mask_name(name or ""), None, None, queued_at, None, typing=False)
        for id, queue, kind, name, queued_at in rows
    ]


def staff(session: Session) -> tuple[Staff, dict[str, Staff]]:
    """All agents, and those of each queue's skill. Two statements along who is online or away."""
    busy = (
        sa.select(Inquiry.owner_id)
        .where(Inquiry.owner_id.is_not(None), Inquiry.state == CLAIMED)
        .distinct()
        .subquery()
    )
    here = sa.and_(Agent.presence.in_(("online", "away")), Agent.stage.in_(WORKING))
    counts = (Agent.presence, sa.func.count(), sa.func.count(busy.c.owner_id))
    all_ = (
        sa.select(sa.literal(""), *counts)
        .outerjoin(busy, busy.c.owner_id == Agent.id)
        .where(here)
        .group_by(Agent.presence)
    )
    of_queues = (
        sa.select(AgentSkill.queue, *counts)
        .join(AgentSkill, AgentSkill.agent_id == Agent.id)
        .outerjoin(busy, busy.c.owner_id == Agent.id)
        .where(here)
        .group_by(AgentSkill.queue, Agent.presence)
    )
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for statement in (all_, of_queues):
        for queue, presence, count, held in session.execute(statement):
            found.setdefault(queue, {})[presence] = (count, held)
    staffed = {
        queue: Staff(*by.get("online", (0, 0)), away=by.get("away", (0, 0))[0]) for queue, by in found.items()
    }
    return staffed.pop("", Staff()), staffed
