"""Deadlines of appeals, and what the rules say of a case."""

from __future__ import annotations

import datetime as dt

import pytest

from gig.quality.rules.deadlines import clock, due_at, may_file
from gig.quality.rules.matching import Facts, match

THEN = dt.datetime(2026, 11, 18, 5, tzinfo=dt.UTC)
TICK = dt.timedelta(microseconds=1)
DAY = dt.timedelta(days=1)


def test_seven_days_to_the_microsecond_are_in_time() -> None:
    assert may_file(THEN, THEN + 7 * DAY)
    assert not may_file(THEN, THEN + 7 * DAY + TICK)


def test_an_appeal_is_due_nine_days_after_filing() -> None:
    assert due_at(THEN) == THEN + 9 * DAY


@pytest.mark.parametrize(
    ("left", "tone", "over"),
    [
        (3 * DAY, "b", False),
        (2 * DAY, "b", False),
        (2 * DAY - dt.timedelta(seconds=1), "w", False),
        (dt.timedelta(0), "w", False),
        (-TICK, "r", True),
        (-DAY, "r", True),
    ],
)
def test_a_deadline_says_how_urgent_it_is(left: dt.timedelta, tone: str, over: bool) -> None:
    found = clock(THEN + left, THEN)
    assert (found.tone, found.over) == (tone, over)


def test_a_late_reply_is_matched_with_the_tier_that_took_its_share() -> None:
    found = match(Facts("late", latency_us=71_300_000, late_over_s=60, late_percent=20))
    assert found.advice == "keep"
    assert (
        str(found.words) == "用时 71.3 秒，超过 60 秒扣 20%（60 秒内全额）；没有平台故障的记录，按规则维持。"
    )


def test_a_clock_that_met_an_outage_is_to_be_upheld() -> None:
    met = ((THEN, THEN + DAY),)
    assert match(Facts("late", latency_us=71_300_000, outages=met)).advice == "uphold"
    assert match(Facts("missed", outages=met)).advice == "uphold"


def test_what_was_excused_before_needs_no_advice() -> None:
    assert match(Facts("late", excused=True, outages=((THEN, THEN + DAY),))).advice == "look"


def test_a_miss_with_words_in_it_is_to_be_looked_at() -> None:
    assert match(Facts("missed", holding=2)).advice == "look"
    assert match(Facts("missed")).advice == "keep"


@pytest.mark.parametrize("kind", ["rating", "qc", "release_over", "violation_minor"])
def test_no_rule_decides_what_a_person_judged(kind: str) -> None:
    assert match(Facts(kind)).advice == "look"
