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
Figures = tuple[int, ...]
"""The same figure of the card before, of the one after and of the one that has told already, if any."""
Case = tuple[str, str, str]
_Hours = tuple[Sequence[Hours], Sequence[Hours]]
"""What starts on a day, and what started on the one before."""


@dataclass(frozen=True)
class _Stretch:
    """Hours of one weekday or date in which each card has one multiplier."""

    day: str
    start: int
    end: int
    percents: Figures


@dataclass(frozen=True)
class _Lower:
    """Where one card pays less than another: cases with the prices, stretches, and what holds everywhere."""

    bases: list[tuple[Case, Figures]]
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
    days before. It goes by what a reply is paid, for every case, at every minute, however late, whatever of
    the cards makes it so: empty when each reply that pays less than `value` pays less than `before` too.
    """
    found = _lower(value, after, before)
    return [*_base_cuts(found.bases), *_hour_cuts(_joined(found.stretches)), *found.everywhere]


def _lower(before: RateCard, after: RateCard, *told: RateCard) -> _Lower:
    """`told`: the card against which agents know already what `after` lowers; that is left out."""
    cards = (before, after, *told)
    bases, stretches, lates = _bases(*cards), list(_stretches(*cards)), _lates(*cards)
    lower = _lowered(
        {base for _, base in bases}, {each.percents for each in stretches}, {late for _, late in lates}
    )
    later = [at for at, late in lates if late in lower[2] and late[1] > late[0]]
    return _Lower(
        [each for each in bases if each[1] in lower[0] and each[1][1] < each[1][0]],
        [each for each in stretches if each.percents in lower[1] and each.percents[1] < each.percents[0]],
        [*_late_cuts(before, after, later), *_limit_cuts(*cards)],
    )


def _lowered(
    bases: set[Figures], percents: set[Figures], lates: set[Figures]
) -> tuple[set[Figures], set[Figures], set[Figures]]:
    """The figures that take part in any reply that pays less, and of which nobody was told."""
    found: tuple[set[Figures], set[Figures], set[Figures]] = (set(), set(), set())
    for base in bases:
        for percent in percents:
            for late in lates:
                old, new, *told = (_pay(*figures) for figures in zip(base, percent, late, strict=True))
                if new < old and not any(new < known for known in told):
                    for figures, each in zip(found, (base, percent, late), strict=True):
                        figures.add(each)
    return found


def _pay(base_fen: int, percent: int, lost: int) -> int:
    gross_fen = half_up_percent(base_fen, percent)
    return gross_fen - half_up_percent(gross_fen, lost)


def _bases(*cards: RateCard) -> list[tuple[Case, Figures]]:
    """Every case that any of the cards tells apart, with what each pays for it."""
    rows = [row for card in cards for row in card.base]
    found = []
    for queue in dict.fromkeys((ANY, *(row.queue for row in rows))):
        issues = (row.issue_type for row in rows if row.queue in (queue, ANY))
        for issue_type in dict.fromkeys((ANY, *issues)):
            for tier in TIERS:
                case = (queue, issue_type, tier)
                found.append((case, tuple(card.base_fen(*case) for card in cards)))
    return found


def _base_cuts(found: list[tuple[Case, Figures]]) -> Iterator[Difference]:
    """One line a case; a case that only repeats what a wider one says is left out."""
    tiers: dict[tuple[str, str], dict[str, Figures]] = {}
    for (queue, issue_type, tier), base in found:
        tiers.setdefault((queue, issue_type), {})[tier] = base[:2]
    lines: dict[Case, Figures] = {}
    for (queue, issue_type), pairs in tiers.items():
        everywhere = len(pairs) == len(TIERS) and len(set(pairs.values())) == 1
        for tier, pair in {ANY: next(iter(pairs.values()))}.items() if everywhere else pairs.items():
            wider = ((queue, ANY, tier), (ANY, issue_type, tier), (ANY, ANY, tier))
            if not any(lines.get(case) == pair for case in wider):
                lines[queue, issue_type, tier] = pair
    for case, (was, now) in lines.items():
        yield Difference("base", ",".join(case), yuan(was), yuan(now), row=BaseRow(*case, now))


def _stretches(*cards: RateCard) -> Iterator[_Stretch]:
    """The days of the week, then each date that any of the cards names, and the night after it; cut wherever
    one of them changes, with the multiplier of each. Dates count from the second one's beginning on."""
    after = cards[1]

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
    for start, end in pairwise(sorted(edges)):
        yield _Stretch(day, start, end, tuple(_percent(*each, start) for each in cards))


def _joined(stretches: Sequence[_Stretch]) -> list[_Stretch]:
    """Neighbours that say the same are one."""
    found: list[_Stretch] = []
    for each in stretches:
        last = found[-1] if found else None
        if last and (last.day, last.end, last.percents[:2]) == (each.day, each.start, each.percents[:2]):
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
        was, now = (f"×{multiplier(percent)}" for percent in each.percents[:2])
        yield Difference("hours", f"{each.day} {clock_text(each.start)}–{clock_text(each.end)}", was, now)


def _lates(*cards: RateCard) -> list[tuple[int, Figures]]:
    """Which share of the gross is lost at every latency (in half seconds) at which a card changes it."""
    edges = {0}
    for card in cards:
        for over_s in (*(tier.over_s for tier in card.late), card.claim_expires_s):
            edges |= {over_s * 2, over_s * 2 + 1}
    return [(edge, tuple(_lost(card, edge) for card in cards)) for edge in sorted(edges)]


def _lost(card: RateCard, half_seconds: int) -> int:
    if half_seconds > card.claim_expires_s * 2:
        return 100
    passed = [tier.percent for tier in card.late if tier.over_s * 2 < half_seconds]
    return passed[-1] if passed else 0


def _late_cuts(before: RateCard, after: RateCard, lower: Sequence[int]) -> Iterator[Difference]:
    """`lower`: the latencies at which a larger share is lost, beyond the end of the claim all of it."""
    ends = after.claim_expires_s * 2
    if any(at > ends for at in lower):
        yield Difference("limit", "claim_expires_s", str(before.claim_expires_s), str(after.claim_expires_s))
    if any(at <= ends for at in lower):
        yield Difference("late", "late", late_text(before), late_text(after))


def _limit_cuts(before: RateCard, after: RateCard, *told: RateCard) -> Iterator[Difference]:
    limit: Callable[[RateCard, str], int] = getattr
    for name in ("max_paid_replies", "triage_fee_fen"):
        was, now, *known = (limit(card, name) for card in (before, after, *told))
        if now < was and not any(now < each for each in known):
            yield Difference("limit", name, str(was), str(now))
