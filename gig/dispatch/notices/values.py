"""The numbers of notices, and what may be said in one."""

from __future__ import annotations

from gig.core import tunables
from gig.core.text import N_
from gig.core.tunables import Tunable

AN_HOUR = Tunable("notices_an_hour", 6, 1, 60, N_("运营每小时最多发几条通知"), "ops")
tunables.declare(AN_HOUR)

TEXT_MOST = 120
MINUTES = (1, 24 * 60)
BROADCAST = ("all", "online", "away", "queue")
