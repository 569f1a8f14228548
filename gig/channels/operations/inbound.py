"""A channel hands in a customer's question, with what it knows of the customer."""

from __future__ import annotations

import datetime as dt

from gig.channels.operations import signals
from gig.core.db import transaction
from gig.dispatch.operations.inquiries import NewInquiry, Received, receive_inquiry


def receive(*, channel_id: str, new: NewInquiry, phone: str | None, now: dt.datetime) -> Received:
    """The inquiry is in the feed, once; of the customer's phone an index is kept and nothing else."""
    with transaction() as session:
        received = receive_inquiry(channel_id=channel_id, new=new, now=now)
        if phone:
            signals.note_customer(session, received.inquiry_id, signals.marks_of(phone=phone), now=now)
        return received
