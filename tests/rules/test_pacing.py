"""How fast a long work goes on, by a clock that only moves when the work says so."""

from __future__ import annotations

import pytest

from gig.core.pacing import LATELY_S, LONGEST_REST_S, PIECE_S, REST, Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Someone:
    """Whoever else writes: `writes()` now, or so long ago."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._at = clock, float("-inf")
        self.seen: list[int] = []

    def writes(self, ago: float = 0.0) -> None:
        self._at = self._clock.now - ago

    def look(self, own: int) -> None:
        self.seen.append(own)

    def last(self) -> float:
        return self._at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def someone(clock: Clock) -> Someone:
    return Someone(clock)


def pace(clock: Clock, someone: Someone, *, most: int = 5000) -> Pace:
    return Pace(someone, most=most, monotonic=clock, sleep=clock.sleep)


def test_a_work_that_is_alone_begins_with_all_it_may_and_never_rests(clock: Clock, someone: Someone) -> None:
    alone = pace(clock, someone)
    alone.worked(seconds=1.0)
    assert (alone.size, clock.slept) == (5000, [])


def test_a_work_that_is_alone_after_all_grows_to_all_it_may(clock: Clock, someone: Someone) -> None:
    someone.writes()
    alone = pace(clock, someone)
    clock.now += LATELY_S + 0.1
    sizes = [alone.size]
    for _ in range(5):
        alone.worked(seconds=0.5)
        sizes.append(alone.size)
    assert sizes == [50, 200, 800, 3200, 5000, 5000]


def test_a_work_beside_others_begins_with_the_least(clock: Clock, someone: Someone) -> None:
    someone.writes()
    assert pace(clock, someone).size == 50


def test_the_least_is_no_more_than_the_most(clock: Clock, someone: Someone) -> None:
    someone.writes()
    assert pace(clock, someone, most=3).size == 3


@pytest.mark.parametrize(("ago", "alone"), [(0.0, False), (LATELY_S, False), (LATELY_S + 0.001, True)])
def test_others_count_for_a_while_after_their_last_write(
    clock: Clock, someone: Someone, ago: float, alone: bool
) -> None:
    someone.writes(ago)
    assert pace(clock, someone).alone is alone


@pytest.mark.parametrize(
    ("took", "size"),
    [
        (PIECE_S, 1000),  # as long as it may
        (2 * PIECE_S, 500),
        (PIECE_S / 1.5, 1500),
        (PIECE_S / 100, 2000),  # never more than twice as many as before
        (100 * PIECE_S, 50),  # never fewer than the least
        (0.0, 2000),
    ],
)
def test_the_next_piece_beside_others_is_as_large_as_fits(
    clock: Clock, someone: Someone, took: float, size: int
) -> None:
    beside = pace(clock, someone)
    beside.size = 1000
    someone.writes()
    beside.worked(took)
    assert beside.size == size


def test_it_rests_in_proportion_to_what_a_piece_took_but_not_for_ever(clock: Clock, someone: Someone) -> None:
    beside = pace(clock, someone)
    someone.writes()
    beside.worked(0.002)
    beside.worked(10.0)
    assert clock.slept == [0.002 * REST, LONGEST_REST_S]


def test_it_goes_at_full_speed_again_once_the_others_have_stopped(clock: Clock, someone: Someone) -> None:
    someone.writes()
    beside = pace(clock, someone)
    beside.worked(PIECE_S)
    clock.now += LATELY_S + 0.1
    rested = len(clock.slept)
    for _ in range(4):
        beside.worked(PIECE_S)
    assert (beside.size, len(clock.slept)) == (5000, rested)


def test_its_own_writes_are_told_once(clock: Clock, someone: Someone) -> None:
    mine = pace(clock, someone)
    mine.own()
    mine.own()
    mine.worked(0.1)
    mine.worked(0.1)
    assert someone.seen == [2, 0]


def test_a_reading_rests_after_each_piece_while_others_write(clock: Clock, someone: Someone) -> None:
    someone.writes()
    step = pace(clock, someone).between_steps()
    for _ in range(4):
        clock.now += PIECE_S / 2
        assert step() == 0  # anything else would end the reading
    assert clock.slept == pytest.approx([min(LONGEST_REST_S, PIECE_S * REST)] * 2)


def test_a_reading_that_was_alone_does_not_rest_for_what_it_read_before(
    clock: Clock, someone: Someone
) -> None:
    step = pace(clock, someone).between_steps()
    clock.now += 1.0
    step()
    someone.writes()
    clock.now += PIECE_S / 2
    step()
    assert clock.slept == []
