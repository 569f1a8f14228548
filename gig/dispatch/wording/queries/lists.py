"""Ops' lists as they stand, kept by each process for as long as nobody changes them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.dispatch.wording.models import WordingChange
from gig.dispatch.wording.rules.lists import Lists, after
from gig.identity.models import Person

HISTORY = 50

_cache: tuple[str, int, Lists] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the history."""

    kind: str
    phrase: str
    listed: bool
    at: dt.datetime
    by: str | None


def revision() -> sa.ScalarSelect[int]:
    """The newest change, for use as a column of any other query."""
    return sa.select(sa.func.coalesce(sa.func.max(WordingChange.id), 0)).scalar_subquery()


def lists(session: Session, at_revision: int | None = None) -> Lists:
    """The lists at the revision (the newest, unless told); read again only when one has changed."""
    global _cache
    database = str(session.get_bind().engine.url)
    if at_revision is None:
        at_revision = session.execute(sa.select(revision())).scalar_one()
    cached = _cache
    if cached and cached[:2] == (database, at_revision):
        return cached[2]
    changes = sa.select(WordingChange.kind, WordingChange.phrase, WordingChange.listed)
    rows = session.execute(changes.order_by(WordingChange.id)).all() if at_revision else []
    found = after((kind, phrase, listed) for kind, phrase, listed in rows)
    _cache = (database, at_revision, found)
    return found


def changes(session: Session, kind: str) -> list[Change]:
    """The history of one list, the newest change first."""
    query = (
        sa.select(
            WordingChange.kind,
            WordingChange.phrase,
            WordingChange.listed,
            WordingChange.changed_at,
            Person.name,
        )
        .outerjoin(Person, Person.id == WordingChange.changed_by)
        .where(WordingChange.kind == kind)
        .order_by(WordingChange.id.desc())
        .limit(HISTORY)
    )
    return [Change(*row) for row in session.execute(query)]
