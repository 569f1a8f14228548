"""What time brings about in the library."""

from __future__ import annotations

import datetime as dt

from flask import current_app

from gig.core.businesstime import business_zone
from gig.core.text import N_
from gig.dispatch.scripts.operations.figures import count_uses
from gig.scheduler.jobs import Job


def count(now: dt.datetime) -> str | None:
    """The figures of the latest days are as the messages say."""
    made = count_uses(zone=business_zone(current_app.config["GIG_TIMEZONE"]), now=now)
    return f"{made} counted" if made else None


JOBS = (Job("scripts.count", 600, count, words=N_("统计话术用得怎么样")),)
