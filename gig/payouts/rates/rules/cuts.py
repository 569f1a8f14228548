"""What a card pays less than the one before it, for anybody: what agents must be told in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from gig.core.money import half_up_percent, multiplier, yuan
from gig.payouts.rates.rules.bands import PLAIN
from gig.payouts.rates.rules.card import ANY, DAY_MINUTES, TIERS, BaseRow, Hours, RateCard, clock_text
from gig.payouts.rates.rules.comparison import Difference, late_text
from gig.payouts.rates.rules.overlaps import WEEKDAY_WORDS

_DAY = dt.timedelta(days=1)
Pair = tuple[int, int]
Case = tuple[str, str, str]
_Hours = tuple[Sequence[Hours], Sequence[Hours]]
"""What starts on a day, and what started on the one before."""


@dataclass(frozen=True)
class _Stretch:
    """Hours of one weekday or date in which both cards have one multiplier each."""

    day: str
    start: int
    end: int
    percents: Pair

    @property
    def place(self) -> tuple[str, int]:
        return self.day, self.start


@dataclass(frozen=True)
class _Lower:
    """Where one card pays less than another: cases with both prices, stretches, and what holds everywhere."""

    bases: list[tuple[Case, Pair]]
    stretches: list[_Stretch]
    everywhere: list[Difference]


def cuts(before: RateCard, after: RateCard) -> list[Difference]:
    """Everything of which `after` pays somebody less, each with what it was; empty when nobody loses.

    A lower base in hours with a higher multiplier is no cut where the reply pays the same or more: what
    counts is the pay of a reply, for every case, at every moment from `after.valid_from` on, however late.
    """
    found = _lower(before, after)
    return [*_base_cuts(found.bases), *_hour_cuts(found.stretches), *found.everywhere]


def untold(before: RateCard, value: RateCard, after: RateCard) -> list[Difference]:
    """What `after` lowers against `value`, but for what it lowers against `before` as well.

    That is told already: who knows that refunds pay 1.50 from Monday on knows so whatever they pay on the
    days before. It goes by what is paid, case by case and minute by minute, however the cards word it.
    """
    found, told = _lower(value, after, before), _lower(before, after, value)
    cases = {case for case, _ in told.bases}
    places = {each.place for each in told.stretches}
    known = {(each.what, each.subject, each.after) for each in told.everywhere}
    return [
        *_base_cuts([each for each in found.bases if each[0] not in cases]),
        *_hour_cuts(_joined([each for each in found.stretches if each.place not in places])),
        *(each for each in found.everywhere if (each.what, each.subject, each.after) not in known),
    ]


def _lower(before: RateCard, after: RateCard, *also: RateCard) -> _Lower:
    """`also`: cards that tell apart more cases and hours than these two do."""
    bases = _base_pairs(before, after, *also)
    stretches = list(_stretches(before, after, *also))
    lates = _late_pairs(before, after)
    lower = _lowered(
        {pair for _, pair in bases}, {each.percents for each in stretches}, {pair for _, pair in lates}
    )
    later = any(pair in lower[2] and pair[1] > pair[0] for _, pair in lates)
    return _Lower(
        [each for each in bases if each[1] in lower[0] and each[1][1] < each[1][0]],
        [each for each in stretches if each.percents in lower[1] and each.percents[1] < each.percents[0]],
        [*_late_cuts(before, after, later), *_limit_cuts(before, after)],
    )


def _lowered(
    bases: set[Pair], percents: set[Pair], lates: set[Pair]
) -> tuple[set[Pair], set[Pair], set[Pair]]:
    """The pairs that take part in any reply that pays less."""
    found: tuple[set[Pair], set[Pair], set[Pair]] = (set(), set(), set())
    for base in bases:
        for percent in percents:
            for late in lates:
                old, new = (_pay(base[n], percent[n], late[n]) for n in (0, 1))
                if new < old:
                    for pairs, pair in zip(found, (base, percent, late), strict=True):
                        pairs.add(pair)
    return found


def _pay(base_fen: int, percent: int, lost: int) -> int:
    gross_fen = half_up_percent(base_fen, percent)
    return gross_fen - half_up_percent(gross_fen, lost)


def _base_pairs(before: RateCard, after: RateCard, *also: RateCard) -> list[tuple[Case, Pair]]:
    """Every case that any of the cards tells apart, with the first two's prices."""
    rows = [row for card in (before, after, *also) for row in card.base]
    found = []
    for queue in dict.fromkeys((ANY, *(row.queue for row in rows))):
        issues = (row.issue_type for row in rows if row.queue in (queue, ANY))
        for issue_type in dict.fromkeys((ANY, *issues)):
            for tier in TIERS:
                case = (queue, issue_type, tier)
                found.append((case, (before.base_fen(*case), after.base_fen(*case))))
    return found


