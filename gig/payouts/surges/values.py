"""What bounds a surge. Ops begin them; how much one may cost is finance's to say."""

from __future__ import annotations

from gig.core import tunables
from gig.core.text import N_
from gig.core.tunables import Tunable

PERCENT_LEAST = 10
MOST_PERCENT = Tunable(
    "surge_most_percent", 100, 10, 400, N_("一次临时加成最多加多少（%）"), "finance", "larger"
)
MOST_MINUTES = Tunable("surge_most_minutes", 180, 5, 720, N_("一次临时加成最长多少分钟"), "finance", "larger")
MOST_BUDGET = Tunable(
    "surge_most_budget_fen", 50_000, 0, 10_000_000, N_("一次临时加成最多的预算（分）"), "finance", "larger"
)

tunables.declare(MOST_PERCENT, MOST_MINUTES, MOST_BUDGET)

OBJECT = "surge"
TIME_OVER = N_("到时结束")
