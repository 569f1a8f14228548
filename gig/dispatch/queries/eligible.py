"""Whether an inquiry in the feed has anybody to wait for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import outbox, tunables
from gig.dispatch.escalation_models import Escalation
from gig.dispatch.models import Inquiry, TurnQuote
from gig.dispatch.values import EMERGENCY, limit
from gig.identity.models import Agent, AgentSkill
from gig.identity.values import TIERS, WORKING
from gig.payouts.rates import queries as rates


def waits_in_vain(session: Session, inquiry: Inquiry, now: dt.datetime) -> list[outbox.Event]:
    """What ops must know of an open turn: that it pays nothing, or that nobody is left who may claim it."""
    events: list[outbox.Event] = []
    if inquiry.paid_replies >= rates.card_in_force(session, now)[1].max_paid_replies:
        events.append(("ops", "inquiry.unpaid", {"inquiry_id": inquiry.id}))
    if not anyone_left(session, inquiry, now):
        events.append(("ops", "inquiry.nobody-left", {"inquiry_id": inquiry.id}))
    return events


def anyone_left(session: Session, inquiry: Inquiry, now: dt.datetime) -> bool:
    """Somebody may still claim the inquiry, as the database has it now."""
    someone = someone_left(tunables.values(session), now)
    return session.execute(sa.select(Inquiry.id).where(Inquiry.id == inquiry.id, someone)).first() is not None


def someone_left(numbers: Mapping[str, int], now: dt.datetime) -> sa.ColumnElement[bool]:
    """For a query of `Inquiry`: some working agent has the skill, a tier that may claim, time left on
    the open turn, and has not handed the inquiry on themself.
    """
    spent = sa.select(TurnQuote.agent_id).where(
        TurnQuote.turn_id == Inquiry.open_turn_id,
        TurnQuote.agent_id == Agent.id,
        TurnQuote.expires_at < now,
    )
    gone = sa.select(Escalation.id).where(
        Escalation.inquiry_id == Inquiry.id, Escalation.agent_id == Agent.id
    )
    able = sa.select(Agent.id).join(AgentSkill, AgentSkill.agent_id == Agent.id)
    return (
        able.where(
            AgentSkill.queue == Inquiry.queue,
            may_claim(numbers),
            sa.not_(spent.correlate(Inquiry, Agent).exists()),
            sa.not_(gone.correlate(Inquiry, Agent).exists()),
            sa.or_(Inquiry.priority < EMERGENCY, AgentSkill.senior_at.is_not(None)),
        )
        .correlate(Inquiry)
        .exists()
    )


def may_claim(numbers: Mapping[str, int]) -> sa.ColumnElement[bool]:
    """The agent works, and their tier may hold an inquiry at all."""
    return sa.and_(Agent.stage.in_(WORKING), Agent.tier.in_([tier for tier in TIERS if limit(numbers, tier)]))
