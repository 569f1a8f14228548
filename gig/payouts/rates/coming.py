"""What the scheduled rate cards will change for one agent: read from the cards themselves, so that one that
is withdrawn says nothing any more."""

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

SHOWN = 3


@dataclass(frozen=True)
class Coming:
    """A card that will hold from `at`: what it pays this agent less, and all that it changes for them."""

    name: str
    at: dt.datetime
    lower: list[Difference]
    changes: list[Difference]


def coming(session: Session, agent_id: str, *, now: dt.datetime) -> list[Coming]:
    """The scheduled cards that change anything for the agent, each against the one before it, the next one
    first. Two statements when none is scheduled."""
    scheduled = (
        sa.select(RateCardVersion.id)
        .where(RateCardVersion.state == "published", RateCardVersion.valid_from > now)
        .order_by(RateCardVersion.valid_from)
        .limit(SHOWN)
    )
    agent, ids = session.get(Agent, agent_id), session.scalars(scheduled).all()
    if agent is None or not ids:
        return []
    queues = set(session.scalars(sa.select(AgentSkill.queue).where(AgentSkill.agent_id == agent_id)))
    before, found = card_in_force(session, now)[1], []
    for id in ids:
        after = card(session, id)
        changes = concerning(differences(before, after), tier=agent.tier, queues=queues)
        lower = concerning(cuts(before, after), tier=agent.tier, queues=queues)
        if changes:
            found.append(Coming(after.name, after.valid_from, lower, changes))
        before = after
    return found
