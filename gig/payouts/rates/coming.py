"""What the next rate card will change for one agent: read from the scheduled card itself, so that a card
that is withdrawn says nothing any more."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.identity.models import Agent, AgentSkill
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.queries import card, card_in_force
from gig.payouts.rates.rules.comparison import Difference, differences
from gig.payouts.rates.rules.concerns import concerning
from gig.payouts.rates.rules.cuts import cuts


@dataclass(frozen=True)
class Coming:
    """A card that will hold from `at`: what it pays this agent less, and all that it changes for them."""

    name: str
    at: dt.datetime
    lower: list[Difference]
    changes: list[Difference]


def coming(session: Session, agent_id: str, *, now: dt.datetime) -> Coming | None:
    """The next scheduled card, if it changes anything for the agent. One statement when there is none."""
    scheduled = (
        sa.select(RateCardVersion.id)
        .where(RateCardVersion.state == "published", RateCardVersion.valid_from > now)
        .order_by(RateCardVersion.valid_from)
        .limit(1)
    )
    agent = session.get(Agent, agent_id)
    if agent is None or (id := session.scalar(scheduled)) is None:
        return None
    after, before = card(session, id), card_in_force(session, now)[1]
    queues = set(session.scalars(sa.select(AgentSkill.queue).where(AgentSkill.agent_id == agent_id)))
    changes = concerning(differences(before, after), tier=agent.tier, queues=queues)
    lower = concerning(cuts(before, after), tier=agent.tier, queues=queues)
    return Coming(after.name, after.valid_from, lower, changes) if changes else None
