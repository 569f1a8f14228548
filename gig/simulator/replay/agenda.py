"""Deeds that become due in the server's time, for threads to take."""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from gig.simulator.http import ServerClock

Deed = Callable[[], None]
LOOK_UP_EVERY_S = 0.5


@dataclass
class Agenda:
    """A heap of deeds; `take` waits for the next one that is due."""

    clock: ServerClock
    _deeds: list[tuple[dt.datetime, int, Deed]] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _busy: int = 0

    def add(self, at: dt.datetime, deed: Deed) -> None:
        with self._changed:
            heapq.heappush(self._deeds, (at, next(self._numbers), deed))
            self._changed.notify()

    def after(self, seconds: float, deed: Deed) -> None:
        """The deed is due so many seconds of the server's time from now."""
        self.add(self.clock.now() + dt.timedelta(seconds=seconds), deed)

    @property
    def idle(self) -> bool:
        """Nothing is planned and nothing is being done."""
        with self._changed:
            return not self._deeds and not self._busy

    def take(self, stopped: threading.Event) -> Deed | None:
        """The next deed once it is due, None when stopped; `done()` must follow it."""
        with self._changed:
            while not stopped.is_set():
                wait = LOOK_UP_EVERY_S
                if self._deeds:
                    wait = self.clock.real_seconds_until(self._deeds[0][0])
                    if wait <= 0:
                        self._busy += 1
                        return heapq.heappop(self._deeds)[2]
                self._changed.wait(min(wait, LOOK_UP_EVERY_S))
        return None

    def done(self) -> None:
        with self._changed:
            self._busy -= 1
