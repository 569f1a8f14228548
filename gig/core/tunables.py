"""Numbers that people may change while the product runs, each with its history.

A feature declares its numbers once, at import; a change is a row that names who and why. The newest
row of a name is in force. Readers pass the newest revision they saw in a query of their own, so that
a hot path pays no statement for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from gig.core import audit
from gig.core.db import Base, BigId, engine_of, one_at_a_time
from gig.core.errors import Invalid
from gig.core.text import N_, Sentence


@dataclass(frozen=True)
class Tunable:
    """One number: its name, its default, its bounds, and what it means, in Chinese."""

    name: str
    default: int
    minimum: int
    maximum: int
    meaning: str
    role: str


class TunableChange(Base):
    __tablename__ = "tunable_change"
    __table_args__ = (sa.Index("ix_tunable_change_name_id", "name", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    name: Mapped[str]
    value: Mapped[int]
    reason: Mapped[str]
    changed_by: Mapped[str | None]
    changed_at: Mapped[dt.datetime]


declared: dict[str, Tunable] = {}
_cache: tuple[sa.URL, int, Mapping[str, int]] | None = None


def declare(*tunables: Tunable) -> None:
    declared.update({tunable.name: tunable for tunable in tunables})


def revision() -> sa.ScalarSelect[int]:
    """The revision in force, for use as a column of any other query."""
    return sa.select(sa.func.coalesce(sa.func.max(TunableChange.id), 0)).scalar_subquery()


def values(session: Session, at_revision: int | None = None) -> Mapping[str, int]:
    """Every declared number as it stands at the revision (the newest, unless told)."""
    global _cache
    database = engine_of(session).url
    if at_revision is None:
        at_revision = session.execute(sa.select(revision())).scalar_one()
    cached = _cache
    if cached and cached[:2] == (database, at_revision) and len(cached[2]) == len(declared):
        return cached[2]
    numbers = {name: tunable.default for name, tunable in declared.items()}
    changes = sa.select(TunableChange.name, TunableChange.value).where(TunableChange.id <= at_revision)
    numbers.update(dict(session.execute(changes.order_by(TunableChange.id)).all()))
    _cache = (database, at_revision, numbers)
    return numbers


def change(
    session: Session, name: str, value: int, *, actor_id: str | None, reason: str, now: dt.datetime
) -> None:
    """From this commit on the number is `value`; the old one stays readable."""
    tunable = declared[name]
    if not tunable.minimum <= value <= tunable.maximum:
        bounds = {"minimum": tunable.minimum, "maximum": tunable.maximum}
        raise Invalid({name: [Sentence(N_("要在 %(minimum)s 到 %(maximum)s 之间。"), bounds)]})
    one_at_a_time(session, "tunables")
    session.add(TunableChange(name=name, value=value, reason=reason, changed_by=actor_id, changed_at=now))
    audit.note(
        session,
        actor_id=actor_id,
        action="tunable.change",
        object_type="tunable",
        object_id=name,
        reason=reason,
        detail={"value": value},
        now=now,
    )
