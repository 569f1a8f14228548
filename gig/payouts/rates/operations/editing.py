"""Noting that somebody has the editor of a draft open. It locks nothing: who saves second is told."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gig.core.db import is_sqlite, transaction
from gig.payouts.rates.models import CardEditor
from gig.payouts.rates.queries import EDITING_FOR, version

FORGOTTEN = dt.timedelta(days=1)


def note_editing(*, id: str, actor_id: str, now: dt.datetime) -> None:
    """The person counts as editing the draft for a minute more, since they first opened it without a break.

    A card that is no draft is edited by nobody.
    """
    with transaction() as session:
        if version(session, id).state != "draft":
            return
        session.execute(sa.delete(CardEditor).where(CardEditor.seen_at < now - FORGOTTEN))
        insert = sqlite.insert if is_sqlite(session) else postgresql.insert
        seen = insert(CardEditor).values(card_id=id, person_id=actor_id, since=now, seen_at=now)
        unbroken = CardEditor.seen_at >= now - EDITING_FOR
        anew = sa.literal(now, CardEditor.since.type)
        session.execute(
            seen.on_conflict_do_update(
                index_elements=["card_id", "person_id"],
                set_={"since": sa.case((unbroken, CardEditor.since), else_=anew), "seen_at": now},
                where=CardEditor.seen_at <= now,
            )
        )
