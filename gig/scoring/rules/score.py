"""The score: four parts, each an estimate that starts at a prior, in exact fractions.

estimate = (k·p + Σx) / (k + n)
score    = clamp(100 · Σ w·estimate − violation points, 0, 100), one decimal, half up
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from gig.core.money import half_up

WINDOW_DAYS = 30


class Part(enum.StrEnum):
    TIMELINESS = "timeliness"
    RESOLUTION = "resolution"
    SATISFACTION = "satisfaction"
    QUALITY = "quality"


class Grade(enum.StrEnum):
    """How well a reply solved the question, as quality control grades it: 敷衍, 传声筒, 解决, 惊喜."""

    BRUSH_OFF = "brush_off"
    RELAY = "relay"
    SOLVED = "solved"
    DELIGHT = "delight"


GRADE_VALUES: Mapping[Grade, Fraction] = {
    Grade.BRUSH_OFF: Fraction(0),
    Grade.RELAY: Fraction(40, 100),
    Grade.SOLVED: Fraction(85, 100),
    Grade.DELIGHT: Fraction(1),
}


@dataclass(frozen=True)
class PartRule:
    """What is believed before anything is seen (`prior`, worth `strength` observations), and the weight."""

    prior: Fraction
    strength: int
    weight: Fraction


PART_RULES: Mapping[Part, PartRule] = {
    Part.TIMELINESS: PartRule(Fraction(90, 100), 20, Fraction(35, 100)),
    Part.RESOLUTION: PartRule(Fraction(85, 100), 10, Fraction(25, 100)),
    Part.SATISFACTION: PartRule(Fraction(80, 100), 10, Fraction(25, 100)),
    Part.QUALITY: PartRule(Fraction(80, 100), 5, Fraction(15, 100)),
}


@dataclass(frozen=True)
class Observed:
    """`n` observations whose values, each from 0 to 1, add up to `total`."""

    n: int = 0
    total: Fraction = Fraction(0)

    @classmethod
    def of(cls, values: Iterable[Fraction | int]) -> Observed:
        seen = [Fraction(value) for value in values]
        return cls(len(seen), sum(seen, Fraction(0)))

    @property
    def mean(self) -> Fraction | None:
        return self.total / self.n if self.n else None


@dataclass(frozen=True)
class Violation:
    """Points lost on a business day."""

    points: int
    day: dt.date


@dataclass(frozen=True)
class ScoredPart:
    """One part of a score with everything that made it, for the page that explains it."""

    part: Part
    observed: Observed
    rule: PartRule

    @property
    def estimate(self) -> Fraction:
        rule = self.rule
        return (rule.strength * rule.prior + self.observed.total) / (rule.strength + self.observed.n)

    @property
    def points(self) -> Fraction:
        """What the part gives to the score, out of `most`."""
        return 100 * self.rule.weight * self.estimate

    @property
    def most(self) -> Fraction:
        return 100 * self.rule.weight


@dataclass(frozen=True)
class Score:
    """A score with its parts; `tenths` is the figure that is shown and that decides the tier."""

    parts: tuple[ScoredPart, ...]
    violation_points: Fraction

    @property
    def exact(self) -> Fraction:
        earned = sum((part.points for part in self.parts), Fraction(0))
        return min(max(earned - self.violation_points, Fraction(0)), Fraction(100))

    @property
    def tenths(self) -> int:
        return tenths(self.exact)

    def __str__(self) -> str:
        return one_decimal(self.exact)


def score(
    observed: Mapping[Part, Observed], violations: Iterable[Violation] = (), *, today: dt.date
) -> Score:
    """The score of what was observed in the window that ends with `today`; always all four parts."""
    parts = tuple(ScoredPart(part, observed.get(part, Observed()), rule) for part, rule in PART_RULES.items())
    return Score(parts, sum((faded(violation, today=today) for violation in violations), Fraction(0)))


def faded(violation: Violation, *, today: dt.date) -> Fraction:
    """What is left of a violation's points: a straight line to 0 over 30 whole days."""
    age = (today - violation.day).days
    if age < 0:
        return Fraction(0)
    return Fraction(violation.points * max(WINDOW_DAYS - age, 0), WINDOW_DAYS)


def window_start(today: dt.date) -> dt.date:
    """The first business day of the rolling window; today is its last."""
    return today - dt.timedelta(days=WINDOW_DAYS - 1)


def stars_value(stars: int) -> Fraction:
    """One star is 0, five are 1."""
    return Fraction(stars - 1, 4)


def tenths(value: Fraction) -> int:
    """`84.75` → 848: half up to one decimal, as a whole number of tenths."""
    return half_up((value * 10).numerator, (value * 10).denominator)


def one_decimal(value: Fraction) -> str:
    """`84.75` → `84.8`."""
    whole, rest = divmod(tenths(value), 10)
    return f"{whole}.{rest}"


@dataclass(frozen=True)
class PartExplained:
    """A part in figures ready to be printed."""

    part: Part
    n: int
    observed_percent: str | None
    prior_percent: str
    strength: int
    estimate_percent: str
    weight_percent: str
    points: str
    most: str


def explain(scored: Score) -> tuple[PartExplained, ...]:
    """Each part with its n, what was seen, what was believed before, and what it gives."""
    return tuple(
        PartExplained(
            part=each.part,
            n=each.observed.n,
            observed_percent=None if each.observed.mean is None else one_decimal(100 * each.observed.mean),
            prior_percent=one_decimal(100 * each.rule.prior),
            strength=each.rule.strength,
            estimate_percent=one_decimal(100 * each.estimate),
            weight_percent=one_decimal(100 * each.rule.weight),
            points=one_decimal(each.points),
            most=one_decimal(each.most),
        )
        for each in scored.parts
    )
