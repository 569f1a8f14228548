"""How often one session may open streams: a page that reconnects without end is sent away for a while."""

from __future__ import annotations

import time
from collections.abc import Callable

AT_ONCE = 20
ONE_MORE_EVERY_S = 1.0
MANY = 10_000


class Door:
    """Lets a session in so many times at once, and once more each second. One number a session."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._spent_until: dict[str, float] = {}

    def opens(self, session_id: str) -> bool:
        """Whether the session may open a stream now; if so, it is counted."""
        now = self._monotonic()
        spent = max(self._spent_until.get(session_id, now), now) + ONE_MORE_EVERY_S
        if spent - now > AT_ONCE * ONE_MORE_EVERY_S:
            return False
        if len(self._spent_until) >= MANY:
            self._spent_until = {id: until for id, until in self._spent_until.items() if until > now}
        self._spent_until[session_id] = spent
        return True
