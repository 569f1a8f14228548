"""The only place that reads the time.

Every process of a deployment must agree on the time, so on PostgreSQL real time is that of the database
server (see `dbclock`), carried on between two askings by this machine's monotonic clock: a machine whose
own clock is wrong, or is set while it works, decides nothing. On SQLite there is one machine, and its clock.

Business time is real time or, for simulations, a shared clock that started at a stated instant and runs
at a stated speed (`GIG_CLOCK`); the real instant at which it was started is a row in the database.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass

from flask import g, has_request_context

UTC = dt.UTC


_agreed: tuple[dt.datetime, float] | None = None


def machine_now() -> dt.datetime:
    """What this machine's own clock shows, right or wrong."""
    return dt.datetime.now(UTC)


def real_now() -> dt.datetime:
    """The real instant that the deployment agrees on. For leases and tickets; never for pay."""
    agreed = _agreed
    if agreed is None:
        return machine_now()
    instant, counter = agreed
    return instant + dt.timedelta(seconds=time.monotonic() - counter)


def is_agreed() -> bool:
    """Whether real time comes from elsewhere than this machine."""
    return _agreed is not None


def agree(instant: dt.datetime | None, counter: float = 0.0) -> None:
    """Real time was `instant` when `time.monotonic()` was `counter`; None: the machine's own clock again."""
    global _agreed
    _agreed = None if instant is None else (instant, counter)


@dataclass(frozen=True)
class Clock:
    """Maps real seconds to business instants: `start + (real − anchor) × speed`."""

    start: dt.datetime | None = None
    anchor: dt.datetime | None = None
    speed: int = 1

    def now(self) -> dt.datetime:
        real = real_now()
        if self.start is None or self.anchor is None:
            return real
        return self.start + (real - self.anchor) * self.speed


_clock = Clock()


def use(clock: Clock) -> None:
    """From here on this process reads the given clock. Called once, at start."""
    global _clock
    _clock = clock


def current() -> Clock:
    return _clock


def now() -> dt.datetime:
    """The business instant, UTC with microseconds."""
    return _clock.now()


def stamp_request() -> None:
    """Fixes the request's instant; runs first, before any lock is waited for."""
    g.received_at = now()
    g.received_counter = time.perf_counter()


def really_received_at() -> dt.datetime:
    """When the current request entered the process, by the machine's own clock: before it read anything."""
    if not has_request_context():
        return real_now()
    received_at()
    return real_now() - dt.timedelta(seconds=time.perf_counter() - g.received_counter)


def received_at() -> dt.datetime:
    """When the current request entered the process: it decides latency, expiry, band and period."""
    if not has_request_context():
        return now()
    if "received_at" not in g:
        stamp_request()
    instant: dt.datetime = g.received_at
    return instant
