"""What the clock does for the book."""

from __future__ import annotations

from gig.core.text import N_
from gig.payouts.books.operations import check_night
from gig.scheduler import Job

JOBS = (
    Job(
        "books.check_night",
        every_s=600,
        run=lambda now: check_night(now=now),
        once=False,
        words=N_("每天凌晨 3 点后核对账本"),
    ),
)
