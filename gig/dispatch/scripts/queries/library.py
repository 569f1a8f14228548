"""The library as it stands, kept by each process for as long as nobody changes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.dispatch.scripts.models import Script, ScriptVersion
from gig.dispatch.scripts.rules.ranking import Candidate
from gig.dispatch.scripts.rules.search import found
from gig.identity.models import Person


@dataclass(frozen=True, slots=True)
class Entry:
    """A script in its newest wording."""

    id: str
    number: int
    title: str
    text: str
    stage: str
    queue: str | None
    issue_type: str | None
    sounds: str
    retired: bool
    saved_at: dt.datetime

    @property
    def candidate(self) -> Candidate:
        return Candidate(self.id, self.title, self.stage, self.queue, self.issue_type)

    def found(self, query: str) -> int:
        return found(query, title=self.title, text=self.text, sounds=self.sounds)


@dataclass(frozen=True, slots=True)
class Version:
    """One wording in a script's history, and who saved it."""

    row: ScriptVersion
    by: str | None


_cache: tuple[str, tuple[str, int] | None, Mapping[str, Entry]] | None = None


def library(session: Session) -> Mapping[str, Entry]:
    """Every script by its id, retired ones too; read again only when one has changed."""
    global _cache
    database = str(session.get_bind().engine.url)
    last = sa.select(ScriptVersion.script_id, ScriptVersion.number).order_by(ScriptVersion.id.desc()).limit(1)
    row = session.execute(last).first()
    at_revision = (row[0], row[1]) if row else None
    cached = _cache
    if cached and cached[:2] == (database, at_revision):
        return cached[2]
    newest = sa.select(sa.func.max(ScriptVersion.id)).group_by(ScriptVersion.script_id)
    query = sa.select(ScriptVersion).where(ScriptVersion.id.in_(newest))
    entries = {row.script_id: _entry(row) for row in session.scalars(query)}
    _cache = (database, at_revision, entries)
    return entries


def entry(session: Session, script_id: str) -> Entry:
    """One script; NotFound if there is none."""
    try:
        return library(session)[script_id]
    except KeyError:
        raise NotFound from None


def known(script: sa.BindParameter[str | None]) -> sa.ColumnElement[bool]:
    """Whether there is such a script, retired or not, for use as a column of any other query."""
    return sa.select(Script.id).where(Script.id == script).exists()


def history(session: Session, script_id: str) -> Sequence[Version]:
    """Every wording of the script, the newest first."""
    if not is_id(script_id):
        raise NotFound
    query = (
        sa.select(ScriptVersion, Person.name)
        .outerjoin(Person, Person.id == ScriptVersion.saved_by)
        .where(ScriptVersion.script_id == script_id)
        .order_by(ScriptVersion.number.desc())
    )
    return [Version(*row) for row in session.execute(query)]


def _entry(row: ScriptVersion) -> Entry:
    return Entry(
        id=row.script_id,
        number=row.number,
        title=row.title,
        text=row.text,
        stage=row.stage,
        queue=row.queue,
        issue_type=row.issue_type,
        sounds=row.sounds,
        retired=row.retired,
        saved_at=row.saved_at,
    )
