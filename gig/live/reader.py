"""Reading the outbox as it grows, in the order of its ids, without losing those that commit late."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection, Engine

from gig.core.outbox import OutboxEvent
from gig.core.prepared import Prepared
from gig.live.frames import REVOKED, Row
from gig.live.memory import LOOK_BACK, SPAN, Memory

BATCH = 500
GAP_WAITS_S = 60.0
LONGEST_GAP = 1000

_columns = OutboxEvent.__table__.c
_select = sa.select(
    _columns.id, _columns.topic, _columns.type, _columns.payload, _columns.created_at
).order_by(_columns.id)
_FRESH = Prepared(_select.where(_columns.id > sa.bindparam("position")).limit(sa.literal_column(str(BATCH))))
_LATE = Prepared(_select.where(_columns.id == sa.any_(sa.bindparam("ids", type_=ARRAY(sa.BigInteger())))))
"""For PostgreSQL; SQLite knows no arrays."""


class Reader:
    """Every committed row is returned by `fetch` once.

    On PostgreSQL a transaction may take id 7 and commit after the one that took id 8. Ids that were
    passed over are therefore looked for again for a minute: longer than any transaction that emits.
    Blocking; to be called from one thread at a time.
    """

    def __init__(self, engine: Engine, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.position = 0
        self._engine = engine
        self._plain = engine.dialect.name == "sqlite"
        options = {} if self._plain else {"isolation_level": "AUTOCOMMIT"}
        self._reading = engine.execution_options(**options)
        self._monotonic = monotonic
        self._gaps: dict[int, float] = {}
        self.memory = Memory()

    def begin(self) -> set[str]:
        """Rows that are there now are past; those that commit from now on will be fetched.

        Returns the topics that were revoked lately.
        """
        with self._engine.connect() as connection:
            last = connection.scalar(sa.select(sa.func.max(_columns.id))) or 0
            oldest = connection.scalar(sa.select(sa.func.min(_columns.id)))
            rows = _rows(connection, _select.where(_columns.id > last - SPAN))
        if recent := [row.id for row in rows if row.id > last - LOOK_BACK]:
            self._note_gaps(recent[0], recent)
        self.position = max(last, *recent) if recent else last
        self.memory.begin(rows, since=self.position if oldest is None else max(last - SPAN, oldest - 1))
        return {row.topic for row in rows if row.type in REVOKED}

    def fetch(self) -> list[Row]:
        """What has been committed since the last call, at most one batch. It is remembered."""
        with self._reading.connect() as connection:
            late = self._fetch_late(connection)
            fresh = [Row(*row) for row in _FRESH.on(connection, {"position": self.position})]
        self.memory.add(fresh, late)
        if fresh:
            self._note_gaps(self.position, [row.id for row in fresh])
            self.position = fresh[-1].id
        return late + fresh

    def _fetch_late(self, connection: Connection) -> list[Row]:
        if not self._gaps:
            return []
        horizon = self._monotonic() - GAP_WAITS_S
        self._gaps = {id: seen for id, seen in self._gaps.items() if seen > horizon}
        ids = list(self._gaps)
        if self._plain:
            rows = _rows(connection, _select.where(_columns.id.in_(ids)))
        else:
            rows = [Row(*row) for row in _LATE.on(connection, {"ids": ids})]
        for row in rows:
            del self._gaps[row.id]
        return rows

    def _note_gaps(self, previous: int, ids: Sequence[int]) -> None:
        seen = self._monotonic()
        for id in ids:
            if 1 < id - previous <= LONGEST_GAP:
                self._gaps.update(dict.fromkeys(range(previous + 1, id), seen))
            previous = id


def _rows(connection: Connection, statement: sa.Select[Any]) -> list[Row]:
    return [
        Row(id, topic, type, payload, created_at)
        for id, topic, type, payload, created_at in connection.execute(statement)
    ]
