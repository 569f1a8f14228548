"""What a channel may see: its own inquiries and nothing of others."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import NotFound
from gig.dispatch.models import Inquiry, Message, Turn
from gig.dispatch.queries.threads import messages


def thread(
    session: Session, inquiry_id: str, channel_id: str
) -> tuple[Inquiry, Sequence[Message], Sequence[Turn]]:
    """The inquiry with its messages and turns; another channel's does not exist."""
    inquiry = session.execute(
        sa.select(Inquiry)
        .where(Inquiry.id == inquiry_id, Inquiry.channel_id == channel_id)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if inquiry is None:
        raise NotFound
    turns = sa.select(Turn).where(Turn.inquiry_id == inquiry_id).order_by(Turn.number)
    turns = turns.execution_options(populate_existing=True)
    return inquiry, messages(session, inquiry_id), session.execute(turns).scalars().all()
