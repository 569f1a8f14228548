"""What quality does by the clock."""

from __future__ import annotations

import datetime as dt

from gig.core.text import N_
from gig.quality.operations.deciding import ring_overdue
from gig.scheduler import Job

EVERY_S = 60


def _ring(now: dt.datetime) -> str | None:
    rung = ring_overdue(now=now)
    return f"{rung} overdue" if rung else None


JOBS = (
    Job("quality.ring_overdue", every_s=EVERY_S, run=_ring, once=False, words=N_("提醒审核处理超期的申诉")),
)
