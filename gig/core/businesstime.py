"""Wall-clock days, weeks and periods of the one business zone, and the instants they begin and end at."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gig.core.text import N_

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)


class PeriodKind(enum.StrEnum):
    DAY = "day"
    WEEK = "week"
    HALF_MONTH = "half_month"
    MONTH = "month"


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant with its offset, as UTC; ValueError when it has none or is no instant."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(N_("时间要写成带时区的 ISO 8601，例如 2026-11-01T08:00:00+08:00。")) from None
    if instant.tzinfo is None:
        raise ValueError(N_("时间缺少时区，例如 +08:00 或 Z。"))
    if not 1900 <= instant.year <= 9900:
        raise ValueError(N_("时间的年份要在 1900 到 9900 之间。"))
    return instant.astimezone(UTC)


def format_instant(instant: datetime) -> str:
    """RFC 3339 in UTC: `2026-11-01T00:00:00Z`, with microseconds only where there are some."""
    if instant.tzinfo is None:
        raise ValueError("an instant has a zone")
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def period_start(kind: PeriodKind, day: date) -> date:
    """The latest boundary of this kind on or before the day."""
    match kind:
        case PeriodKind.DAY:
            return day
        case PeriodKind.WEEK:
            return day - timedelta(days=day.weekday())
        case PeriodKind.HALF_MONTH:
            return day.replace(day=16 if day.day >= 16 else 1)
        case PeriodKind.MONTH:
            return day.replace(day=1)


def period_end(kind: PeriodKind, first_day: date) -> date:
    """The first day after the period that begins on `first_day`: the next boundary of this kind.

    A first day that is no boundary itself (the kind was just changed) makes a stub up to it.
    """
    start = period_start(kind, first_day)
    match kind:
        case PeriodKind.DAY:
            return start + _DAY
        case PeriodKind.WEEK:
            return start + 7 * _DAY
        case PeriodKind.HALF_MONTH if start.day == 1:
            return start.replace(day=16)
        case PeriodKind.HALF_MONTH | PeriodKind.MONTH:
            return (start.replace(day=28) + 4 * _DAY).replace(day=1)


@dataclass(frozen=True)
class BusinessZone:
    """The zone whose wall clock decides bands, days and periods. Spans are half-open `[start, end)`."""

    name: str

    @cached_property
    def tzinfo(self) -> ZoneInfo:
        return ZoneInfo(self.name)

    def local(self, instant: datetime) -> datetime:
        """The wall clock at an instant."""
        if instant.tzinfo is None:
            raise ValueError("an instant has a zone")
        return instant.astimezone(self.tzinfo)

    def day_of(self, instant: datetime) -> date:
        """The business day that an instant belongs to."""
        return self.local(instant).date()

    def instants_of(self, wall: datetime) -> tuple[datetime, ...]:
        """When the wall clock shows this (naive) time: once, twice in a repeated hour.

        A time that is skipped stands for the moment of the skip.
        """
        first = wall.replace(tzinfo=self.tzinfo, fold=0).astimezone(UTC)
        second = wall.replace(tzinfo=self.tzinfo, fold=1).astimezone(UTC)
        if first == second:
            return (first,)
        if first < second:
            return (first, second)
        return (self._shift_between(second, first),)

    def start_of_day(self, day: date) -> datetime:
        """The first instant of a business day."""
        return self.instants_of(datetime.combine(day, time()))[0]

    def day_bounds(self, day: date) -> tuple[datetime, datetime]:
        """The instants `[start, end)` of a business day of 23, 24 or 25 hours."""
        return self.span(day, day + _DAY)

    def span(self, first_day: date, end_day: date) -> tuple[datetime, datetime]:
        """The instants `[start, end)` of the days from `first_day` up to but without `end_day`."""
        return self.start_of_day(first_day), self.start_of_day(end_day)

    def period_bounds(self, kind: PeriodKind, first_day: date) -> tuple[datetime, datetime]:
        """The instants of the period, or stub, that begins on `first_day`."""
        return self.span(first_day, period_end(kind, first_day))

    def shifts(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """The instants in `(start, end]` at which the wall clock jumps."""
        at = start
        while at < end:
            following = min(at + _DAY, end)
            if self._offset(at) != self._offset(following):
                yield self._shift_between(at, following)
            at = following

    def _offset(self, instant: datetime) -> timedelta:
        return self.local(instant).utcoffset() or timedelta(0)

    def _shift_between(self, before: datetime, after: datetime) -> datetime:
        """The first instant with the offset of `after`, given that `before` has another."""
        old = self._offset(before)
        while after - before > _TICK:
            middle = before + (after - before) / 2
            if self._offset(middle) == old:
                before = middle
            else:
                after = middle
        return after


@lru_cache(maxsize=8)
def business_zone(name: str) -> BusinessZone:
    """One shared value for each zone name."""
    return BusinessZone(name)
