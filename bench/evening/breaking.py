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
    """Due at this share of the evening. `act` returns once what broke has been started again or replaced."""

    share: float
    what: str
    act: Callable[[Site], None]


@dataclass(frozen=True)
class Broken:
    """`at_s` after the beginning; `whole_s` later every process served, heard and rang again.

    `amid_work`: people were still there.
    """

    what: str
    at_s: float
    whole_s: float
    amid_work: bool


def break_(site: Site, breakage: Breakage, *, began: float, amid_work: bool) -> Broken:
    """It has broken, and the site is whole again."""
    at = time.monotonic()
    breakage.act(site)
    until(site.is_whole, *site.hosts)
    return Broken(breakage.what, at - began, time.monotonic() - at, amid_work)


def _worker(site: Site) -> None:
    first, *_ = before = site.web.workers()
    os.kill(first, signal.SIGKILL)
    until(lambda: len(site.web.workers()) == len(before) and first not in site.web.workers(), site.web)


def _redis(site: Site) -> None:
    site.redis.kill()
    until(lambda: site.live.says("/live/health", alive=True, bell=False), site.live)
    time.sleep(REDIS_AWAY_S)
    site.redis.start()


def _leader(site: Site) -> None:
    leader, heir = sorted(site.schedulers, key=lambda host: not host.leads())
    leader.kill()
    until(heir.leads, heir, seconds=FAIL_OVER_S)
    leader.start()


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
