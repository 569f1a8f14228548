"""The threads of this process that write to one database: who waits, and when the others wrote last."""

from __future__ import annotations

import threading
import time
from typing import cast

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

GIVEN_WAY = 100
"""How many half milliseconds a long work waits at most for those who want to write."""


class Writers:
    """Who writes to one database from this process; on SQLite one thread at a time, which may again."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._counting = threading.Lock()
        self._last: tuple[int, float] = (0, float("-inf"))
        self._last_other = float("-inf")
        self.waiting = 0

    def acquire(self) -> None:
        if self._lock.acquire(blocking=False):
            return
        with self._counting:
            self.waiting += 1
        self._lock.acquire()
        with self._counting:
            self.waiting -= 1

    def release(self) -> None:
        self._lock.release()

    def wrote(self) -> None:
        """This thread has just written."""
        thread, at = self._last
        me = threading.get_ident()
        if thread != me:
            self._last_other = at
        self._last = (me, time.monotonic())

    def last_of_others(self, me: int) -> float:
        """When, on the monotonic clock, another thread than `me` last wrote, if `me` has written lately."""
        thread, at = self._last
        return at if thread != me else self._last_other


_writers: dict[sa.URL, Writers] = {}
_writers_guard = threading.Lock()


def writers_of(session: Session) -> Writers:
    """Those of this process who write to the session's database."""
    return writers_to(cast(Engine, session.get_bind()))


def writers_to(engine: Engine) -> Writers:
    """Those of this process who write to the engine's database."""
    found = _writers.get(engine.url)
    if found is None:
        with _writers_guard:
            found = _writers.setdefault(engine.url, Writers())
    return found


def others_wait_to_write(session: Session) -> bool:
    """Whether threads of this process waited for the one writer (SQLite); they are let in before this
    returns, so that a long work in short transactions delays nobody by more than one of them."""
    writers, waited = writers_of(session), False
    for _ in range(GIVEN_WAY):
        if not writers.waiting:
            break
        waited = True
        time.sleep(0.0005)
    return waited
