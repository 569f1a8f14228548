"""How long an agent may be online before a rest, counted from the spans that they were.

Only time online counts. A break shorter than a full rest does not begin a new stint; a new business day
begins a new day's count, and no new stint.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

NOTHING = dt.timedelta()
Span = tuple[dt.datetime, dt.datetime]
"""Online from the first instant up to, not with, the second."""

Why = Literal["stint", "day"]


@dataclass(frozen=True, slots=True)
class Limits:
    """After how long online a rest is due, how long it lasts, and how much a day may hold."""

    stint: dt.timedelta
    rest: dt.timedelta
    day: dt.timedelta


@dataclass(frozen=True, slots=True)
class Worked:
    """Time online without a full rest between, and since the business day began."""

    stint: dt.timedelta
    today: dt.timedelta
    until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Due:
    """When the next rest begins for somebody who is online from now on, why, and when it would end."""

    at: dt.datetime
    why: Why
    back_at: dt.datetime


def worked(spans: Sequence[Span], limits: Limits, *, day_start: dt.datetime, now: dt.datetime) -> Worked:
    """What the spans add up to. They are in order, do not overlap, and none ends after now."""
    stint, today, until = NOTHING, NOTHING, None
    for began, ended in spans:
        if until is not None and began - until >= limits.rest:
            stint = NOTHING
        stint += ended - began
        today += max(NOTHING, ended - max(began, day_start))
        until = ended
    if until is not None and now - until >= limits.rest:
        stint = NOTHING
    return Worked(stint, today, until)


def due(done: Worked, limits: Limits, *, now: dt.datetime, day_end: dt.datetime) -> Due:
    """The first limit that is reached if the agent stays online. At or before now: a rest is due at once."""
    stint_at = now + max(NOTHING, limits.stint - done.stint)
    day_at = now + max(NOTHING, limits.day - done.today)
    if day_at >= day_end:
        day_at, day_back = day_end + limits.day, day_end + dt.timedelta(days=1)
    else:
        day_back = day_end
    if day_at <= stint_at:
        return Due(day_at, "day", day_back)
    rested_from = done.until if done.until is not None and stint_at <= now else stint_at
    return Due(stint_at, "stint", rested_from + limits.rest)