def _base_cuts(found: list[tuple[Case, Pair]]) -> Iterator[Difference]:
    """One line a case; a case that only repeats what a wider one says is left out."""
    tiers: dict[tuple[str, str], dict[str, Pair]] = {}
    for (queue, issue_type, tier), pair in found:
        tiers.setdefault((queue, issue_type), {})[tier] = pair
    lines: dict[Case, Pair] = {}
    for (queue, issue_type), pairs in tiers.items():
        everywhere = len(pairs) == len(TIERS) and len(set(pairs.values())) == 1
        for tier, pair in {ANY: next(iter(pairs.values()))}.items() if everywhere else pairs.items():
            wider = ((queue, ANY, tier), (ANY, issue_type, tier), (ANY, ANY, tier))
            if not any(lines.get(case) == pair for case in wider):
                lines[queue, issue_type, tier] = pair
    for case, (was, now) in lines.items():
        yield Difference("base", ",".join(case), yuan(was), yuan(now), row=BaseRow(*case, now))


def _stretches(before: RateCard, after: RateCard, *also: RateCard) -> Iterator[_Stretch]:
    """The days of the week, then each date that any of the cards names, and the night after it; cut wherever
    one of them changes, with the first two's multipliers."""
    cards = (before, after, *also)

    def weekly(card: RateCard) -> list[tuple[Hours, ...]]:
        return [tuple(band.hours for band in card.bands if day in band.weekdays) for day in range(7)]

    weeks = [weekly(card) for card in cards]
    for day in range(7):
        yield from _of_day(WEEKDAY_WORDS[day], [(week[day], week[day - 1]) for week in weeks])
    first = after.zone.day_of(after.valid_from)
    named = {entry.date for card in cards for entry in card.dates}
    for date in sorted({*named, *(date + _DAY for date in named)}):
        if date >= first:
            hours = [(card.hours_starting_on(date), card.hours_starting_on(date - _DAY)) for card in cards]
            yield from _of_day(date.isoformat(), hours)


def _of_day(day: str, cards: Sequence[_Hours]) -> Iterator[_Stretch]:
    edges = {0, DAY_MINUTES}
    for today, yesterday in cards:
        edges |= {edge for hours in today for edge in (hours.start, min(hours.stop, DAY_MINUTES))}
        edges |= {hours.stop - DAY_MINUTES for hours in yesterday if hours.stop > DAY_MINUTES}
    was, now = cards[:2]
    for start, end in pairwise(sorted(edges)):
        yield _Stretch(day, start, end, (_percent(*was, start), _percent(*now, start)))


def _joined(stretches: Sequence[_Stretch]) -> list[_Stretch]:
    """Neighbours that say the same are one."""
    found: list[_Stretch] = []
    for each in stretches:
        last = found[-1] if found else None
        if last and (last.day, last.end, last.percents) == (each.day, each.start, each.percents):
            found[-1] = replace(last, end=each.end)
        else:
            found.append(each)
    return found


def _percent(today: Sequence[Hours], yesterday: Sequence[Hours], minute: int) -> int:
    for hours in today:
        if hours.start <= minute < hours.stop:
            return hours.percent
    return next((hours.percent for hours in yesterday if minute + DAY_MINUTES < hours.stop), PLAIN)


def _hour_cuts(stretches: list[_Stretch]) -> Iterator[Difference]:
    for each in stretches:
        was, now = (f"×{multiplier(percent)}" for percent in each.percents)
        yield Difference("hours", f"{each.day} {clock_text(each.start)}–{clock_text(each.end)}", was, now)


def _late_pairs(before: RateCard, after: RateCard) -> list[tuple[int, Pair]]:
    """Which share of the gross is lost at every latency at which either card changes its mind."""
    edges = {0}
    for card in (before, after):
        for over_s in (*(tier.over_s for tier in card.late), card.claim_expires_s):
            edges |= {over_s * 2, over_s * 2 + 1}
    return [(edge, (_lost(before, edge), _lost(after, edge))) for edge in sorted(edges)]


def _lost(card: RateCard, half_seconds: int) -> int:
    if half_seconds > card.claim_expires_s * 2:
        return 100
    passed = [tier.percent for tier in card.late if tier.over_s * 2 < half_seconds]
    return passed[-1] if passed else 0


def _late_cuts(before: RateCard, after: RateCard, lower: bool) -> Iterator[Difference]:
    if not lower:
        return
    if after.claim_expires_s < before.claim_expires_s:
        was, now = str(before.claim_expires_s), str(after.claim_expires_s)
        yield Difference("limit", "claim_expires_s", was, now)
    if after.late != before.late:
        yield Difference("late", "late", late_text(before), late_text(after))


def _limit_cuts(before: RateCard, after: RateCard) -> Iterator[Difference]:
    limit: Callable[[RateCard, str], int] = getattr
    for name in ("max_paid_replies", "triage_fee_fen"):
        was, now = limit(before, name), limit(after, name)
        if now < was:
            yield Difference("limit", name, str(was), str(now))
