"""How fast a long work goes on: at full speed while alone, in short pieces with rests while others write.

Who claims or replies meanwhile shares two things with a long work: on SQLite the one writer, and on any
machine the processors. So whoever works for long asks its pace how much to do next, and tells it how long
that took.
"""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Protocol, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import clock
from gig.core.db import is_sqlite
from gig.core.outbox import OutboxEvent
from gig.core.prepared import Prepared
from gig.core.writers import writers_of

PIECE_S, LOCKED_S = 0.006, 0.002
"""While others write a piece is to take about so long, or so long if it holds SQLite's one writer."""
REST, REST_BESIDE_A_SERVER = 6.0, 12.0
"""So many times as long is rested after it: on SQLite a piece delays who writes just then, on PostgreSQL
whoever wants one of the processors, and there everybody wants them twice."""
LATELY_S = 0.5
"""Others write as long as their last write is not older than this."""
LONGEST_REST_S = 0.1
LEAST, GROWTH = 50, 4
"""It never takes fewer than the least: what a piece costs besides, a commit above all, would be most of it.
It takes so many times more as long as nobody else writes."""
HEARD = 20
"""So many of the newest events tell at the start whether agents or customers of any process are at work."""
LOOK_EVERY = 20_000
"""Steps of SQLite's machine (less than a millisecond) between two looks at how long a reading has taken."""
BEHIND = 10
"""So much nicer than the process is the thread that reads while others write: it gets a tenth where both
want the same processor, and makes room at once for who wakes up."""

_WRITES = Prepared(sa.select(sa.literal_column("pg_snapshot_xmax(pg_current_snapshot())::text::bigint")))

Clock = Callable[[], float]
T = TypeVar("T")


class Others(Protocol):
    """Those who write to the same database."""

    def look(self, own: int) -> None:
        """It knows who has written since it looked last, but for `own` transactions of the work itself."""

    def last(self) -> float:
        """When, on the monotonic clock, any of them last wrote, as far as is known."""


class Pace:
    """The pace of one work on one thread; it says `own()` after each transaction in which it has written."""

    def __init__(
        self,
        others: Others,
        *,
        most: int,
        least: int = LEAST,
        piece_s: float = PIECE_S,
        rest: float = REST,
        monotonic: Clock = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._others, self._monotonic, self._sleep = others, monotonic, sleep
        self._most, self._least = most, min(least, most)
        self._piece_s, self._rest = piece_s, rest
        self._own = 0
        self.size = most if self.alone else self._least
        """How many to take next."""

    @property
    def alone(self) -> bool:
        """Whether nobody else has written lately, as far as was seen when it last looked."""
        return self._others.last() < self._monotonic() - LATELY_S

    def own(self) -> None:
        self._own += 1

    def worked(self, seconds: float) -> None:
        """It has rested if others write, and knows how many to take next."""
        self._others.look(self._own)
        self._own = 0
        if self.alone:
            self.size = min(self._most, self.size * GROWTH)
            return
        fitting = int(self.size * self._piece_s / max(seconds, 0.0001))
        self.size = min(self._most, max(self._least, min(self.size * 2, fitting)))
        self.rest(seconds)

    def rest(self, seconds: float) -> None:
        self._sleep(min(LONGEST_REST_S, seconds * self._rest))

    def between_steps(self) -> Callable[[], int]:
        """What SQLite is to call again and again while it reads: it rests after each piece."""
        began = self._monotonic()

        def look() -> int:
            nonlocal began
            took = self._monotonic() - began
            if self.alone:
                began = self._monotonic()
            elif took >= self._piece_s:
                self.rest(took)
                began = self._monotonic()
            return 0

        return look


def pace_of(session: Session, *, most: int, least: int = LEAST, piece_s: float = PIECE_S) -> Pace:
    """The pace of a work in the session's database."""
    if is_sqlite(session):
        return Pace(InThisProcess(session), most=most, least=least, piece_s=piece_s)
    return Pace(Numbered(session), most=most, least=least, piece_s=piece_s, rest=REST_BESIDE_A_SERVER)


def gently(session: Session, pace: Pace, read: Callable[[], T]) -> T:
    """What `read` gives; however long it takes, others have room while they write. On SQLite it rests in
    between and whoever else wants the processor goes first, on PostgreSQL it takes one processor only.

    To be called at the start of a transaction.
    """
    if not is_sqlite(session):
        if not pace.alone:
            session.execute(sa.text("SET LOCAL max_parallel_workers_per_gather = 0"))
        return read()
    driver = cast(sqlite3.Connection, session.connection().connection.driver_connection)
    driver.set_progress_handler(pace.between_steps(), LOOK_EVERY)
    try:
        return read() if pace.alone else _behind_all_others(read)
    finally:
        driver.set_progress_handler(None, 0)


def _behind_all_others(read: Callable[[], T]) -> T:
    """It is done on a thread of its own, because none can ask for more of the processor again later. Only
    for reading: whoever holds a lock must not be kept waiting."""
    with ThreadPoolExecutor(1, "behind", initializer=_ask_for_less) as thread:
        return thread.submit(copy_context().run, read).result()


def _ask_for_less() -> None:
    if sys.platform == "linux":  # elsewhere a thread has no priority of its own
        nice = os.getpriority(os.PRIO_PROCESS, 0) + BEHIND
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)


class InThisProcess:
    """The other threads of this process, each of which says when it has written."""

    def __init__(self, session: Session) -> None:
        self._writers = writers_of(session)
        self._me = threading.get_ident()

    def look(self, own: int) -> None:
        """There is nothing to look at."""

    def last(self) -> float:
        return time.monotonic() if self._writers.waiting else self._writers.last_of_others(self._me)


class Numbered(InThisProcess):
    """PostgreSQL numbers whoever writes: more numbers than ours were others, of whatever process. At first,
    when there is nothing to compare with, events tell it: claims, replies and questions make some."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._seen_at = time.monotonic() if _heard_lately(session) else float("-inf")
        self._number = self._newest()

    def look(self, own: int) -> None:
        before, self._number = self._number, self._newest()
        if self._number - before > own:
            self._seen_at = time.monotonic()

    def last(self) -> float:
        return max(self._seen_at, super().last())

    def _newest(self) -> int:
        return int(_WRITES.all(self._session)[0][0])


def _heard_lately(session: Session) -> bool:
    """Whether an agent, a queue or a conversation had an event just now. What a whole office hears (`ops`,
    `finance`) comes from long works themselves: a close has just told finance that it begins."""
    since = clock.current().now() - dt.timedelta(seconds=LATELY_S * clock.current().speed)
    events = sa.select(OutboxEvent.topic, OutboxEvent.created_at).order_by(OutboxEvent.id.desc())
    return any(":" in topic and at >= since for topic, at in session.execute(events.limit(HEARD)))
