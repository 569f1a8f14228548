"""Many inquiries at once, as a file brings them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gig.core import outbox
from gig.core.db import transaction
from gig.core.errors import GigError
from gig.core.ids import new_id
from gig.dispatch.models import Inquiry, InquiryAlias, Message, Queue, Turn
from gig.dispatch.operations import emergencies, inquiries
from gig.dispatch.operations.inquiries import NewInquiry, Received, receive_inquiry

Outcome = Received | GigError


def receive_inquiries(*, channel_id: str, new: Sequence[NewInquiry], now: dt.datetime) -> list[Outcome]:
    """Each inquiry is in the feed once, or refused, as if it had come alone; all in one transaction.

    Those that are nothing but new go in together. Whatever needs a decision (an unknown queue, an id that
    the file repeats, a customer who may be coming back) is received like any other.
    """
    try:
        with transaction() as session:
            known = _known(session, channel_id, [one.external_id for one in new])
            outcomes: dict[int, Outcome] = {
                place: Received(known[one.external_id], created=False)
                for place, one in enumerate(new)
                if one.external_id in known
            }
            plain = _plain(session, channel_id, new, set(known))
            made = _insert_all(session, channel_id, [new[place] for place in plain], now)
            outcomes |= zip(plain, made, strict=True)
            for place, one in enumerate(new):
                if place not in outcomes:
                    outcomes[place] = _receive(channel_id, one, now)
            return [outcomes[place] for place in range(len(new))]
    except IntegrityError:  # the channel has handed one of them in by itself, just now
        return [_receive(channel_id, one, now) for one in new]


def _receive(channel_id: str, new: NewInquiry, now: dt.datetime) -> Outcome:
    try:
        return receive_inquiry(channel_id=channel_id, new=new, now=now)
    except GigError as refused:
        return refused


def _known(session: Session, channel_id: str, external_ids: Sequence[str]) -> dict[str, str]:
    """What the channel's ids already stand for."""
    own = sa.select(Inquiry.external_id, Inquiry.id).where(
        Inquiry.channel_id == channel_id, Inquiry.external_id.in_(external_ids)
    )
    joined = sa.select(InquiryAlias.external_id, InquiryAlias.inquiry_id).where(
        InquiryAlias.channel_id == channel_id, InquiryAlias.external_id.in_(external_ids)
    )
    return dict(session.execute(sa.union_all(own, joined)).all())


def _plain(session: Session, channel_id: str, new: Sequence[NewInquiry], taken: set[str]) -> list[int]:
    """The places of those that are certainly new; none of their ids is taken."""
    queues = set(session.scalars(sa.select(Queue.slug).where(Queue.retired_at.is_(None))))
    keys = {one.customer_key for one in new if one.customer_key}
    back = set(
        session.scalars(
            sa.select(Inquiry.customer_key).where(
                Inquiry.channel_id == channel_id,
                Inquiry.customer_key.in_(keys),
                Inquiry.resolved_at.is_not(None),
            )
        )
    )
    places = []
    for place, one in enumerate(new):
        if one.external_id not in taken and one.queue in queues and one.customer_key not in back:
            taken.add(one.external_id)
            places.append(place)
    return places


def _insert_all(
    session: Session, channel_id: str, new: Sequence[NewInquiry], now: dt.datetime
) -> list[Outcome]:
    if not new:
        return []
    due_at = inquiries.abandon_at(session, now)
    places = [(new_id(), new_id(), one) for one in new]
    session.execute(
        sa.insert(Inquiry),
        [inquiries.inquiry_row(id, turn_id, channel_id, one, due_at, now) for id, turn_id, one in places],
    )
    session.execute(
        sa.insert(Turn), [inquiries.first_turn_row(id, turn_id, now) for id, turn_id, _ in places]
    )
    session.execute(
        sa.insert(Message),
        [
            {**inquiries.message_row(id, one.text, None, now), "turn_id": turn_id}
            for id, turn_id, one in places
        ],
    )
    events: list[outbox.Event] = [
        (f"queue:{one.queue}", "feed.new", {"inquiry_id": id, "queue": one.queue}) for id, _, one in places
    ]
    for id, _, one in places:
        events += emergencies.ringing(id, one.queue, one.priority)
    outbox.emit_all(session, events, now=now)
    return [Received(id, created=True) for id, _, _ in places]
