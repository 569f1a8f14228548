"""Things that tests need, with stated defaults. Each is written to the database at once.

The defaults: an active bronze agent who is online and may serve every queue that `queue()` made, an
inquiry on the queue `refund`, asked by a customer of the channel `shop`.
"""

from __future__ import annotations

import datetime as dt
import itertools

import sqlalchemy as sa

from gig.core.crypto import keyring
from gig.core.db import transaction
from gig.core.ids import new_id
from gig.dispatch.models import Queue
from gig.dispatch.operations.inquiries import NewInquiry, receive_inquiry
from gig.identity.models import Agent, AgentSkill, Channel, Person

NOON = dt.datetime(2026, 11, 18, 5, 0, tzinfo=dt.UTC)
"""A Wednesday, 13:00 in Shanghai: no peak."""

DINNER = dt.datetime(2026, 11, 18, 10, 0, tzinfo=dt.UTC)
"""The same Wednesday, 18:00 in Shanghai: ×2.0."""

_numbers = itertools.count(1)


def queue(slug: str = "refund", *, easy: bool = False) -> str:
    """A queue; made once, it is left as it is."""
    with transaction() as session:
        if session.get(Queue, slug) is None:
            session.add(Queue(slug=slug, name=slug, name_en=slug, easy=easy))
            session.flush()
    return slug


def channel(name: str = "shop") -> str:
    with transaction() as session:
        found = session.scalar(sa.select(Channel.id).where(Channel.name == name))
        if found:
            return found
        made = Channel(id=new_id(), name=name, key_hash=f"{name:0>64}"[:64], created_at=NOON)
        session.add(made)
        session.flush()
        return made.id


def person(*, roles: str = "agent", name: str = "林可", password_hash: str | None = None) -> str:
    phone = f"+86138{next(_numbers):08d}"
    with transaction() as session:
        made = Person(
            id=new_id(),
            phone=phone,
            phone_index=keyring().index(phone, "person.phone"),
            name=name,
            roles=roles,
            password_hash=password_hash,
            created_at=NOON,
        )
        session.add(made)
        session.flush()
        return made.id


def agent(
    *,
    tier: str = "bronze",
    stage: str = "active",
    presence: str = "online",
    skills: tuple[str, ...] = ("refund",),
    seen_at: dt.datetime = NOON,
    name: str = "林可",
) -> str:
    id = person(name=name)
    with transaction() as session:
        for slug in skills:
            queue(slug)
        session.add(
            Agent(
                id=id,
                stage=stage,
                tier=tier,
                presence=presence,
                last_seen_at=seen_at,
                verified_at=None if stage == "applicant" else NOON,
                answered_turns=100,
                created_at=NOON,
            )
        )
        session.flush()
        for slug in skills:
            session.add(AgentSkill(agent_id=id, queue=slug, granted_at=NOON))
        session.flush()
    return id


def inquiry(
    *,
    queue_slug: str = "refund",
    issue_type: str = "refund_status",
    text: str = "我的退款到哪里了？",
    at: dt.datetime = NOON,
    priority: int = 0,
    customer: str | None = None,
    order: str | None = None,
    external_id: str | None = None,
    channel_name: str = "shop",
) -> str:
    """An open inquiry that came in at the instant."""
    queue(queue_slug)
    new = NewInquiry(
        external_id=external_id or f"x{next(_numbers)}",
        queue=queue_slug,
        issue_type=issue_type,
        text=text,
        priority=priority,
        customer_key=customer,
        order={"external_id": order, "kind": "外卖"} if order else {},
    )
    return receive_inquiry(channel_id=channel(channel_name), new=new, now=at).inquiry_id


def seconds(amount: float) -> dt.timedelta:
    return dt.timedelta(seconds=amount)
