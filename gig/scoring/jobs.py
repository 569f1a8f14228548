"""What scoring does by the clock."""

from __future__ import annotations

import datetime as dt

from gig.core.text import N_
from gig.scheduler import Job
from gig.scoring.operations.nightly import close_night
from gig.scoring.operations.scoring import take_in_events

SWEEP_S = 5
NIGHT_S = 60


def _take_in(now: dt.datetime) -> str | None:
    taken = take_in_events(now=now)
    return f"{taken} events" if taken else None


def _night(now: dt.datetime) -> str | None:
    nights = close_night(now=now)
    return f"{nights} agents" if nights else None


JOBS = (
    Job(
        "scoring.take_in_events",
        every_s=SWEEP_S,
        run=_take_in,
        once=False,
        words=N_("把新发生的事算进服务分"),
    ),
    Job("scoring.close_night", every_s=NIGHT_S, run=_night, once=False, words=N_("每晚重算服务分和等级")),
)
"""The night is asked for each minute and done in the first one after business midnight."""
