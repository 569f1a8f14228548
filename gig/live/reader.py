"""Reading the outbox as it grows, in the order of its ids, without losing those that commit late."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection, Engine

from gig.core.outbox import OutboxEvent
from gig.core.prepared import Prepared
from gig.live.frames import REVOKED, Row

BATCH = 500
LOOK_BACK = 200
GAP_WAITS_S = 60.0
LONGEST_GAP = 1000
REPLAY_SPAN = 5000
REPLAY_ROWS = 200

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
        self._late: deque[int] = deque(maxlen=256)

    def begin(self) -> set[str]:
        """Rows that are there now are past; those that commit from now on will be fetched.

        Returns the topics that were revoked lately.
        """
        with self._engine.connect() as connection:
            self.position = connection.scalar(sa.select(sa.func.max(_columns.id))) or 0
            start = max(self.position - LOOK_BACK, 0)
            recent = connection.scalars(sa.select(_columns.id).where(_columns.id > start)).all()
            lately = sa.select(_columns.topic).where(
                _columns.id > self.position - REPLAY_SPAN, _columns.type.in_(REVOKED)
            )
            revoked = set(connection.scalars(lately))
        if recent:
            self._note_gaps(min(recent), sorted(recent))
            self.position = max(self.position, *recent)
        return revoked

    def fetch(self) -> list[Row]:
        """What has been committed since the last call, at most one batch."""
        with self._reading.connect() as connection:
            late = self._fetch_late(connection)
            fresh = [Row(*row) for row in _FRESH.on(connection, {"position": self.position})]
        if fresh:
            self._note_gaps(self.position, [row.id for row in fresh])
            self.position = fresh[-1].id
        return late + fresh

    def replay(self, topics: Sequence[str], after: int, upto: int) -> list[Row] | None:
        """What these topics said after one id and up to another; None if that is too much, or forgotten."""
        if after > upto or upto - after > REPLAY_SPAN:
            return None
        missed_late = [id for id in self._late if after - LOOK_BACK < id <= after]
        with self._engine.connect() as connection:
            oldest = connection.scalar(sa.select(sa.func.min(_columns.id)))
            if after < upto and (oldest is None or oldest > after + 1):
                return None
            span = sa.or_(_columns.id.between(after + 1, upto), _columns.id.in_(missed_late))
            wanted = _select.where(span, _columns.topic.in_(topics)).limit(REPLAY_ROWS + 1)
            rows = _rows(connection, wanted)
        return rows if len(rows) <= REPLAY_ROWS else None

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
            self._late.append(row.id)
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
