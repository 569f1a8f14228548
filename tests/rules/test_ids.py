"""Ids are read in the order in which they were made, and none tells another."""

from __future__ import annotations

import itertools
import os
import threading
import time

import pytest

from gig.core.ids import is_id, new_block, new_id

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def number_of(id: str) -> int:
    number = 0
    for char in id:
        number = number << 5 | DIGITS.index(char)
    return number


@pytest.fixture
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now)


@pytest.mark.usefixtures("standing_clock")
def test_ids_of_one_millisecond_ascend_by_steps_that_nobody_guesses() -> None:
    made = [new_id() for _ in range(2000)]
    assert made == sorted(made)
    assert all(is_id(id) for id in made)
    assert len({number_of(id) >> 80 for id in made}) == 1
    steps = [number_of(later) - number_of(earlier) for earlier, later in itertools.pairwise(made)]
    assert len(set(steps)) == len(steps)
    assert sum(step > 2**56 for step in steps) > 1800


def test_ids_ascend_as_the_clock_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    begin, read = time.time_ns(), itertools.count()
    monkeypatch.setattr(time, "time_ns", lambda: begin + next(read) * 300_000)
    made = [new_id() for _ in range(1000)]
    assert made == sorted(made)
    assert number_of(made[-1]) >> 80 == (begin + 999 * 300_000) // 1_000_000


def test_ids_ascend_when_a_slow_thread_or_a_set_clock_brings_an_earlier_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin, read = time.time_ns(), itertools.count()
    monkeypatch.setattr(time, "time_ns", lambda: begin + (1_000_000, 0, -3_600 * 10**9)[next(read) % 3])
    made = [new_id() for _ in range(999)]
    assert made == sorted(made)


@pytest.mark.usefixtures("standing_clock")
def test_threads_make_no_id_twice() -> None:
    made: list[list[str]] = [[] for _ in range(4)]

    def make(mine: list[str]) -> None:
        mine += [new_id() for _ in range(500)]

    threads = [threading.Thread(target=make, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id for mine in made for id in mine}) == 2000
    assert all(mine == sorted(mine) for mine in made)


@pytest.mark.usefixtures("standing_clock")
@pytest.mark.parametrize("luck", [b"\0", b"\x80"])
def test_no_other_id_of_one_millisecond_begins_like_a_block(
    monkeypatch: pytest.MonkeyPatch, luck: bytes
) -> None:
    monkeypatch.setattr(os, "urandom", lambda size: luck * size)
    made = [new_block() if turn % 3 else new_id() for turn in range(30)]
    assert made == sorted(made)
    assert len({id[:16] for id in made}) == len(made)
    assert all(is_id(id if len(id) == 26 else f"{id}0000000001") for id in made)
