"""Finds hours that would both hold at one moment, over the week and around each date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gig.core.text import N_, Sentence
from gig.payouts.rates.rules.card import DAY_MINUTES, Hours
from gig.payouts.rates.rules.faults import FaultList

WEEKDAY_WORDS = (N_("周一"), N_("周二"), N_("周三"), N_("周四"), N_("周五"), N_("周六"), N_("周日"))


@dataclass(frozen=True)
class Placed:
    """Hours with the place in the document that they were read from."""

    pointer: str
    hours: Hours


@dataclass(frozen=True)
class _Start:
    """Hours that start on one named day, `offset` minutes after the first of two neighbouring days."""

    placed: Placed
    day: Sentence
    offset: int

    @property
    def begins(self) -> int:
        return self.placed.hours.start + self.offset

    @property
    def stops(self) -> int:
        return self.placed.hours.stop + self.offset

    @property
    def words(self) -> Sentence:
        """As a fault names it: the day, the hours, and what they are called."""
        hours = self.placed.hours
        said = {"day": self.day, "clock": hours.clock, "name": Sentence(hours.name)}
        return Sentence(N_("%(day)s %(clock)s「%(name)s」") if hours.name else "%(day)s %(clock)s", said)


def note_overlaps(
    weekly: Sequence[tuple[frozenset[int], Placed]],
    dated: Mapping[dt.date, Sequence[Placed]],
    faults: FaultList,
) -> None:
    """Adds one fault for each pair of entries that meet anywhere, naming both."""
    seen: set[frozenset[str]] = set()
    for one, other in [*_over_the_week(weekly), *_around_dates(weekly, dated)]:
        pair = frozenset((one.placed.pointer, other.placed.pointer))
        if pair in seen:
            continue
        seen.add(pair)
        later = max(pair, key=_document_order)
        faults.add(
            later,
            N_("时段重叠：%(one)s 与 %(other)s。一个时刻只能属于一个时段。"),
            one=one.words,
            other=other.words,
        )


def _document_order(pointer: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(step), "") if step.isdigit() else (0, step) for step in pointer.split("/"))


def _over_the_week(weekly: Sequence[tuple[frozenset[int], Placed]]) -> Iterator[tuple[_Start, _Start]]:
    for day in range(7):
        tomorrow = (day + 1) % 7
        today = [_Start(placed, Sentence(WEEKDAY_WORDS[day]), 0) for days, placed in weekly if day in days]
        following = [
            _Start(placed, Sentence(WEEKDAY_WORDS[tomorrow]), DAY_MINUTES)
            for days, placed in weekly
            if tomorrow in days
        ]
        yield from _meeting_within(today)
        yield from _meeting(today, following)


def _around_dates(
    weekly: Sequence[tuple[frozenset[int], Placed]], dated: Mapping[dt.date, Sequence[Placed]]
) -> Iterator[tuple[_Start, _Start]]:
    def on(day: dt.date, offset: int) -> list[_Start]:
        if day in dated:
            return [_Start(placed, Sentence(day.isoformat()), offset) for placed in dated[day]]
        weekday = {"date": day.isoformat(), "weekday": Sentence(WEEKDAY_WORDS[day.weekday()])}
        words = Sentence("%(date)s %(weekday)s", weekday)
        return [_Start(placed, words, offset) for days, placed in weekly if day.weekday() in days]

    for day in sorted(dated):
        today = on(day, 0)
        yield from _meeting_within(today)
        if day > dt.date.min:
            yield from _meeting(on(day - dt.timedelta(days=1), -DAY_MINUTES), today)
        if day < dt.date.max:
            yield from _meeting(today, on(day + dt.timedelta(days=1), DAY_MINUTES))


def _meeting_within(starts: Sequence[_Start]) -> Iterator[tuple[_Start, _Start]]:
    for index, one in enumerate(starts):
        yield from _meeting([one], starts[index + 1 :])


def _meeting(earlier: Sequence[_Start], later: Sequence[_Start]) -> Iterator[tuple[_Start, _Start]]:
    for one in earlier:
        for other in later:
            if one.begins < other.stops and other.begins < one.stops:
                yield one, other
