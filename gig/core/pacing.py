"""How fast a long work goes on: at full speed while alone, in short pieces with rests while others write.

Who claims or replies meanwhile shares two things with a long work: on SQLite the one writer, and on any
machine the processors. So whoever works for long asks its pace how much to do next, and tells it how long
that took.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import is_sqlite
from gig.core.prepared import Prepared
from gig.core.writers import writers_of

PIECE_S, REST = 0.006, 2.0
"""While others write a piece is to take about so long, and so many times as long is rested after it."""
LATELY_S = 0.5
"""Others write as long as their last write is not older than this."""
LONGEST_REST_S = 0.02
LEAST, GROWTH = 50, 4
"""It never takes fewer than the least: what a piece costs besides, a commit above all, would be most of it.
It takes so many times more as long as nobody else writes."""
FIRST = 1000
"""With so many it begins on PostgreSQL, where it blocks nobody and does not know yet of other processes."""
LOOK_EVERY = 20_000
"""Steps of SQLite's machine (less than a millisecond) between two looks at how long a reading has taken."""

_WRITES = Prepared(sa.select(sa.literal_column("pg_snapshot_xmax(pg_current_snapshot())::text::bigint")))


class Pace:
    """The pace of one work on one thread; it says `own()` after each transaction in which it has written."""

    def __init__(self, session: Session, *, most: int) -> None:
        self._session, self._most = session, most
        self._writers = writers_of(session)
        self._seen_at = float("-inf")
        self.size = self._first()
        """How many to take next."""
        self._number = self._newest()
        self._own = 0

    def _first(self) -> int:
        if not self.alone:
            return min(LEAST, self._most)
        return self._most if is_sqlite(self._session) else min(FIRST, self._most)

    @property
    def alone(self) -> bool:
        """Whether nobody else has written lately, as far as was seen when it last looked."""
        return self._last_other() < time.monotonic() - LATELY_S

    def own(self) -> None:
        self._own += 1

    def worked(self, seconds: float) -> None:
        """It has rested if others write, and knows how many to take next."""
        self._look()
        if self.alone:
            self.size = min(self._most, self.size * GROWTH)
            return
        fitting = int(self.size * PIECE_S / max(seconds, 0.0001))
        self.size = min(self._most, max(LEAST, min(self.size * 2, fitting)))
        self.rest(seconds)

    def rest(self, seconds: float) -> None:
        time.sleep(min(LONGEST_REST_S, seconds * REST))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """What is read inside, however long, leaves others room while they write: on SQLite it rests in
        between, on PostgreSQL it takes one processor only. To be entered at the start of a transaction."""
        if not is_sqlite(self._session):
            if not self.alone:
                self._session.execute(sa.text("SET LOCAL max_parallel_workers_per_gather = 0"))
            yield
            return
        driver = cast(sqlite3.Connection, self._session.connection().connection.driver_connection)
        driver.set_progress_handler(self._between_steps(), LOOK_EVERY)
        try:
            yield
        finally:
            driver.set_progress_handler(None, 0)

    def _between_steps(self) -> Callable[[], int]:
        began = time.perf_counter()

        def look() -> int:
            nonlocal began
            took = time.perf_counter() - began
            if took >= PIECE_S and not self.alone:
                self.rest(took)
                began = time.perf_counter()
            elif self.alone:
                began = time.perf_counter()
            return 0

        return look

    def _look(self) -> None:
        """PostgreSQL numbers whoever writes: more numbers than ours were others, of whatever process."""
        if is_sqlite(self._session):
            return
        before, self._number = self._number, self._newest()
        if self._number - before > self._own:
            self._seen_at = time.monotonic()
        self._own = 0

    def _last_other(self) -> float:
        return max(self._seen_at, self._writers.last_of_others())

    def _newest(self) -> int:
        if is_sqlite(self._session):
            return 0
        return int(_WRITES.all(self._session)[0][0])
