"""How often somebody may do what costs us much, counted over all processes while Redis is there.

What money or identity depends on is limited in the database instead (logins, registrations). These limits
protect the machines only: without Redis each process counts for itself, and nothing else changes.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

import redis

from gig.core.errors import TooMany
from gig.core.text import N_

log = logging.getLogger(__name__)

PATIENCE_S = 0.2
WITHOUT_REDIS_S = 5.0
"""After a failure Redis is left alone for so long."""
MOST_REMEMBERED = 50_000


@dataclass(frozen=True)
class Limit:
    """`most` times in each stretch of `per_s` seconds."""

    name: str
    most: int
    per_s: int


class Limits:
    """The counters of one application. `spend` counts, and raises TooMany for what is beyond the limit."""

    def __init__(self, redis_url: str | None) -> None:
        self._redis: redis.Redis | None = None
        if redis_url:
            self._redis = redis.Redis.from_url(
                redis_url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S, retry=None
            )
        self._alone_until = 0.0
        self._mine: dict[str, int] = {}
        self._mine_guard = threading.Lock()

    def spend(self, limit: Limit, who: str, *, now: float) -> None:
        """One more time. `now`: real seconds since the epoch."""
        stretch = int(now // limit.per_s)
        key = f"gig:limit:{limit.name}:{who}:{stretch}"
        count = self._shared(key, limit.per_s)
        if count is None:
            count = self._own(key)
        if count > limit.most:
            wait = int((stretch + 1) * limit.per_s - now) + 1
            raise TooMany(N_("太频繁了，%(wait)s 秒后再试。"), retry_after_s=wait, wait=wait)

    def _shared(self, key: str, per_s: int) -> int | None:
        if self._redis is None or time.monotonic() < self._alone_until:
            return None
        try:
            asking = self._redis.pipeline(transaction=False)
            asking.incr(key)
            asking.expire(key, per_s * 2)
            counted = asking.execute()[0]
        except (redis.RedisError, OSError) as error:
            log.warning("limits are counted in each process: %s", type(error).__name__)
            self._alone_until = time.monotonic() + WITHOUT_REDIS_S
            return None
        return int(counted)

    def _own(self, key: str) -> int:
        with self._mine_guard:
            if len(self._mine) >= MOST_REMEMBERED:
                self._mine.clear()
            self._mine[key] = self._mine.get(key, 0) + 1
            return self._mine[key]
