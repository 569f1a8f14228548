"""What one rate card changes against another, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gig.core.money import multiplier, yuan
from gig.core.text import N_, Sentence
from gig.payouts.rates.rules.card import BaseRow, Hours, RateCard
from gig.payouts.rates.rules.overlaps import WEEKDAY_WORDS

What = Literal["base", "hours", "date", "late", "limit"]


@dataclass(frozen=True)
class Difference:
    """One line of the comparison; `subject` is a base row, a day, a date or a field."""

    what: What
    subject: str
    before: str
    after: str
    row: BaseRow | None = None

    @property
    def sentence(self) -> Sentence:
        if not self.before:
            return Sentence(N_("%(subject)s：新增 %(after)s"), vars(self))
        if not self.after:
            return Sentence(N_("%(subject)s：去掉 %(before)s"), vars(self))
        return Sentence(N_("%(subject)s：%(before)s → %(after)s"), vars(self))


LIMITS = {
    "reply_within_s": N_("几秒内回复算准时"),
    "claim_expires_s": N_("几秒不回复就过期"),
    "max_paid_replies": N_("一单最多计费回复"),
    "triage_fee_fen": N_("转交费"),
}


def differences(before: RateCard, after: RateCard) -> list[Difference]:
    """Everything that is another in `after`, but its name and its instant."""
    return [*_base(before, after), *_hours(before, after), *_dates(before, after), *_limits(before, after)]


def base_before(before: RateCard, row: BaseRow) -> int:
    """What the card paid for this row's case, by the same row or by the one it fell back to."""
    return before.base_fen(*row.key)


def _base(before: RateCard, after: RateCard) -> list[Difference]:
    old = {row.key: row for row in before.base}
    new = {row.key: row for row in after.base}
    found = []
    for key in [*new, *(key for key in old if key not in new)]:
        was, now = old.get(key), new.get(key)
        if was == now:
            continue
        row = now or was
        found.append(
            Difference(
                "base", ",".join(key), yuan(was.fen) if was else "", yuan(now.fen) if now else "", row=row
            )
        )
    return found


def _hours(before: RateCard, after: RateCard) -> list[Difference]:
    return [
        Difference("hours", WEEKDAY_WORDS[day], hours_text(was), hours_text(now))
        for day, (was, now) in enumerate(zip(_week(before), _week(after), strict=True))
        if set(was) != set(now)
    ]


def _dates(before: RateCard, after: RateCard) -> list[Difference]:
    old = {entry.date: entry.hours for entry in before.dates}
    new = {entry.date: entry.hours for entry in after.dates}
    return [
        Difference(
            "date",
            day.isoformat(),
            hours_text(old[day]) if day in old else "",
            hours_text(new[day]) if day in new else "",
        )
        for day in sorted({*old, *new})
        if old.get(day) != new.get(day)
    ]


def _limits(before: RateCard, after: RateCard) -> list[Difference]:
    found = [
        Difference("limit", name, str(getattr(before, name)), str(getattr(after, name)))
        for name in LIMITS
        if getattr(before, name) != getattr(after, name)
    ]
    if before.late != after.late:
        found.append(Difference("late", "late", late_text(before), late_text(after)))
    return found


def week_of(card: RateCard) -> list[tuple[Hours, ...]]:
    """The hours that start on each weekday, dates aside, Monday first."""
    return _week(card)


def _week(card: RateCard) -> list[tuple[Hours, ...]]:
    return [tuple(band.hours for band in card.bands if day in band.weekdays) for day in range(7)]


def hours_text(hours: tuple[Hours, ...]) -> str:
    """`10:00–12:00 ×1.5, 17:00–20:00 ×2.0`; ×1.0 all day when there are none."""
    ordered = sorted(hours, key=lambda each: each.start)
    return ", ".join(f"{each.clock} ×{multiplier(each.percent)}" for each in ordered) or "×1.0"


def late_text(card: RateCard) -> str:
    """`>60 s 20%, >120 s 50%`"""
    return ", ".join(f">{tier.over_s} s {tier.percent}%" for tier in card.late)
