"""Why a claim met no row, said so that the agent knows what to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import NotFound, Refused
from gig.core.text import N_
from gig.dispatch.models import Inquiry, Queue, TurnQuote
from gig.dispatch.queries.escalations import has_handed_on
from gig.dispatch.rules.eligibility import Claimer, Policy, Waiting, refusal
from gig.dispatch.values import EMERGENCY
from gig.identity.models import Agent, AgentSkill
from gig.identity.operations.presence import until_words
from gig.identity.values import TIERS


def why_not(
    session: Session, inquiry_id: str, agent_id: str, numbers: Mapping[str, int], now: dt.datetime
) -> Refused:
    """The refusal that the rules give; when they now give none, the state changed between the two."""
    inquiry = session.get(Inquiry, inquiry_id, populate_existing=True)
    agent = session.get(Agent, agent_id, populate_existing=True)
    if inquiry is None or agent is None:
        raise NotFound
    found = refusal(
        claimer(session, agent, now), waiting(session, inquiry, agent_id), policy(numbers), now=now
    )
    return found or Refused("not-eligible", N_("情况刚刚变了，再试一次。"), reason="changed")


def policy(numbers: Mapping[str, int]) -> Policy:
    return Policy(
        limits={tier: numbers[f"limit_{tier}"] for tier in TIERS},
        head_start_s={tier: numbers[f"head_start_{tier}_s"] for tier in TIERS},
        trainee_share_percent=numbers["trainee_share_percent"],
        trainee_window_s=numbers["trainee_window_s"],
        former_owner_s=numbers["reserve_s"],
    )


def claimer(session: Session, agent: Agent, now: dt.datetime) -> Claimer:
    skills = session.execute(
        sa.select(AgentSkill.queue, AgentSkill.senior_at).where(AgentSkill.agent_id == agent.id)
    ).all()
    owned = sa.select(sa.func.count()).where(Inquiry.owner_id == agent.id, Inquiry.state == "claimed")
    return Claimer(
        agent_id=agent.id,
        stage=agent.stage,
        presence=agent.presence,
        tier=agent.tier,
        skills=frozenset(queue for queue, _since in skills),
        owned=session.execute(owned).scalar_one(),
        senior=frozenset(queue for queue, since in skills if since is not None),
        resting=until_words(agent.rest_until, now) if agent.rest_until and agent.rest_until > now else "",
    )


def waiting(session: Session, inquiry: Inquiry, agent_id: str) -> Waiting:
    kept = session.execute(
        sa.select(TurnQuote.expires_at).where(
            TurnQuote.turn_id == inquiry.open_turn_id, TurnQuote.agent_id == agent_id
        )
    ).scalar_one_or_none()
    return Waiting(
        inquiry_id=inquiry.id,
        queue=inquiry.queue,
        queue_is_easy=session.get_one(Queue, inquiry.queue).easy,
        state=inquiry.state,
        owner_id=inquiry.owner_id,
        queued_at=inquiry.queued_at,
        entered_at=inquiry.entered_at,
        bucket=inquiry.bucket,
        reserved_for=inquiry.reserved_for,
        reserved_until=inquiry.reserved_until,
        kept_until=kept,
        handed_on=has_handed_on(session, inquiry, agent_id),
        emergency=inquiry.priority >= EMERGENCY,
    )
