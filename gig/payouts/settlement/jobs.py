"""What the clock does for settlement."""

from __future__ import annotations

import datetime as dt

from gig.core.text import N_
from gig.payouts.settlement.operations.closing import close_due
from gig.scheduler import Job


def _close(now: dt.datetime) -> str | None:
    return ", ".join(close_due(now=now)) or None


JOBS = (Job("settlement.close", every_s=60, run=_close, words=N_("到时间自动关账")),)
