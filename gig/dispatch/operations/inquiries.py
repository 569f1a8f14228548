"""Inquiries in, the customer's further words, and the customer's leaving."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import outbox, tunables
from gig.core.db import made, transaction
from gig.core.errors import NotFound, Refused
from gig.core.ids import new_id
from gig.core.text import N_
from gig.dispatch.models import Inquiry, InquiryAlias, Message, Turn, TurnQuote
from gig.dispatch.operations import arrivals, words
from gig.dispatch.rules.eligibility import bucket_of
from gig.dispatch.values import RECONTACT_WINDOW, seconds


@dataclass(frozen=True)
class NewInquiry:
    """What a channel hands in. `order` may hold `external_id`, `kind` and details for the agent."""

    external_id: str
    queue: str
    issue_type: str
    text: str
    side: str = "customer"
    priority: int = 0
    customer_key: str | None = None
    customer_name: str | None = None
    order: Mapping[str, Any] = field(default_factory=dict)
    arrived_at: dt.datetime | None = None


@dataclass(frozen=True)
class Received:
    """Where the words went: `created` is False for a retry and for a re-contact.

    `thread` is there when it was created: the inquiry, its message and its turn, as they were written.
    """

    inquiry_id: str
    created: bool
    thread: arrivals.Written | None = None


def receive_inquiry(*, channel_id: str, new: NewInquiry, now: dt.datetime) -> Received:
    """The inquiry is in the feed, once, however often the channel hands it in.

    A customer who asks again about the same order within 24 h of the resolution joins the old inquiry.
    """
    with transaction() as session:
        seen = arrivals.look(session, channel_id, new.external_id, new.queue)
        found = seen.known
        if found is None and new.customer_key and new.order.get("external_id"):
            old = _recontacted(session, channel_id, new, now)
            seen = arrivals.look(session, channel_id, new.external_id, new.queue)
            found = seen.known  # one we waited for may have handed it in just now
            if old is not None and found is None:
                session.add(
                    InquiryAlias(channel_id=channel_id, external_id=new.external_id, inquiry_id=old.id)
                )
                session.flush()
                words.take(session, old, message_row(old.id, new.text, None, now), now)
                found = old.id
        entered = None if found else _enter(session, seen, channel_id, new, now)
        if entered is not None:
            made(session, inquiry_id=entered[0].id, created="1")
            return Received(entered[0].id, created=True, thread=entered)
        inquiry_id = found or arrivals.look(session, channel_id, new.external_id, new.queue).known
        if inquiry_id is None:
            raise RuntimeError("an inquiry that is there cannot be read")
        made(session, inquiry_id=inquiry_id)
        return Received(inquiry_id, created=False)


def _enter(
    session: Session, seen: arrivals.Seen, channel_id: str, new: NewInquiry, now: dt.datetime
) -> arrivals.Written | None:
    """The new inquiry, as it was written; None if another request handed it in meanwhile."""
    id, turn_id = new_id(), new_id()
    row = inquiry_row(id, turn_id, channel_id, new, abandon_at(session, now, seen.revision), now)
    message = {**message_row(id, new.text, None, now), "turn_id": turn_id}
    return arrivals.enter(session, seen, row, first_turn_row(id, turn_id, now), message, now)


def abandon_at(session: Session, now: dt.datetime, revision: int | None = None) -> dt.datetime:
    """When an inquiry that enters the feed now is given up, if nobody claims it."""
    return now + seconds(tunables.values(session, revision), "abandon_after_s")


def inquiry_row(
    id: str, turn_id: str, channel_id: str, new: NewInquiry, due_at: dt.datetime, now: dt.datetime
) -> dict[str, Any]:
    """The columns of an inquiry that enters the feed now."""
    order = dict(new.order)
    return {
        "id": id,
        "channel_id": channel_id,
        "external_id": new.external_id,
        "queue": new.queue,
        "issue_type": new.issue_type,
        "side": new.side,
        "priority": new.priority,
        "order_kind": order.get("kind"),
        "order_key": order.get("external_id"),
        "order_detail": json.dumps(order, ensure_ascii=False) if order else None,
        "customer_key": new.customer_key,
        "customer_name": new.customer_name,
        "state": "open",
        "open_turn_id": turn_id,
        "length": len(new.text),
        "bucket": bucket_of(id),
        "arrived_at": new.arrived_at or now,
        "queued_at": now,
        "entered_at": now,
        "due_at": due_at,
    }


def first_turn_row(inquiry_id: str, turn_id: str, now: dt.datetime) -> dict[str, Any]:
    return {"id": turn_id, "inquiry_id": inquiry_id, "number": 1, "state": "open", "asked_at": now}


def _recontacted(session: Session, channel_id: str, new: NewInquiry, now: dt.datetime) -> Inquiry | None:
    """The inquiry of the same customer and order that was resolved within 24 h, come back or not."""
    return session.execute(
        sa.select(Inquiry)
        .where(
            Inquiry.channel_id == channel_id,
            Inquiry.customer_key == new.customer_key,
            Inquiry.order_key == new.order["external_id"],
            Inquiry.state.in_(("resolved", "open", "claimed")),
            Inquiry.resolved_at > now - RECONTACT_WINDOW,
        )
        .order_by(Inquiry.resolved_at.desc())
        .limit(1)
        .with_for_update()
    ).scalar_one_or_none()


def add_customer_message(
    *,
    channel_id: str,
    inquiry_id: str,
    external_id: str,
    text: str,
    now: dt.datetime,
    photo_blob_id: str | None = None,
) -> str:
    """The customer's words are in the thread once; returns the message's id.

    An open turn takes them and moves no clock; without one they open the next turn, whose clock starts
    for the owner at once. A resolved inquiry comes back within 24 h; later it is `closed`.
    """
    with transaction() as session:
        inquiry = _own(session, channel_id, inquiry_id)
        known = session.execute(
            sa.select(Message.id).where(Message.inquiry_id == inquiry_id, Message.external_id == external_id)
        ).scalar()
        if known:
            made(session, message_id=known)
            return known
        message = message_row(inquiry_id, text, external_id, now)
        if photo_blob_id:
            message["photo_blob_id"] = photo_blob_id
        words.take(session, inquiry, message, now)
        return str(message["id"])


def withdraw(*, channel_id: str, inquiry_id: str, now: dt.datetime) -> None:
    """The customer or channel has taken the inquiry back: nobody can answer it, and nobody is blamed.

    Only before any reply; withdrawing again changes nothing.
    """
    with transaction() as session:
        inquiry = _own(session, channel_id, inquiry_id)
        if inquiry.state == "abandoned":
            return
        answered = sa.select(Message.id).where(Message.inquiry_id == inquiry_id, Message.author == "agent")
        if inquiry.state not in ("open", "claimed") or session.execute(answered.limit(1)).first():
            raise Refused("already-answered", N_("已经有回复，不能撤回。"))
        owner_id, turn_id = inquiry.owner_id, inquiry.open_turn_id
        session.execute(sa.update(Turn).where(Turn.id == turn_id).values(state="withdrawn"))
        if owner_id:
            session.execute(
                sa.update(TurnQuote)
                .where(TurnQuote.turn_id == turn_id, TurnQuote.agent_id == owner_id)
                .values(ended="withdrawn")
            )
        words.tell_owner(session, inquiry, "inquiry.withdrawn", {}, now)
        inquiry.state = "abandoned"
        inquiry.owner_id = inquiry.claimed_at = inquiry.open_turn_id = None
        inquiry.expires_at = inquiry.due_at = None
        inquiry.ended_at = now
        inquiry.version += 1
        session.flush()
        outbox.emit(session, f"queue:{inquiry.queue}", "feed.taken", {"inquiry_id": inquiry.id}, now=now)


def _own(session: Session, channel_id: str, inquiry_id: str) -> Inquiry:
    """The channel's own inquiry, locked; another's does not exist."""
    inquiry = session.execute(
        sa.select(Inquiry)
        .where(Inquiry.id == inquiry_id, Inquiry.channel_id == channel_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if inquiry is None:
        raise NotFound
    return inquiry


def message_row(inquiry_id: str, text: str, external_id: str | None, now: dt.datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "inquiry_id": inquiry_id,
        "author": "customer",
        "text": text,
        "external_id": external_id,
        "sent_at": now,
    }
