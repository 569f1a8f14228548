"""Why an agent may not claim now."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from gig.dispatch.rules.eligibility import Claimer, Policy, Waiting, bucket_of, opens_at, refusal

START = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


def after(seconds: float) -> dt.datetime:
    return START + dt.timedelta(seconds=seconds)


def a_claimer(**changes: Any) -> Claimer:
    usual: dict[str, Any] = {
        "agent_id": "amy",
        "stage": "active",
        "presence": "online",
        "tier": "gold",
        "skills": frozenset({"refund"}),
        "owned": 0,
    }
    return Claimer(**usual | changes)


def a_waiting(**changes: Any) -> Waiting:
    usual: dict[str, Any] = {
        "inquiry_id": "i",
        "queue": "refund",
        "queue_is_easy": False,
        "state": "open",
        "owner_id": None,
        "queued_at": START,
        "entered_at": START,
        "bucket": 0,
    }
    return Waiting(**usual | changes)


def refused(claimer: Claimer, inquiry: Waiting, seconds: float = 60) -> str | None:
    found = refusal(claimer, inquiry, Policy(), now=after(seconds))
    if found is None:
        return None
    assert str(found)
    return str(found.params.get("reason", found.slug))


def test_an_agent_who_fits_may_claim() -> None:
    assert refused(a_claimer(), a_waiting(), 0) is None


def test_holding_it_already_is_no_refusal() -> None:
    assert refused(a_claimer(owned=9), a_waiting(state="claimed", owner_id="amy")) is None


@pytest.mark.parametrize(
    ("claimer", "inquiry", "reason"),
    [
        ({}, {"state": "claimed", "owner_id": "bob"}, "already-claimed"),
        ({}, {"state": "resolved"}, "not-open"),
        ({}, {"state": "abandoned"}, "not-open"),
        ({"stage": "suspended"}, {}, "suspended"),
        ({"stage": "applicant"}, {}, "not-active"),
        ({"presence": "away"}, {}, "not-online"),
        ({"presence": "offline"}, {}, "not-online"),
        ({"skills": frozenset({"delivery"})}, {}, "no-skill"),
        ({"owned": 5}, {}, "limit-reached"),
        ({"tier": "retrain"}, {}, "limit-reached"),
        ({}, {"kept_until": after(59.999999)}, "clock-spent"),
    ],
)
def test_a_refusal_names_its_reason(claimer: dict[str, Any], inquiry: dict[str, Any], reason: str) -> None:
    assert refused(a_claimer(**claimer), a_waiting(**inquiry)) == reason


def test_a_kept_clock_may_be_taken_up_to_its_last_moment() -> None:
    assert refused(a_claimer(), a_waiting(kept_until=after(60))) is None


@pytest.mark.parametrize(
    ("tier", "limit"), [("gold", 5), ("silver", 4), ("bronze", 3), ("trainee", 2), ("limited", 1)]
)
def test_each_tier_has_its_limit(tier: str, limit: int) -> None:
    assert refused(a_claimer(tier=tier, owned=limit - 1), a_waiting()) is None
    assert refused(a_claimer(tier=tier, owned=limit), a_waiting()) == "limit-reached"


@pytest.mark.parametrize(("tier", "seconds"), [("gold", 0), ("silver", 2), ("bronze", 4), ("trainee", 4)])
def test_better_tiers_have_a_head_start_from_the_latest_entry_to_the_feed(tier: str, seconds: int) -> None:
    claimer, inquiry = a_claimer(tier=tier), a_waiting(queued_at=after(-900))
    assert opens_at(claimer, inquiry, Policy()) == after(seconds)
    assert refused(claimer, inquiry, seconds) is None
    if seconds:
        assert refused(claimer, inquiry, seconds - 0.001) == "head-start"


def test_a_refusal_says_how_many_seconds_are_left() -> None:
    found = refusal(a_claimer(tier="bronze"), a_waiting(), Policy(), now=after(1.5))
    assert found is not None
    assert (found.slug, found.params["wait_s"], "3 秒" in str(found)) == ("not-eligible", 3, True)


def test_a_share_of_easy_inquiries_is_for_trainees_alone_at_first() -> None:
    shared = a_waiting(queue_is_easy=True, bucket=19)
    assert refused(a_claimer(), shared, 14.999) == "trainee-share"
    assert refused(a_claimer(), shared, 15) is None
    assert refused(a_claimer(tier="trainee"), shared, 4) is None
    assert refused(a_claimer(), a_waiting(queue_is_easy=True, bucket=20), 0) is None
    assert refused(a_claimer(), a_waiting(queue_is_easy=False, bucket=0), 0) is None


def test_a_returning_customer_s_former_owner_sees_it_alone_for_a_while() -> None:
    reserved = a_waiting(reserved_for="amy", reserved_until=after(20))
    assert refused(a_claimer(tier="bronze"), reserved, 0) is None
    assert refused(a_claimer(agent_id="bob"), reserved, 19.999) == "reserved"
    assert refused(a_claimer(agent_id="bob"), reserved, 20) is None


def test_buckets_are_spread_evenly_and_never_change() -> None:
    counts = [0] * 100
    for number in range(5000):
        counts[bucket_of(f"inquiry-{number}")] += 1
    assert 0.17 < sum(counts[:20]) / 5000 < 0.23
    assert min(counts) > 20
    assert bucket_of("inquiry-1") == bucket_of("inquiry-1")
