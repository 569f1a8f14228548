"""The emergency lane: whom it reaches, and what waits in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.dispatch.models import Inquiry
from gig.dispatch.values import EMERGENCY, OPEN
from gig.identity.models import Agent, AgentSkill
from gig.identity.values import WORKING

LISTED = 50
WAITING = (Inquiry.state == OPEN, Inquiry.priority == sa.literal_column(str(EMERGENCY), sa.Integer()))
"""Worded as the index of emergencies is, so that reading it costs nothing while there are none."""


def reach(agent: Any) -> sa.ColumnElement[bool]:
    """An inquiry that is no emergency, or one of a queue for which the agent has the senior skill."""
    senior = sa.select(AgentSkill.agent_id).where(
        AgentSkill.agent_id == agent,
        AgentSkill.queue == Inquiry.queue,
        AgentSkill.senior_at.is_not(None),
    )
    return sa.or_(Inquiry.priority < EMERGENCY, senior.correlate(Inquiry).exists())


@dataclass(frozen=True, slots=True)
class Waits:
    """An emergency that nobody has claimed, and how many agents who are online could."""

    inquiry: Inquiry
    seniors_online: int


def unclaimed(session: Session) -> Sequence[Waits]:
    """The oldest first."""
    seniors = (
        sa.select(AgentSkill.queue, sa.func.count().label("n"))
        .join(Agent, Agent.id == AgentSkill.agent_id)
        .where(AgentSkill.senior_at.is_not(None), Agent.presence == "online", Agent.stage.in_(WORKING))
        .group_by(AgentSkill.queue)
        .subquery()
    )
    rows = session.execute(
        sa.select(Inquiry, sa.func.coalesce(seniors.c.n, 0))
        .outerjoin(seniors, seniors.c.queue == Inquiry.queue)
        .where(*WAITING)
        .order_by(Inquiry.queued_at, Inquiry.id)
        .limit(LISTED)
        .execution_options(populate_existing=True)
    )
    return [Waits(inquiry, number) for inquiry, number in rows]


def count(session: Session) -> tuple[int, dt.datetime | None]:
    """How many wait, and since when the oldest."""
    query = sa.select(sa.func.count(), sa.func.min(Inquiry.queued_at)).where(*WAITING)
    number, since = session.execute(query).one()
    return number, since
