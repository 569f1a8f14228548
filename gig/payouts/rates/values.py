"""The numbers of rate cards."""

from __future__ import annotations

from gig.core import tunables
from gig.core.text import N_
from gig.core.tunables import Tunable

NOTICE_DAYS = Tunable(
    "rate_notice_days", 7, 0, 60, N_("降价要提前几天公布（天）"), "finance", looser="smaller"
)

tunables.declare(NOTICE_DAYS)
