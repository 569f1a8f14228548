"""What breaks during an evening, and how it comes back: as an init system would bring it, a second later."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.site import Host, Site, until

RESTARTED_AFTER_S = 1.0
REDIS_AWAY_S = 10.0
FAIL_OVER_S = 15.0


@dataclass(frozen=True)
class Breakage:
    """Due at this share of the evening. `act` returns once what broke has been started again or replaced.

    Where another takes over, it says how many seconds that took.
    """

    share: float
    what: str
    act: Callable[[Site], float | None]


@dataclass(frozen=True)
class Broken:
    """`at_s` after the beginning; `whole_s` later every process served, heard and rang again.

    `amid_work`: people were still there. `taken_over_s` is how long the work of what broke lay still, where
    another takes it over; the rest until the site is whole is a new process that starts.
    """

    what: str
    at_s: float
    whole_s: float
    amid_work: bool
    taken_over_s: float | None = None

    def __str__(self) -> str:
        taken_over = "" if self.taken_over_s is None else f"taken over {self.taken_over_s:.1f} s later, "
        return f"{self.what}: {taken_over}whole again {self.whole_s:.1f} s later"


def break_(site: Site, breakage: Breakage, *, began: float, amid_work: bool) -> Broken:
    """It has broken, and the site is whole again."""
    at = time.monotonic()
    taken_over_s = breakage.act(site)
    until(site.is_whole, *site.hosts)
    return Broken(breakage.what, at - began, time.monotonic() - at, amid_work, taken_over_s)


def _worker(site: Site) -> None:
    first, *_ = before = site.web.workers()
    os.kill(first, signal.SIGKILL)
    until(lambda: len(site.web.workers()) == len(before) and first not in site.web.workers(), site.web)


def _redis(site: Site) -> None:
    site.redis.kill()
    until(lambda: site.live.says("/live/health", alive=True, bell=False), site.live)
    time.sleep(REDIS_AWAY_S)
    site.redis.start()


def _leader(site: Site) -> float:
    leader, heir = sorted(site.schedulers, key=lambda host: not host.leads())
    at = time.monotonic()
    leader.kill()
    until(heir.leads, heir, seconds=FAIL_OVER_S)
    taken_over_s = time.monotonic() - at
    leader.start()
    return taken_over_s


def _postgres(site: Site) -> None:
    site.postgres.restart()


def _again(host: Host) -> None:
    host.kill()
    time.sleep(RESTARTED_AFTER_S)
    host.start()


BREAKAGES = (
    Breakage(0.08, "a web worker killed (SIGKILL)", _worker),
    Breakage(0.20, f"Redis killed, away for {REDIS_AWAY_S:.0f} s, started empty", _redis),
    Breakage(0.35, "the leading scheduler killed", _leader),
    Breakage(0.50, "PostgreSQL crashed and restarted", _postgres),
    Breakage(0.64, "the live process killed", lambda site: _again(site.live)),
    Breakage(0.76, "the whole web host killed, both workers at once", lambda site: _again(site.web)),
    Breakage(0.90, "a web worker killed (SIGKILL) once more", _worker),
)
