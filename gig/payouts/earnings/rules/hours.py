"""How long an agent was at work, and what an hour of it paid.

Active is every moment in which the agent was online, or one of their clocks on an answered turn was running
(away and offline agents may still answer). A moment in which both hold, or several clocks run, counts once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from gig.core.money import half_up

Span = tuple[dt.datetime, dt.datetime]
"""Half-open: [start, end)."""

ZERO = dt.timedelta(0)
ENOUGH = dt.timedelta(minutes=10)
"""Less active time than this says nothing about an hour."""


@dataclass(frozen=True)
class Active:
    """`answering` is the part of `whole` in which a clock was running; the rest was waiting for work."""

    whole: dt.timedelta
    answering: dt.timedelta

    @property
    def waiting(self) -> dt.timedelta:
        return self.whole - self.answering


def union(spans: Iterable[Span], since: dt.datetime, until: dt.datetime) -> list[Span]:
    """The moments of `[since, until)` that lie in at least one of the spans, as spans that do not touch."""
    cut = sorted((max(start, since), min(end, until)) for start, end in spans)
    joined: list[Span] = []
    for start, end in cut:
        if end <= start:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def length(spans: Iterable[Span]) -> dt.timedelta:
    return sum((end - start for start, end in spans), ZERO)


def active(online: Iterable[Span], clocks: Iterable[Span], since: dt.datetime, until: dt.datetime) -> Active:
    """The active time of the span."""
    answering = union(clocks, since, until)
    whole = union([*union(online, since, until), *answering], since, until)
    return Active(length(whole), length(answering))


def hourly_fen(pay_fen: int, worked: dt.timedelta) -> int | None:
    """What an hour paid, in fen, half up; None below ten active minutes, which would say nothing."""
    if worked < ENOUGH:
        return None
    tick = dt.timedelta(microseconds=1)
    return half_up(pay_fen * (dt.timedelta(hours=1) // tick), worked // tick)
