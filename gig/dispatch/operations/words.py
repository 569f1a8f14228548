"""What a customer's words do to an inquiry: they join the open turn, open the next, or bring it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import outbox, tunables
from gig.core.errors import Refused
from gig.core.ids import new_id
from gig.core.text import N_
from gig.dispatch.models import Inquiry, Message, Turn
from gig.dispatch.operations import clocks, emergencies
from gig.dispatch.values import EMERGENCY, RECONTACT_WINDOW, limit, seconds
from gig.identity.models import Agent, AgentSkill
from gig.identity.values import WORKING
from gig.scoring.operations.events import note_event


def take(session: Session, inquiry: Inquiry, message: dict[str, Any], now: dt.datetime) -> None:
    """The message is in the thread, on the turn that it belongs to; Refused when the inquiry is closed."""
    if inquiry.state == "resolved" and inquiry.resolved_at and now < inquiry.resolved_at + RECONTACT_WINDOW:
        _reopen(session, inquiry, message, now)
    elif inquiry.open_turn_id:
        session.execute(sa.insert(Message), {**message, "turn_id": inquiry.open_turn_id})
        inquiry.length += len(message["text"])
        inquiry.version += 1
        session.flush()
        tell_owner(session, inquiry, "message.new", {}, now)
    elif inquiry.state == "claimed":
        _next_turn(session, inquiry, message, now)
    else:
        raise Refused("closed", N_("这条咨询已结束，请新开一条。"))


def _next_turn(session: Session, inquiry: Inquiry, message: dict[str, Any], now: dt.datetime) -> None:
    """The owner's clock on a new turn runs from the customer's message."""
    turn_id = _open_turn(session, inquiry, message, now)
    quote = clocks.start(session, inquiry, turn_id, str(inquiry.owner_id), asked_at=now)
    inquiry.expires_at = quote.expires_at
    inquiry.due_at = None
    session.flush()
    detail = {"turn_id": turn_id, "deadline_at": quote.deadline_at.isoformat()}
    tell_owner(session, inquiry, "turn.open", detail, now)


def _reopen(session: Session, inquiry: Inquiry, message: dict[str, Any], now: dt.datetime) -> None:
    """Back in the feed as if new, first for the agent who had it, if they are there and free."""
    numbers = tunables.values(session)
    _open_turn(session, inquiry, message, now)
    former = inquiry.last_owner_id
    inquiry.state = "open"
    inquiry.queued_at = inquiry.entered_at = now
    inquiry.due_at = now + seconds(numbers, "abandon_after_s")
    inquiry.reserved_for = inquiry.reserved_until = None
    if former and _free(session, former, inquiry, numbers):
        inquiry.reserved_for = former
        inquiry.reserved_until = now + seconds(numbers, "reserve_s")
    if inquiry.resolved_by and inquiry.resolved_at:
        note_event(
            session,
            agent_id=inquiry.resolved_by,
            kind="returned",
            source_key=f"returned:{inquiry.id}:{inquiry.resolved_at.isoformat()}",
            at=now,
            inquiry_id=inquiry.id,
        )
    session.flush()
    events: list[outbox.Event] = [
        (f"queue:{inquiry.queue}", "feed.new", {"inquiry_id": inquiry.id, "queue": inquiry.queue}),
        *emergencies.ringing(inquiry.id, inquiry.queue, inquiry.priority),
    ]
    card = clocks.card_now(session, now)
    if inquiry.paid_replies >= card.max_paid_replies:
        events.append(("ops", "inquiry.unpaid", {"inquiry_id": inquiry.id}))
    outbox.emit_all(session, events, now=now)


def _free(session: Session, agent_id: str, inquiry: Inquiry, numbers: Mapping[str, int]) -> bool:
    """Online, working, skilled (for an emergency: senior), and below the limit."""
    agent = session.get_one(Agent, agent_id)
    skill = session.get(AgentSkill, (agent_id, inquiry.queue))
    held = sa.select(sa.func.count()).where(Inquiry.owner_id == agent_id, Inquiry.state == "claimed")
    return (
        agent.presence == "online"
        and agent.stage in WORKING
        and skill is not None
        and (skill.senior_at is not None or inquiry.priority < EMERGENCY)
        and session.execute(held).scalar_one() < limit(numbers, agent.tier)
    )


def _open_turn(session: Session, inquiry: Inquiry, message: dict[str, Any], now: dt.datetime) -> str:
    turn_id = new_id()
    number = inquiry.turns + 1
    session.execute(
        sa.insert(Turn),
        {"id": turn_id, "inquiry_id": inquiry.id, "number": number, "state": "open", "asked_at": now},
    )
    session.execute(sa.insert(Message), {**message, "turn_id": turn_id})
    inquiry.open_turn_id = turn_id
    inquiry.turns = number
    inquiry.length = len(message["text"])
    inquiry.version += 1
    return turn_id


def tell_owner(
    session: Session, inquiry: Inquiry, type: str, detail: dict[str, Any], now: dt.datetime
) -> None:
    """Whoever holds the inquiry, if anybody does, hears of it."""
    if inquiry.owner_id:
        payload = {"inquiry_id": inquiry.id, **detail}
        outbox.emit(session, f"agent:{inquiry.owner_id}", type, payload, now=now)
