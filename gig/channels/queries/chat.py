"""What a customer's page shows: the thread, where they stand in the queue, what they have rated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.channels.rules.waiting import WINDOW_S, minutes_to_wait
from gig.core.errors import NotFound
from gig.core.outbox import OutboxEvent
from gig.dispatch.models import Inquiry, Message, Rating
from gig.dispatch.queries import threads
from gig.dispatch.values import OPEN
from gig.identity.models import Agent, AgentSkill
from gig.identity.values import WORKING

COUNTED = 200
PACE_KEPT = dt.timedelta(seconds=15)

_paces: dict[tuple[str, str], tuple[dt.datetime, int]] = {}


@dataclass(frozen=True)
class Place:
    """How many are ahead (at most `COUNTED`), the estimate if there is one, whether anybody is at work."""

    ahead: int
    minutes: int | None
    anybody: bool

    @property
    def many(self) -> bool:
        return self.ahead >= COUNTED


def messages(session: Session, inquiry_id: str) -> Sequence[Message]:
    return threads.messages(session, inquiry_id)


def place(session: Session, inquiry: Inquiry, now: dt.datetime) -> Place:
    """Where an open inquiry stands in its queue: by priority, then by when it queued up."""
    first = sa.or_(
        Inquiry.priority > inquiry.priority,
        sa.and_(
            Inquiry.priority == inquiry.priority,
            sa.or_(
                Inquiry.queued_at < inquiry.queued_at,
                sa.and_(Inquiry.queued_at == inquiry.queued_at, Inquiry.id < inquiry.id),
            ),
        ),
    )
    before = sa.select(Inquiry.id).where(Inquiry.queue == inquiry.queue, Inquiry.state == OPEN, first)
    counted = sa.select(sa.func.count()).select_from(before.limit(COUNTED).subquery())
    online = (
        sa.select(Agent.id)
        .join(AgentSkill, AgentSkill.agent_id == Agent.id)
        .where(Agent.presence == "online", Agent.stage.in_(WORKING), AgentSkill.queue == inquiry.queue)
    )
    ahead, anybody = session.execute(sa.select(counted.scalar_subquery(), online.exists())).one()
    minutes = minutes_to_wait(ahead, _left_lately(session, inquiry.queue, now)) if anybody else None
    return Place(ahead, minutes, bool(anybody))


def _left_lately(session: Session, queue: str, now: dt.datetime) -> int:
    """How many inquiries left the queue in the last ten minutes; looked at every 15 s by each process."""
    key = (str(session.get_bind().engine.url), queue)
    kept = _paces.get(key)
    if kept is not None and kept[0] <= now < kept[0] + PACE_KEPT:
        return kept[1]
    query = sa.select(sa.func.count()).where(
        OutboxEvent.created_at > now - dt.timedelta(seconds=WINDOW_S),
        OutboxEvent.topic == f"queue:{queue}",
        OutboxEvent.type == "feed.taken",
    )
    _paces[key] = (now, session.execute(query).scalar_one())
    return _paces[key][1]


def rating(session: Session, inquiry: Inquiry) -> Rating | None:
    """What the customer said about the latest ending, if they have."""
    if inquiry.resolved_at is None:
        return None
    said = sa.select(Rating).where(Rating.inquiry_id == inquiry.id, Rating.rated_at >= inquiry.resolved_at)
    return session.scalars(said.order_by(Rating.rated_at.desc()).limit(1)).first()


def photo_blob(messages: Sequence[Message], message_id: str) -> str:
    """The blob of the photo that one of these messages is; NotFound otherwise."""
    for message in messages:
        if message.id == message_id and message.photo_blob_id:
            return message.photo_blob_id
    raise NotFound


def may_withdraw(inquiry: Inquiry, messages: Sequence[Message]) -> bool:
    return inquiry.state in ("open", "claimed") and all(each.author != "agent" for each in messages)
