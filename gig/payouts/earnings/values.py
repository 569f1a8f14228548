"""What the rule book fixes about what was earned."""

from __future__ import annotations

import datetime as dt

APPEAL_WITHIN = dt.timedelta(days=7)
"""So long after it an agent may appeal a penalty, a miss, a grade, a rating or a violation (RULES §8)."""


def appeal_until(happened_at: dt.datetime) -> dt.datetime:
    """The last instant at which an appeal against what happened then can be filed."""
    return happened_at + APPEAL_WITHIN
