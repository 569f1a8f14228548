"""The one write that decides who gets an inquiry; its conditions also say what may be claimed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from gig.core.db import Instant, table_of
from gig.core.prepared import Prepared
from gig.dispatch.models import Inquiry
from gig.dispatch.queries import emergencies
from gig.dispatch.queries.escalations import not_handed_on
from gig.dispatch.values import OPEN, head_start, limit, seconds
from gig.identity.models import Agent, AgentSkill
from gig.identity.values import WORKING

Found = Any
"""The agent, the inquiry and its version, as they were read."""


def visible(
    agent_id: str, tier: str, numbers: Any, now: dt.datetime, easy: sa.ColumnElement[bool]
) -> sa.ColumnElement[bool]:
    """Which open inquiries an agent of this tier may see and claim at this instant."""
    return _seen(
        agent=agent_id,
        now=now,
        opened_by=now - head_start(numbers, tier),
        share=numbers["trainee_share_percent"],
        first_since=now - seconds(numbers, "trainee_window_s"),
        easy=easy,
        trainee=tier == "trainee",
    )


def seeing(agent_id: str, tier: str, numbers: Any, now: dt.datetime) -> dict[str, Any]:
    """The values of `seen_by_any` for an agent of this tier at this instant."""
    found = {"agent": agent_id, "at": now, "opened_by": now - head_start(numbers, tier)}
    if tier != "trainee":
        found["share"] = numbers["trainee_share_percent"]
        found["first_since"] = now - seconds(numbers, "trainee_window_s")
    return found


def seen_by_any(easy: sa.ColumnElement[bool], *, trainee: bool) -> sa.ColumnElement[bool]:
    """What `visible` says, over parameters of a statement that is built once."""
    return _seen(
        agent=sa.bindparam("agent"),
        now=sa.bindparam("at", type_=Instant()),
        opened_by=sa.bindparam("opened_by", type_=Instant()),
        share=sa.bindparam("share", type_=sa.Integer()),
        first_since=sa.bindparam("first_since", type_=Instant()),
        easy=easy,
        trainee=trainee,
    )


def _seen(
    *, agent: Any, now: Any, opened_by: Any, share: Any, first_since: Any, easy: Any, trainee: bool
) -> sa.ColumnElement[bool]:
    """The condition, over values or over parameters of a statement that is built once."""
    reserved = sa.and_(Inquiry.reserved_until.is_not(None), Inquiry.reserved_until > now)
    ours = sa.and_(reserved, Inquiry.reserved_for == agent)
    open_to_all = [sa.not_(reserved), Inquiry.entered_at <= opened_by]
    if not trainee:
        trainees_first = sa.and_(easy, Inquiry.bucket < share, Inquiry.queued_at > first_since)
        open_to_all.append(sa.not_(trainees_first))
    everyone = sa.or_(ours, sa.and_(*open_to_all))
    return sa.and_(everyone, not_handed_on(agent), emergencies.reach(agent))


def taking(
    found: Found, agent_id: str, expires_at: dt.datetime, numbers: Any, now: dt.datetime
) -> tuple[Prepared, dict[str, Any]]:
    """The write that decides, with its values: whether the inquiry is the agent's now."""
    trainee = found.tier == "trainee"
    asked = {
        **seeing(agent_id, found.tier, numbers, now),
        "inquiry": found.id,
        "turn": found.open_turn_id,
        "version": found.version,
        "agents_tier": found.tier,
        "most": limit(numbers, found.tier),
        "ends": expires_at,
    }
    if not trainee:
        asked["easy"] = bool(found.easy)
    return _TAKE[trainee], asked


def _deciding(*, trainee: bool) -> sa.Update:
    """All conditions of RULES §3.2 stand in this one write."""
    inquiry = table_of(Inquiry)
    other = inquiry.alias()
    agent: sa.BindParameter[str] = sa.bindparam("agent")
    at = sa.bindparam("at", type_=Instant())
    # What has an owner is claimed (a CHECK says so). Naming the state as well lets PostgreSQL count through
    # everybody's claims, as long as its statistics are from an hour with few.
    held = sa.select(sa.func.count()).select_from(other).where(other.c.owner_id == agent).scalar_subquery()
    # Asked of the agent's own row and as a value: by no other index can the planner think to find it faster.
    able = (
        sa.select(
            sa.and_(
                sa.or_(*(Agent.stage == stage for stage in WORKING)),
                Agent.presence == "online",
                Agent.tier == sa.bindparam("agents_tier"),
            )
        )
        .where(Agent.id == agent)
        .scalar_subquery()
    )
    skilled = (
        sa.select(AgentSkill.agent_id)
        .where(AgentSkill.agent_id == agent, AgentSkill.queue == inquiry.c.queue)
        .exists()
    )
    seen = seen_by_any(sa.bindparam("easy", type_=sa.Boolean()), trainee=trainee)
    return (
        sa.update(inquiry)
        .where(
            inquiry.c.id == sa.bindparam("inquiry"),
            inquiry.c.open_turn_id == sa.bindparam("turn"),
            inquiry.c.version == sa.bindparam("version", type_=sa.Integer()),
            inquiry.c.state == OPEN,
            seen,
            able,
            skilled,
            held < sa.bindparam("most", type_=sa.Integer()),
        )
        .values(
            state="claimed",
            owner_id=agent,
            last_owner_id=agent,
            claimed_at=at,
            expires_at=sa.bindparam("ends", type_=Instant()),
            due_at=None,
            reserved_for=None,
            reserved_until=None,
            version=inquiry.c.version + 1,
        )
    )


_TAKE = {trainee: Prepared(_deciding(trainee=trainee)) for trainee in (True, False)}
