"""Whom a waiting inquiry is offered to."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gig.dispatch.rules.eligibility import Policy, Waiting
from gig.dispatch.rules.offers import Asking, Choice, Idle, assign, behind, suits, unanswered_in_row

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
POLICY = Policy()
QUEUES = ("refund", "quality")


def ago(seconds: float) -> dt.datetime:
    return NOW - dt.timedelta(seconds=seconds)


def an_agent(id: str = "amy", **changes: Any) -> Idle:
    usual: dict[str, Any] = {
        "agent_id": id,
        "tier": "bronze",
        "skills": {"refund": False},
        "load": 0,
        "score_tenths": 848,
        "idle_since": ago(60),
    }
    return Idle(**usual | changes)


def an_inquiry(id: str = "i", *, passed: frozenset[str] = frozenset(), **changes: Any) -> Asking:
    usual: dict[str, Any] = {
        "inquiry_id": id,
        "queue": "refund",
        "queue_is_easy": False,
        "state": "open",
        "owner_id": None,
        "queued_at": ago(30),
        "entered_at": ago(30),
        "bucket": 50,
    }
    return Asking(Waiting(**usual | changes), passed)


def asked(asking: list[Asking], idle: list[Idle]) -> dict[str, str]:
    choices = assign(asking, idle, POLICY, now=NOW)
    return {choice.inquiry_id: choice.agent.agent_id for choice in choices}


def test_the_order_is_load_then_score_then_longest_idle_then_id() -> None:
    agents = [
        an_agent("busy", load=1, score_tenths=990),
        an_agent("b", idle_since=ago(100)),
        an_agent("a", idle_since=ago(100)),
        an_agent("fresh", idle_since=ago(10)),
        an_agent("best", score_tenths=900, idle_since=ago(1)),
    ]
    waiting = [an_inquiry(str(number)) for number in range(5)]
    assert list(asked(waiting, agents).values()) == ["best", "a", "b", "fresh", "busy"]


def test_nobody_without_the_skill_is_asked() -> None:
    assert asked([an_inquiry(queue="quality")], [an_agent()]) == {}


def test_an_emergency_goes_to_a_senior_only() -> None:
    emergency = an_inquiry(emergency=True)
    assert asked([emergency], [an_agent()]) == {}
    assert asked([emergency], [an_agent(), an_agent("sen", load=1, skills={"refund": True})]) == {"i": "sen"}


def test_who_had_the_turn_or_was_asked_before_is_passed_over() -> None:
    assert asked([an_inquiry(passed=frozenset({"amy"}))], [an_agent(), an_agent("bob", load=1)]) == {
        "i": "bob"
    }


def test_nobody_is_asked_before_they_could_claim() -> None:
    just_back = an_inquiry(entered_at=ago(3))
    assert asked([just_back], [an_agent()]) == {}
    assert asked([just_back], [an_agent(tier="gold")]) == {"i": "amy"}


def test_what_put_another_first_is_the_first_figure_that_differs() -> None:
    mine = an_agent("m", load=1, idle_since=ago(50))
    assert behind(mine.rank, an_agent("a", score_tenths=1).rank) == "load"
    assert behind(mine.rank, an_agent("a", load=1, score_tenths=900).rank) == "score"
    assert behind(mine.rank, an_agent("a", load=1, idle_since=ago(51)).rank) == "idle"
    assert behind(mine.rank, an_agent("a", load=1, idle_since=ago(50)).rank) == "tie"
    assert behind(mine.rank, an_agent("a", load=2).rank) is None


def test_only_offers_without_an_answer_count_in_a_row() -> None:
    assert unanswered_in_row([("lapsed", False), ("refused", False), ("void", False), ("lapsed", False)]) == 3
    assert unanswered_in_row([("lapsed", False), ("refused", True), ("lapsed", False)]) == 1
    assert unanswered_in_row([("accepted", False), ("lapsed", False)]) == 0


agents = st.lists(
    st.builds(
        Idle,
        agent_id=st.uuids().map(str),
        tier=st.sampled_from(("gold", "bronze", "trainee")),
        skills=st.dictionaries(st.sampled_from(QUEUES), st.booleans(), min_size=1),
        load=st.integers(0, 3),
        score_tenths=st.integers(0, 1000),
        idle_since=st.integers(0, 5).map(ago),
    ),
    max_size=8,
    unique_by=lambda agent: agent.agent_id,
)
inquiries = st.lists(
    st.tuples(st.sampled_from(QUEUES), st.booleans(), st.integers(0, 40), st.booleans()), max_size=8
)


def waiting_of(rows: list[tuple[str, bool, int, bool]], idle: list[Idle]) -> list[Asking]:
    passed = frozenset(agent.agent_id for agent in idle[:2])
    return [
        an_inquiry(
            str(number),
            queue=queue,
            queue_is_easy=True,
            bucket=5,
            emergency=emergency,
            entered_at=ago(age),
            queued_at=ago(age),
            passed=passed if had else frozenset(),
        )
        for number, (queue, emergency, age, had) in enumerate(rows)
    ]


@given(agents, inquiries, st.randoms(use_true_random=False))
def test_each_inquiry_goes_to_the_first_in_rank_whom_it_suits_and_who_is_free(
    idle: list[Idle], rows: list[tuple[str, bool, int, bool]], chance: random.Random
) -> None:
    asking = waiting_of(rows, idle)
    choices = assign(asking, idle, POLICY, now=NOW)
    free = {agent.agent_id: agent for agent in idle}
    expected: list[tuple[str, str]] = []
    for each in asking:
        able = [agent for agent in free.values() if suits(agent, each, POLICY, now=NOW)]
        if able:
            best = min(able, key=lambda agent: agent.rank)
            expected.append((each.waiting.inquiry_id, best.agent_id))
            del free[best.agent_id]
    assert _pairs(choices) == expected
    shuffled = chance.sample(idle, len(idle))
    assert _pairs(assign(asking, shuffled, POLICY, now=NOW)) == expected


def _pairs(choices: list[Choice]) -> list[tuple[str, str]]:
    return [(choice.inquiry_id, choice.agent.agent_id) for choice in choices]
