"""One side is typing: told to the other, at a bounded rate, and never what is typed."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict

from gig.core import outbox
from gig.core.db import db, transaction
from gig.core.errors import NotFound
from gig.dispatch.models import Inquiry
from gig.dispatch.operations.following import topic

EVERY = dt.timedelta(seconds=4)
REMEMBERED = 20_000

_told: OrderedDict[tuple[str, str], dt.datetime] = OrderedDict()
"""When this process last told of whom. Others keep their own, so the bound is one in four seconds each."""


def customer_types(*, inquiry: Inquiry, now: dt.datetime) -> bool:
    """The owner's open page shows it; False if nobody is told now."""
    if inquiry.owner_id is None or inquiry.state != "claimed" or not _due(inquiry.id, "customer", now):
        return False
    _tell(f"agent:{inquiry.owner_id}", "customer.typing", inquiry.id, now)
    return True


def agent_types(*, inquiry_id: str, agent_id: str, now: dt.datetime) -> bool:
    """The customer's open page shows it; False if nobody is told now, NotFound for who does not hold it."""
    inquiry = db.session.get(Inquiry, inquiry_id, populate_existing=True)
    if inquiry is None or inquiry.owner_id != agent_id:
        raise NotFound
    if not inquiry.followed or not _due(inquiry_id, "agent", now):
        return False
    _tell(topic(inquiry_id), "chat.typing", inquiry_id, now)
    return True


def _tell(whom: str, type: str, inquiry_id: str, now: dt.datetime) -> None:
    with transaction() as session:
        outbox.emit(session, whom, type, {"inquiry_id": inquiry_id}, now=now)


def _due(inquiry_id: str, side: str, now: dt.datetime) -> bool:
    key = (inquiry_id, side)
    last = _told.get(key)
    if last is not None and last <= now < last + EVERY:
        return False
    _told[key] = now
    _told.move_to_end(key)
    while len(_told) > REMEMBERED:
        _told.popitem(last=False)
    return True
