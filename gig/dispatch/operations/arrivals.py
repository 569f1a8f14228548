"""An inquiry's arrival: what must be known first, in one read, and all that it writes, as one statement.

Ten thousand may come in within a minute, and on PostgreSQL each exchange costs more than its work.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import outbox, tunables
from gig.core.db import table_of
from gig.core.errors import Invalid
from gig.core.inserts import PreparedInsert
from gig.core.prepared import Prepared
from gig.core.rows import as_written
from gig.core.text import N_
from gig.core.together import together
from gig.dispatch.models import Inquiry, InquiryAlias, Message, Queue, Turn
from gig.dispatch.operations import emergencies

Seen = Any
"""`known` is the inquiry that the channel's id stands for already; `slug` the queue, `retired_at` its end."""

Written = tuple[Inquiry, list[Message], list[Turn]]


def look(session: Session, channel_id: str, external_id: str, queue: str) -> Seen:
    """What there is to know before an inquiry is let in. One statement."""
    return _LOOK.first(session, {"channel": channel_id, "external": external_id, "slug": queue})


def enter(
    session: Session,
    seen: Seen,
    inquiry: Mapping[str, Any],
    turn: Mapping[str, Any],
    message: Mapping[str, Any],
    now: dt.datetime,
) -> Written | None:
    """The inquiry is in the feed with its first turn and words, as was just written; None if it was there.

    Two requests that hand it in at once: one waits for the other at the unique key and writes nothing.
    """
    if seen.slug is None or seen.retired_at:
        raise Invalid({"queue": [N_("没有这个队列。")]})
    row = {**_WITHOUT_A_WORD, **inquiry}
    id, slug = row["id"], row["queue"]
    events: list[outbox.Event] = [
        (f"queue:{slug}", "feed.new", {"inquiry_id": id, "queue": slug}),
        *emergencies.ringing(id, slug, row["priority"]),
    ]
    with together(session) as writes:
        writes.decide(*_INQUIRIES.one(row))
        _TURNS.write(session, [turn])
        _MESSAGES.write(session, [message])
        outbox.emit_all(session, events, now=now)
    if not writes.met:
        return None
    return as_written(Inquiry, row), [as_written(Message, message)], [as_written(Turn, turn)]


_channel: sa.BindParameter[str] = sa.bindparam("channel")
_external: sa.BindParameter[str] = sa.bindparam("external")
_itself = sa.select(Inquiry.id).where(Inquiry.channel_id == _channel, Inquiry.external_id == _external)
_joined = sa.select(InquiryAlias.inquiry_id).where(
    InquiryAlias.channel_id == _channel, InquiryAlias.external_id == _external
)
_always = sa.select(sa.literal_column("1", sa.Integer()).label("one")).subquery()

_LOOK = Prepared(
    sa.select(
        Queue.slug,
        Queue.retired_at,
        tunables.revision().label("revision"),
        sa.func.coalesce(_itself.scalar_subquery(), _joined.scalar_subquery()).label("known"),
    )
    .select_from(_always)
    .outerjoin(Queue, Queue.slug == sa.bindparam("slug"))
)
_INQUIRIES = PreparedInsert(table_of(Inquiry), on_conflict=("channel_id", "external_id"))
_TURNS = PreparedInsert(table_of(Turn))
_MESSAGES = PreparedInsert(table_of(Message))
_WITHOUT_A_WORD = {
    column.key: column.default.arg
    for column in table_of(Inquiry).c
    if isinstance(column.default, sa.ColumnDefault) and column.default.is_scalar
}
"""What the table says of an inquiry that says nothing of it: a prepared write names every value."""
