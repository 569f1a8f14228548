"""Who could take an inquiry right now, the best one first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from gig.dispatch.escalation_models import Escalation
from gig.dispatch.models import Inquiry, TurnQuote
from gig.dispatch.values import CLAIMED, EMERGENCY, limit
from gig.identity.models import Agent, AgentSkill, Person
from gig.identity.values import TIERS, WORKING

MOST = 12


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent who is online, holds the skill, has room, time left on the turn, and has not handed it on."""

    agent_id: str
    name: str
    tier: str
    score_tenths: int
    holds: int
    most: int


def candidates(
    session: Session, inquiry: Inquiry, numbers: Mapping[str, int], now: dt.datetime
) -> list[Candidate]:
    """Ranked by the fewest in hand, then the best score, then who joined first. One statement.

    The present owner is none of them. Read along the agents who are online, not along a queue's skills.
    """
    other = aliased(Inquiry)
    holds = (
        sa.select(sa.func.count())
        .where(other.owner_id == Agent.id, other.state == CLAIMED)
        .correlate(Agent)
        .scalar_subquery()
    )
    most = sa.case(*((Agent.tier == tier, limit(numbers, tier)) for tier in TIERS), else_=0)
    spent = sa.select(TurnQuote.turn_id).where(
        TurnQuote.turn_id == inquiry.open_turn_id, TurnQuote.agent_id == Agent.id, TurnQuote.expires_at < now
    )
    handed_on = sa.select(Escalation.id).where(
        Escalation.inquiry_id == inquiry.id, Escalation.agent_id == Agent.id
    )
    able = (
        sa.select(
            Agent.id, Person.name, Agent.tier, Agent.score_tenths, holds.label("holds"), most.label("most")
        )
        .join(AgentSkill, sa.and_(AgentSkill.agent_id == Agent.id, AgentSkill.queue == inquiry.queue))
        .join(Person, Person.id == Agent.id)
        .where(
            Agent.presence == "online",
            Agent.stage.in_(WORKING),
            Agent.id != (inquiry.owner_id or ""),
            ~spent.exists(),
            ~handed_on.exists(),
            AgentSkill.senior_at.is_not(None) if inquiry.priority >= EMERGENCY else sa.true(),
        )
        .subquery()
        .c
    )
    rows = session.execute(
        sa.select(able.id, able.name, able.tier, able.score_tenths, able.holds, able.most)
        .where(able.holds < able.most)
        .order_by(able.holds, able.score_tenths.desc(), able.id)
        .limit(MOST)
    )
    return [Candidate(*row) for row in rows]
