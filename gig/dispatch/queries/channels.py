"""What a channel may see: its own inquiries and nothing of others."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import NotFound
from gig.core.prepared import Prepared
from gig.core.rows import Part
from gig.dispatch.models import Inquiry, Message, Turn


def thread(
    session: Session, inquiry_id: str, channel_id: str
) -> tuple[Inquiry, Sequence[Message], Sequence[Turn]]:
    """The inquiry with its messages and turns; another channel's does not exist. Two statements."""
    rows = _THREAD.all(session, {"inquiry": inquiry_id, "channel": channel_id})
    if not rows:
        raise NotFound
    turns = [_turn(row) for row in _TURNS.all(session, {"inquiry": inquiry_id})]
    return _inquiry(rows[0]), [_message(row) for row in rows if _message.found(row)], turns


_inquiry = Part(Inquiry, 0)
_message = Part(Message, _inquiry.end)
_turn = Part(Turn, 0)
_asked: sa.BindParameter[str] = sa.bindparam("inquiry")

_THREAD = Prepared(
    sa.select(*_inquiry.columns, *_message.columns)
    .outerjoin(Message, Message.inquiry_id == Inquiry.id)
    .where(Inquiry.id == _asked, Inquiry.channel_id == sa.bindparam("channel"))
    .order_by(Message.sent_at, Message.id)
)
_TURNS = Prepared(sa.select(*_turn.columns).where(Turn.inquiry_id == _asked).order_by(Turn.number))
