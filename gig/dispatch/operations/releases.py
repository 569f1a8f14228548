"""Giving an inquiry back: by the agent, or for an agent who may no longer work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit, tunables
from gig.core.businesstime import business_zone
from gig.core.db import transaction
from gig.core.errors import NotFound, Refused
from gig.core.text import N_
from gig.dispatch.models import Inquiry, Release, TurnQuote
from gig.dispatch.operations.expiry import back_to_feed
from gig.dispatch.operations.locks import lock_agent
from gig.identity.operations import standing
from gig.scoring.operations.events import note_event


def release(*, inquiry_id: str, agent_id: str, reason: str, zone: str, now: dt.datetime) -> int:
    """The inquiry is back in the feed at its old place; returns how many free releases are left today.

    Only while the customer waits; beyond the day's free ones each is a score event. Releasing what is
    no longer the agent's changes nothing if they gave it back themselves.
    """
    with transaction() as session:
        lock_agent(session, agent_id)
        inquiry = session.get(Inquiry, inquiry_id, with_for_update=True, populate_existing=True)
        held = session.execute(
            sa.select(TurnQuote.ended)
            .where(TurnQuote.agent_id == agent_id, TurnQuote.inquiry_id == inquiry_id)
            .order_by(TurnQuote.turn_id.desc())
            .limit(1)
        ).first()
        if inquiry is None or held is None:
            raise NotFound
        if inquiry.owner_id != agent_id:
            if held.ended == "released":
                return free_left(session, agent_id, zone, now)
            raise Refused("not-yours", N_("这条咨询已经不在你手上了。"))
        if inquiry.open_turn_id is None:
            raise Refused("no-open-turn", N_("这一轮已经回复，直接点「已解决」就好。"))
        if inquiry.expires_at is not None and inquiry.expires_at < now:
            raise Refused("expired", N_("这一轮已超过时限，会自动退回抢单大厅。"))
        turn_id = inquiry.open_turn_id
        left = free_left(session, agent_id, zone, now)
        back_to_feed(session, inquiry_id, ended="released", now=now)
        session.add(
            Release(turn_id=turn_id, agent_id=agent_id, inquiry_id=inquiry_id, reason=reason, released_at=now)
        )
        session.flush()
        if left <= 0:
            note_event(
                session,
                agent_id=agent_id,
                kind="release_over",
                source_key=f"release:{turn_id}:{agent_id}:{now.isoformat()}",
                at=now,
                turn_id=turn_id,
                inquiry_id=inquiry_id,
            )
        return max(left - 1, 0)


def free_left(session: Session, agent_id: str, zone: str, now: dt.datetime) -> int:
    """How many releases of this business day cost nothing yet."""
    calendar = business_zone(zone)
    since, _ = calendar.day_bounds(calendar.day_of(now))
    used = sa.select(sa.func.count()).where(Release.agent_id == agent_id, Release.released_at >= since)
    return tunables.values(session)["free_releases_a_day"] - session.execute(used).scalar_one()


def return_claims(session: Session, agent_id: str, *, now: dt.datetime) -> int:
    """What a suspended agent holds goes back to the feed, or, once answered, is resolved."""
    from gig.dispatch.operations.resolution import settle_resolution

    held = (
        sa.select(Inquiry)
        .where(Inquiry.owner_id == agent_id, Inquiry.state == "claimed")
        .order_by(Inquiry.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    inquiries = session.execute(held).scalars().all()
    for inquiry in inquiries:
        if inquiry.open_turn_id:
            back_to_feed(session, inquiry.id, ended="returned", now=now)
        else:
            settle_resolution(session, inquiry, now=now)
    return len(inquiries)


def suspend(*, agent_id: str, actor_id: str, reason: str, now: dt.datetime) -> None:
    """The agent may not claim, and what they held is in the feed again; the reason is told to them."""
    _stop(standing.suspend_agent, agent_id, actor_id, reason, now)


def part_with(*, agent_id: str, actor_id: str, reason: str, now: dt.datetime) -> None:
    """The agent has left, and what they held is in the feed again; the reason is told to them."""
    _stop(standing.end_agent, agent_id, actor_id, reason, now)


def _stop(change: Callable[..., None], agent_id: str, actor_id: str, reason: str, now: dt.datetime) -> None:
    with transaction() as session:
        change(agent_id=agent_id, actor_id=actor_id, reason=reason, now=now)
        returned = return_claims(session, agent_id, now=now)
        audit.note(
            session,
            actor_id=actor_id,
            action="agent.claims_returned",
            object_type="agent",
            object_id=agent_id,
            reason=reason,
            detail={"returned": returned},
            now=now,
        )
