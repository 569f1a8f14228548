"""A rate card as a frozen value: what it says, and how it is written as JSON."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gig.core.businesstime import BusinessZone, business_zone

ANY = "*"
TIERS = ("gold", "silver", "bronze", "limited", "retrain", "trainee")
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60

BASE_MIN_FEN, BASE_MAX_FEN = 50, 400
PERCENT_MIN, PERCENT_MAX = 100, 500


def clock_text(minute: int) -> str:
    """`630` → `10:30`; the end of a day is `24:00`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def weekdays_of(text: str) -> frozenset[int] | None:
    """`mon-fri,sun` → {0, 1, 2, 3, 4, 6}; None when it is not days and ranges in the week's order."""
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if first not in DAY_NAMES or (dash and last not in DAY_NAMES):
            return None
        start = DAY_NAMES.index(first)
        end = DAY_NAMES.index(last) if dash else start
        if end < start:
            return None
        days.update(range(start, end + 1))
    return frozenset(days)


@dataclass(frozen=True)
class BaseRow:
    """What one reply pays before any multiplier; `*` stands for every queue, issue type or tier."""

    queue: str
    issue_type: str
    tier: str
    fen: int

    @property
    def key(self) -> tuple[str, str, str]:
        return self.queue, self.issue_type, self.tier

    def to_json(self) -> dict[str, Any]:
        return {"queue": self.queue, "issue_type": self.issue_type, "tier": self.tier, "fen": self.fen}


@dataclass(frozen=True)
class Hours:
    """`[start, end)` in minutes of the day it starts on; an end not after its start is the next day's."""

    start: int
    end: int
    percent: int
    name: str

    @property
    def stop(self) -> int:
        """The end, counted from the midnight before the start: past 1440 when it crosses midnight."""
        return self.end if self.end > self.start else self.end + DAY_MINUTES

    @property
    def clock(self) -> str:
        return f"{clock_text(self.start)}–{clock_text(self.end)}"

    def to_json(self) -> dict[str, Any]:
        return {
            "from": clock_text(self.start),
            "to": clock_text(self.end),
            "percent": self.percent,
            "name": self.name,
        }


@dataclass(frozen=True)
class WeeklyBand:
    """Hours of some weekdays: `days` as written, `weekdays` as 0 (Monday) to 6."""

    days: str
    weekdays: frozenset[int]
    hours: Hours

    def to_json(self) -> dict[str, Any]:
        return {"days": self.days, **self.hours.to_json()}


@dataclass(frozen=True)
class DatedBands:
    """The hours that start on one date, in place of the weekly ones that would."""

    date: dt.date
    hours: tuple[Hours, ...]

    def to_json(self) -> dict[str, Any]:
        return {"date": self.date.isoformat(), "bands": [hours.to_json() for hours in self.hours]}


@dataclass(frozen=True)
class LateTier:
    """Beyond `over_s` seconds, `percent` of the gross is lost."""

    over_s: int
    percent: int

    def to_json(self) -> dict[str, Any]:
        return {"over_s": self.over_s, "percent": self.percent}


@dataclass(frozen=True)
class RateCard:
    """One version of the prices. Only `validate` and `seed_card` make one, so it breaks no rule."""

    name: str
    valid_from: dt.datetime
    timezone: str
    reply_within_s: int
    claim_expires_s: int
    max_paid_replies: int
    triage_fee_fen: int
    base: tuple[BaseRow, ...]
    bands: tuple[WeeklyBand, ...]
    dates: tuple[DatedBands, ...]
    late: tuple[LateTier, ...]

    @property
    def zone(self) -> BusinessZone:
        return business_zone(self.timezone)

    def base_fen(self, queue: str, issue_type: str, tier: str) -> int:
        """The most specific row wins: queue first, then issue type, then tier."""
        rows = self._fen_by_key
        for a_queue in (queue, ANY):
            for an_issue in (issue_type, ANY):
                for a_tier in (tier, ANY):
                    fen = rows.get((a_queue, an_issue, a_tier))
                    if fen is not None:
                        return fen
        raise LookupError("a rate card has a row for *,*,*")

    def hours_starting_on(self, day: dt.date) -> tuple[Hours, ...]:
        """The hours whose start is on this day: a date's own, else the weekday's."""
        dated = self._hours_by_date.get(day)
        return self._hours_by_weekday[day.weekday()] if dated is None else dated

    def to_json(self) -> dict[str, Any]:
        """The card as the API answers and the editor exports it."""
        return {
            "name": self.name,
            "valid_from": self.zone.local(self.valid_from).isoformat(),
            "timezone": self.timezone,
            "reply_within_s": self.reply_within_s,
            "claim_expires_s": self.claim_expires_s,
            "max_paid_replies": self.max_paid_replies,
            "triage_fee_fen": self.triage_fee_fen,
            "base": [row.to_json() for row in self.base],
            "bands": [band.to_json() for band in self.bands],
            "dates": [entry.to_json() for entry in self.dates],
            "late": [tier.to_json() for tier in self.late],
        }

    @cached_property
    def _fen_by_key(self) -> dict[tuple[str, str, str], int]:
        return {row.key: row.fen for row in self.base}

    @cached_property
    def _hours_by_weekday(self) -> tuple[tuple[Hours, ...], ...]:
        return tuple(tuple(band.hours for band in self.bands if day in band.weekdays) for day in range(7))

    @cached_property
    def _hours_by_date(self) -> dict[dt.date, tuple[Hours, ...]]:
        return {entry.date: entry.hours for entry in self.dates}
