"""Claims that ran out, and everything else that time alone brings about."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import outbox, tunables
from gig.core.db import db, transaction
from gig.core.text import N_
from gig.dispatch.models import Inquiry, TurnQuote
from gig.dispatch.operations import emergencies
from gig.dispatch.operations.following import told
from gig.dispatch.operations.locks import free_agents, lock_agent
from gig.dispatch.queries.eligible import waits_in_vain
from gig.dispatch.values import RECONTACT_WINDOW, seconds
from gig.identity.models import Agent
from gig.identity.operations.presence import set_aside
from gig.scoring.operations.events import note_event

CHUNK = 200


def back_to_feed(
    session: Session, inquiry_id: str, *only_if: sa.ColumnElement[bool], ended: str, now: dt.datetime
) -> Inquiry | None:
    """The claimed inquiry is open again at its old place in the queue; None if it was not claimed.

    How the owner's hold ended is kept with their quote. A new entry to the feed starts the head starts
    anew. When nobody eligible is left, or the turn would pay nothing, ops is told.
    """
    inquiry = session.execute(
        sa.select(Inquiry)
        .where(
            Inquiry.id == inquiry_id,
            Inquiry.state == "claimed",
            Inquiry.open_turn_id.is_not(None),
            *only_if,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if inquiry is None:
        return None
    owner_id = inquiry.owner_id
    session.execute(
        sa.update(TurnQuote)
        .where(TurnQuote.turn_id == inquiry.open_turn_id, TurnQuote.agent_id == owner_id)
        .values(ended=ended)
    )
    numbers = tunables.values(session)
    inquiry.state = "open"
    inquiry.owner_id = inquiry.claimed_at = inquiry.expires_at = None
    inquiry.entered_at = now
    inquiry.due_at = now + seconds(numbers, "abandon_after_s")
    inquiry.version += 1
    session.flush()
    outbox.emit_all(
        session,
        [
            (f"queue:{inquiry.queue}", "feed.released", {"inquiry_id": inquiry.id, "queue": inquiry.queue}),
            (f"agent:{owner_id}", f"claim.{ended}", {"inquiry_id": inquiry.id}),
            *waits_in_vain(session, inquiry, now),
            *emergencies.ringing(inquiry.id, inquiry.queue, inquiry.priority),
            *told(inquiry.id, inquiry.followed),
        ],
        now=now,
    )
    return inquiry


def expire(session: Session, inquiry_id: str, *, now: dt.datetime, wait: bool = True) -> bool:
    """The owner missed the turn: it is in the feed again, unpaid, with one `missed` event.

    False if it had not expired or, without `wait`, if the owner is doing something at this instant.
    """
    owner_id = session.execute(
        sa.select(Inquiry.owner_id).where(
            Inquiry.id == inquiry_id, Inquiry.state == "claimed", Inquiry.expires_at < now
        )
    ).scalar_one_or_none()
    if owner_id is None:
        return False
    if not lock_agent(session, owner_id, wait=wait):
        return False
    still = (Inquiry.owner_id == owner_id, Inquiry.expires_at < now)
    inquiry = back_to_feed(session, inquiry_id, *still, ended="missed", now=now)
    if inquiry is None:
        return False
    note_event(
        session,
        agent_id=owner_id,
        kind="missed",
        source_key=f"missed:{inquiry.open_turn_id}:{owner_id}",
        at=now,
        turn_id=inquiry.open_turn_id,
        inquiry_id=inquiry_id,
    )
    _count_miss(session, owner_id, now)
    return True


def _count_miss(session: Session, agent_id: str, now: dt.datetime) -> None:
    """Two misses with no answered turn between set the agent away."""
    enough = tunables.values(session)["misses_to_away"]
    session.execute(
        sa.update(Agent).where(Agent.id == agent_id).values(misses_in_row=Agent.misses_in_row + 1)
    )
    set_aside(
        session,
        [agent_id],
        Agent.misses_in_row >= enough,
        state="away",
        reason=N_("连续两轮没有回复，已转为小休。准备好了再上线。"),
        now=now,
    )


def sweep_expired(*, now: dt.datetime, wait: dt.timedelta) -> int:
    """Every claim that expired at least `wait` ago is back in the feed; returns how many were."""
    due = (
        sa.select(Inquiry.id).where(Inquiry.expires_at < now - wait).order_by(Inquiry.expires_at).limit(CHUNK)
    )
    expired = 0
    for id in db.session.scalars(due).all():
        with transaction() as session:
            expired += expire(session, id, now=now)
    return expired


def sweep_due(*, now: dt.datetime) -> int:
    """What silence decides: unclaimed → abandoned, answered and quiet → resolved, resolved → closed."""
    from gig.dispatch.operations.resolution import settle_resolution

    moved = 0
    with transaction() as session:
        due = (
            sa.select(Inquiry)
            .where(Inquiry.state.in_(("open", "claimed", "resolved")), Inquiry.due_at <= now)
            .order_by(Inquiry.due_at)
            .limit(CHUNK)
            .with_for_update(skip_locked=True)
        )
        for inquiry in session.execute(due).scalars().all():
            moved += 1
            if inquiry.state == "open":
                _abandon(session, inquiry, now)
            elif inquiry.state == "claimed":
                settle_resolution(session, inquiry, now=now)
            else:
                inquiry.state = "closed"
                inquiry.ended_at = now
                inquiry.due_at = None
                inquiry.version += 1
                session.flush()
                outbox.emit_all(session, told(inquiry.id, inquiry.followed), now=now)
    return moved


def _abandon(session: Session, inquiry: Inquiry, now: dt.datetime) -> None:
    """Nobody claimed it in time; the turn is withdrawn and ops is told."""
    from gig.dispatch.models import Turn

    session.execute(sa.update(Turn).where(Turn.id == inquiry.open_turn_id).values(state="withdrawn"))
    inquiry.state = "abandoned"
    inquiry.open_turn_id = inquiry.due_at = None
    inquiry.ended_at = now
    inquiry.version += 1
    session.flush()
    outbox.emit_all(
        session,
        [
            (f"queue:{inquiry.queue}", "feed.taken", {"inquiry_id": inquiry.id}),
            ("ops", "inquiry.abandoned", {"inquiry_id": inquiry.id}),
            *told(inquiry.id, inquiry.followed),
        ],
        now=now,
    )


def sweep_idle(*, now: dt.datetime) -> int:
    """Agents without any sign of life for half an hour are offline; their claims stay theirs."""
    with transaction() as session:
        quiet = now - seconds(tunables.values(session), "idle_offline_s")
        return len(
            set_aside(
                session,
                free_agents(Agent.presence == "online", Agent.last_seen_at < quiet),
                state="offline",
                reason=N_("半小时没有动静，已转为离线。"),
                now=now,
                since_seen=True,
            )
        )


def next_closing(resolved_at: dt.datetime) -> dt.datetime:
    """When a resolved inquiry can no longer be reopened."""
    return resolved_at + RECONTACT_WINDOW
