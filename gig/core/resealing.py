"""After a rotation: which key each sealed value is under, and sealing old ones anew.

Places are found in the models, so a column that becomes sealed is resealed without being named here.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit, crypto
from gig.core.blobs import Blob
from gig.core.crypto import Sealed
from gig.core.db import Base, rows_changed, table_of, transaction

AT_ONCE = 200
FILES_AT_ONCE = 10


@dataclass(frozen=True)
class Place:
    """A column of sealed values; `name_of(id)` is the name that the value of that row is bound to."""

    table: sa.Table
    column: str
    name_of: Callable[[Any], str]
    at_once: int = AT_ONCE

    @property
    def name(self) -> str:
        return f"{self.table.name}.{self.column}"

    @property
    def id(self) -> sa.Column[Any]:
        (column,) = self.table.primary_key.columns
        return column

    @property
    def sealed(self) -> sa.ColumnElement[bytes]:
        """The value as it is stored, not opened."""
        return sa.type_coerce(self.table.c[self.column], sa.LargeBinary)

    @property
    def key(self) -> sa.ColumnElement[bytes]:
        """The byte that names the value's key."""
        return sa.func.substr(
            self.sealed, sa.literal_column("2"), sa.literal_column("1"), type_=sa.LargeBinary
        )


@dataclass
class Done:
    """What came of one place, by the number of the old key: sealed anew, and not to be opened."""

    resealed: Counter[int] = field(default_factory=Counter)
    unreadable: Counter[int] = field(default_factory=Counter)


def places() -> list[Place]:
    """Every column that holds sealed values, by name."""
    found = [
        Place(table, column.name, lambda _id, name=column.type.place: name)  # type: ignore[misc]
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Sealed)
    ]
    files = Place(table_of(Blob), "sealed", lambda id: f"blob.{id}", FILES_AT_ONCE)
    return sorted([*found, files], key=lambda place: place.name)


def count_by_key(session: Session, place: Place) -> Counter[int]:
    """How many values of the place each key has sealed."""
    query = sa.select(place.key, sa.func.count()).where(place.sealed.is_not(None)).group_by(place.key)
    return Counter({bytes(key)[0]: count for key, count in session.execute(query)})


def reseal(place: Place, *, now: dt.datetime, progress: Callable[[int], None] = lambda _count: None) -> Done:
    """Every value of the place that an older key had sealed is sealed with the newest, or does not open.

    Goes by chunks, each committed by itself with a line in the log; one that is cut off goes on where it
    stopped when it is run again. A value that changes meanwhile is left as it then is: whoever wrote it
    sealed it. `progress` hears how many rows have been looked at.
    """
    done, after, seen = Done(), None, 0
    while True:
        with transaction() as session:
            rows = session.execute(_next(place, after)).all()
            before = done.resealed.total()
            for id, old in rows:
                _reseal_one(session, place, id, bytes(old), done)
            if anew := done.resealed.total() - before:
                audit.note(
                    session,
                    actor_id=None,
                    action="keys.reseal",
                    object_type="data_key",
                    object_id=str(crypto.keyring().newest),
                    detail={"place": place.name, "values": anew},
                    now=now,
                )
        if not rows:
            return done
        after, seen = rows[-1][0], seen + len(rows)
        progress(seen)


def _next(place: Place, after: Any) -> sa.Select[Any]:
    newest = sa.literal(bytes([crypto.keyring().newest]), sa.LargeBinary)
    query = sa.select(place.id, place.sealed).where(place.sealed.is_not(None), place.key != newest)
    if after is not None:
        query = query.where(place.id > after)
    return query.order_by(place.id).limit(place.at_once)


def _reseal_one(session: Session, place: Place, id: Any, old: bytes, done: Done) -> None:
    ring, name = crypto.keyring(), place.name_of(id)
    try:
        new = ring.seal(ring.open(old, name), name)
    except crypto.Unreadable:
        done.unreadable[old[1]] += 1
        return
    change = (
        sa.update(place.table)
        .where(place.id == id, place.sealed == sa.literal(old, sa.LargeBinary))
        .values({place.column: sa.literal(new, sa.LargeBinary)})
    )
    done.resealed[old[1]] += rows_changed(session, change)
