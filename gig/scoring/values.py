"""The words of scoring, what each kind of event is worth, and the numbers that ops may change."""

from __future__ import annotations

from typing import Literal, get_args

from gig.core.text import N_
from gig.core.tunables import Tunable, declare
from gig.scoring.rules.score import Part

Kind = Literal[
    "on_time",
    "late",
    "missed",
    "resolved",
    "returned",
    "rating",
    "not_solved",
    "qc",
    "release_over",
    "violation_minor",
    "violation_major",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
VIOLATIONS: tuple[Kind, ...] = ("release_over", "violation_minor", "violation_major")

PART_OF: dict[str, Part] = {
    "on_time": Part.TIMELINESS,
    "late": Part.TIMELINESS,
    "missed": Part.TIMELINESS,
    "resolved": Part.RESOLUTION,
    "rating": Part.SATISFACTION,
    "qc": Part.QUALITY,
}
"""The part of the score that an event of this kind is an observation of."""

SPOILS: tuple[str, ...] = ("returned", "not_solved")
"""What turns an earlier resolution into one that did not solve it."""

WINDOW_MOVED = "window-moved"
"""The name of a change that no event made: days left the 30-day window or violations faded."""

EXCUSED = "excused"
"""The name of a change that took an event out: the platform had failed."""

APPEALED = "appealed"
"""The name of a change that took an event out: the agent's appeal was right."""

APPEALABLE: tuple[Kind, ...] = (
    "late",
    "missed",
    "rating",
    "qc",
    "release_over",
    "violation_minor",
    "violation_major",
)
"""What an agent may appeal against: what the rules, a customer or a person held against them."""

declare(
    Tunable("scoring.release_over_points", 1, 0, 100, N_("超过每日免费释放次数，每次扣分"), "ops"),
    Tunable("scoring.violation_minor_points", 2, 0, 100, N_("轻微违规，每次扣分"), "ops"),
    Tunable("scoring.violation_major_points", 10, 0, 100, N_("严重违规，每次扣分"), "ops"),
    Tunable("scoring.gold_tenths", 920, 0, 1000, N_("金牌的最低分（十分之一分）"), "ops"),
    Tunable("scoring.silver_tenths", 850, 0, 1000, N_("银牌的最低分（十分之一分）"), "ops"),
    Tunable("scoring.bronze_tenths", 700, 0, 1000, N_("铜牌的最低分（十分之一分）"), "ops"),
    Tunable("scoring.limited_tenths", 600, 0, 1000, N_("受限的最低分（十分之一分）"), "ops"),
)
