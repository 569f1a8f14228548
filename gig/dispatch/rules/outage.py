"""Whether a clock met a window in which the platform failed (RULES §4.4)."""

from __future__ import annotations

import datetime as dt


def meets(
    *,
    clock_started_at: dt.datetime,
    ended_at: dt.datetime,
    window_from: dt.datetime,
    window_until: dt.datetime,
) -> bool:
    """The clock ran over `[clock start, reply or expiry]`, both ends included; the window is half-open."""
    return clock_started_at < window_until and ended_at >= window_from
