"""What is limited is counted over all processes while Redis is there, and in each without it."""

from __future__ import annotations

import pytest
import redis

from gig.core.errors import TooMany
from gig.core.ids import new_id
from gig.core.limits import Limit, Limits
from gig.live.door import AT_ONCE, Door
from tests.fixtures.processes import free_port

LIMIT = Limit("test", 3, 60)
NOW = 1_800_000_000.0


def spent(limits: Limits, who: str, *, now: float = NOW, times: int = 1) -> list[bool]:
    """For each time, whether it was allowed."""
    answers = []
    for _ in range(times):
        try:
            limits.spend(LIMIT, who, now=now)
            answers.append(True)
        except TooMany:
            answers.append(False)
    return answers


def test_two_processes_count_together_through_redis(redis_url: str) -> None:
    one, two, who = Limits(redis_url), Limits(redis_url), new_id()
    assert spent(one, who, times=2) == [True, True]
    assert spent(two, who, times=2) == [True, False]
    assert spent(one, who) == [False]
    assert spent(one, new_id()) == [True]
    assert spent(one, who, now=NOW + 60) == [True]


def test_a_flushed_redis_forgets_and_nothing_else(redis_url: str) -> None:
    limits, who = Limits(redis_url), new_id()
    spent(limits, who, times=3)
    redis.Redis.from_url(redis_url).flushall()
    assert spent(limits, who) == [True]


@pytest.mark.parametrize("redis", ["never named", "not there"])
def test_without_redis_each_process_counts_for_itself(redis: str) -> None:
    address = f"redis://127.0.0.1:{free_port()}/0" if redis == "not there" else None
    one, two, who = Limits(address), Limits(address), new_id()
    assert spent(one, who, times=4) == [True, True, True, False]
    assert spent(two, who) == [True]


def test_the_refusal_says_when_to_come_back() -> None:
    limits = Limits(None)
    with pytest.raises(TooMany) as refused:
        for _ in range(4):
            limits.spend(LIMIT, "someone", now=NOW + 48)
    assert refused.value.retry_after_s == 13


def test_a_page_that_reconnects_without_end_is_let_in_once_a_second() -> None:
    seconds = [0.0]
    door = Door(monotonic=lambda: seconds[0])
    assert [door.opens("mad") for _ in range(AT_ONCE + 5)] == [True] * AT_ONCE + [False] * 5
    assert door.opens("calm")
    seconds[0] = 1.0
    assert [door.opens("mad"), door.opens("mad")] == [True, False]
