"""What this hour may bring: what the same hour of the same weekday brought, and nothing more.

No average is promised and nothing is smoothed: the range is from the least to the most that was seen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gig.core.money import half_up
from gig.payouts.earnings.rules.hours import Span, length, union

WEEKS = 8
"""So many weeks are looked back."""

LEAST = 4
"""Fewer hours than this are no range."""

PRESENT = dt.timedelta(minutes=30)
"""An hour counts in which the agent was online for so long."""

HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Forecast:
    """`seen` hours of the same kind paid from `low` to `high`; without `enough` of them there is no range."""

    seen: int
    low_fen: int = 0
    middle_fen: int = 0
    high_fen: int = 0

    @property
    def enough(self) -> bool:
        return self.seen >= LEAST


def forecast(
    hours: Sequence[Span], online: Iterable[Span], paid: Iterable[tuple[dt.datetime, int]]
) -> Forecast:
    """From the earlier hours, the agent's time online, and (when, fen) of what was paid."""
    spans, pays = list(online), list(paid)
    amounts = sorted(
        sum(fen for at, fen in pays if start <= at < end)
        for start, end in hours
        if length(union(spans, start, end)) >= PRESENT
    )
    if len(amounts) < LEAST:
        return Forecast(len(amounts))
    return Forecast(len(amounts), amounts[0], median(amounts), amounts[-1])


def median(amounts: Sequence[int]) -> int:
    """The middle one of sorted amounts; of an even number, half up between the two in the middle."""
    half, odd = divmod(len(amounts), 2)
    return amounts[half] if odd else half_up(amounts[half - 1] + amounts[half], 2)
