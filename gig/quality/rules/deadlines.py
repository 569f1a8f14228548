"""How long an agent may appeal, and how long a reviewer may take (RULES §8)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from gig.payouts.earnings.values import appeal_until
from gig.quality.values import DECIDE_WITHIN, SOON


def may_file(happened_at: dt.datetime, now: dt.datetime) -> bool:
    """Seven days to the microsecond are still in time."""
    return now <= appeal_until(happened_at)


def due_at(filed_at: dt.datetime) -> dt.datetime:
    return filed_at + DECIDE_WITHIN


@dataclass(frozen=True)
class Clock:
    """What is left of a deadline."""

    until: dt.datetime
    left_s: int

    @property
    def over(self) -> bool:
        return self.left_s < 0

    @property
    def tone(self) -> str:
        """The tag that says how urgent it is: r when it has passed, w soon before, b otherwise."""
        if self.over:
            return "r"
        return "w" if self.left_s < SOON.total_seconds() else "b"


def clock(until: dt.datetime, now: dt.datetime) -> Clock:
    left = (until - now) // dt.timedelta(seconds=1)
    return Clock(until, left if until >= now else min(left, -1))
