"""The score and the tier that follows."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gig.scoring.rules.score import (
    GRADE_VALUES,
    PART_RULES,
    Observed,
    Part,
    Violation,
    explain,
    faded,
    score,
    stars_value,
    window_start,
)
from gig.scoring.rules.tiers import Standing, Thresholds, tonight
from tests.rules.examples import QUICK

TODAY = dt.date(2026, 11, 20)
OBSERVED = st.integers(0, 200).flatmap(lambda n: st.integers(0, n).map(lambda x: Observed(n, Fraction(x))))


def test_without_any_event_the_score_is_84_8() -> None:
    nothing = score({}, today=TODAY)
    assert nothing.exact == Fraction(8475, 100)
    assert (str(nothing), nothing.tenths) == ("84.8", 848)


def test_the_weights_make_up_the_whole() -> None:
    assert sum(rule.weight for rule in PART_RULES.values()) == 1


def test_each_part_starts_at_its_prior_and_moves_with_what_is_seen() -> None:
    seen = score(
        {
            Part.TIMELINESS: Observed(20, Fraction(20)),
            Part.SATISFACTION: Observed.of(map(stars_value, (5, 5, 1))),
            Part.QUALITY: Observed.of(GRADE_VALUES.values()),
        },
        today=TODAY,
    )
    estimates = {part.part: part.estimate for part in seen.parts}
    assert estimates == {
        Part.TIMELINESS: Fraction(38, 40),
        Part.RESOLUTION: Fraction(85, 100),
        Part.SATISFACTION: Fraction(10, 13),
        Part.QUALITY: Fraction(625, 900),
    }
    assert seen.exact == sum(
        (100 * PART_RULES[part].weight * estimate for part, estimate in estimates.items()), Fraction(0)
    )


@pytest.mark.parametrize(("age", "left"), [(0, 10), (3, 9), (15, 5), (29, Fraction(1, 3)), (30, 0), (99, 0)])
def test_violation_points_fade_in_a_straight_line_by_whole_days(age: int, left: Fraction) -> None:
    assert faded(Violation(10, TODAY - dt.timedelta(days=age)), today=TODAY) == left


def test_the_score_stays_between_0_and_100() -> None:
    assert str(score({}, [Violation(10, TODAY)] * 20, today=TODAY)) == "0.0"
    perfect = {part: Observed(10**9, Fraction(10**9)) for part in Part}
    assert str(score(perfect, today=TODAY)) == "100.0"


@QUICK
@given(st.fixed_dictionaries(dict.fromkeys(Part, OBSERVED)), st.sampled_from(Part))
def test_one_more_good_observation_never_lowers_the_score(seen: dict[Part, Observed], part: Part) -> None:
    better = seen | {part: Observed(seen[part].n + 1, seen[part].total + 1)}
    assert score(better, today=TODAY).exact >= score(seen, today=TODAY).exact


def test_the_page_shows_every_part_with_its_n() -> None:
    parts = explain(score({Part.TIMELINESS: Observed(3, Fraction(2))}, today=TODAY))
    assert [part.part for part in parts] == list(Part)
    first = parts[0]
    assert (first.n, first.observed_percent, first.prior_percent, first.strength) == (3, "66.7", "90.0", 20)
    assert (first.estimate_percent, first.points, first.most) == ("87.0", "30.4", "35.0")
    assert parts[1].observed_percent is None


def test_the_window_is_thirty_days_with_today() -> None:
    assert (TODAY - window_start(TODAY)).days == 29


@pytest.mark.parametrize(
    ("tenths", "tier"),
    [
        (1000, "gold"),
        (920, "gold"),
        (919, "silver"),
        (850, "silver"),
        (849, "bronze"),
        (700, "bronze"),
        (699, "limited"),
        (600, "limited"),
        (599, "retrain"),
        (0, "retrain"),
    ],
)
def test_tiers_begin_at_their_thresholds(tenths: int, tier: str) -> None:
    assert Thresholds().tier_of(tenths) == tier


def _nights(start: Standing, *scores: int) -> list[str]:
    tiers = []
    for tenths in scores:
        start = tonight(start, score_tenths=tenths, answered_turns=20, on_probation=False)
        tiers.append(start.tier)
    return tiers


def test_a_tier_is_lost_on_the_third_night_below_and_won_at_once() -> None:
    assert _nights(Standing("gold"), 860, 860, 860) == ["gold", "gold", "silver"]
    assert _nights(Standing("gold"), 860, 860, 930, 860, 860, 650) == ["gold"] * 5 + ["limited"]
    assert _nights(Standing("retrain"), 930) == ["gold"]


@pytest.mark.parametrize(
    ("tenths", "answered", "probation", "tier"),
    [(950, 19, False, "trainee"), (950, 90, True, "trainee"), (650, 20, False, "limited")],
)
def test_until_twenty_answered_turns_and_through_probation_everyone_is_a_trainee(
    tenths: int, answered: int, probation: bool, tier: str
) -> None:
    found = tonight(Standing("trainee"), score_tenths=tenths, answered_turns=answered, on_probation=probation)
    assert found == Standing(tier)
