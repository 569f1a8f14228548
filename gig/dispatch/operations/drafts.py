"""What an agent has typed survives the page, the phone and the claim."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gig.core.db import is_sqlite, transaction
from gig.core.errors import NotFound
from gig.dispatch.models import Draft, TurnQuote
from gig.dispatch.operations.seen import note_typing


def put_draft(*, inquiry_id: str, agent_id: str, text: str, now: dt.datetime) -> None:
    """The draft is the text (an empty one is removed); only who holds or held the inquiry has one."""
    with transaction() as session:
        held = sa.select(TurnQuote.turn_id).where(
            TurnQuote.inquiry_id == inquiry_id, TurnQuote.agent_id == agent_id
        )
        if session.execute(held.limit(1)).first() is None:
            raise NotFound
        note_typing(session, agent_id, now)
        mine = sa.and_(Draft.inquiry_id == inquiry_id, Draft.agent_id == agent_id)
        if not text:
            session.execute(sa.delete(Draft).where(mine))
            return
        insert = (sqlite if is_sqlite(session) else postgresql).insert(Draft)
        session.execute(
            insert.values(
                inquiry_id=inquiry_id, agent_id=agent_id, text=text, saved_at=now
            ).on_conflict_do_update(
                index_elements=["inquiry_id", "agent_id"], set_={"text": text, "saved_at": now}
            )
        )
