"""An agent's favourites."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gig.core.db import is_sqlite, transaction
from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.dispatch.scripts.models import Script, ScriptFavourite


def mark_favourite(*, script_id: str, agent_id: str, wanted: bool, now: dt.datetime) -> None:
    """The script is among the agent's favourites, or is not; said twice it is the same."""
    with transaction() as session:
        if not is_id(script_id) or session.get(Script, script_id) is None:
            raise NotFound
        mine = sa.and_(ScriptFavourite.script_id == script_id, ScriptFavourite.agent_id == agent_id)
        if not wanted:
            session.execute(sa.delete(ScriptFavourite).where(mine))
            return
        insert = (sqlite if is_sqlite(session) else postgresql).insert(ScriptFavourite)
        row = insert.values(script_id=script_id, agent_id=agent_id, marked_at=now)
        session.execute(row.on_conflict_do_nothing())
