"""What the clock does for adjustments."""

from __future__ import annotations

import datetime as dt

from gig.core.text import N_
from gig.payouts.adjustments.operations.back_pay import advance_runs
from gig.scheduler import Job


def _advance(now: dt.datetime) -> str | None:
    return ", ".join(advance_runs(now=now)) or None


JOBS = (Job("adjustments.back_pay", every_s=5, run=_advance, once=False, words=N_("计算和入账批量补发")),)
