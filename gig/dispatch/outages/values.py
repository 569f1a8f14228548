"""What bounds an outage window. Ops record them; how long one may be is finance's to say."""

from __future__ import annotations

import datetime as dt

from gig.core import tunables
from gig.core.text import N_
from gig.core.tunables import Tunable

MOST_MINUTES = Tunable(
    "outage_most_minutes", 240, 1, 2880, N_("一次平台故障最长记多少分钟"), "finance", "larger"
)
tunables.declare(MOST_MINUTES)

LONGEST_AGO = dt.timedelta(days=30)
"""As far back as scores look."""
MARGIN = dt.timedelta(seconds=30)
"""How long after the last clock's end the sweep has surely told of it."""
TOLD_FOR = dt.timedelta(days=7)
WORDS = N_("平台故障，已返还")
"""What the ledger, and so the earning and the statement, say of the money."""
