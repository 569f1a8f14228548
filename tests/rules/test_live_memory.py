"""What a page missed, from the last of what was said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as some

from gig.live.frames import Row
from gig.live.memory import ROWS, SPAN, Memory

NOW = dt.datetime(2026, 11, 2, 8, tzinfo=dt.UTC)


def said(*ids: int, topic: str = "ops") -> list[Row]:
    return [Row(id, topic, "happened", "{}", NOW) for id in ids]


def knowing(rows: Iterable[Row], *, since: int = 0) -> Memory:
    memory = Memory()
    memory.begin(rows, since)
    return memory


def ids(rows: list[Row] | None) -> list[int] | None:
    return None if rows is None else [row.id for row in rows]


def test_it_tells_the_topics_that_are_asked_for_in_the_order_of_their_ids() -> None:
    memory = knowing(
        [*said(1), *said(2, topic="queue:refund"), *said(3), *said(4, topic="agent:b"), *said(5)]
    )
    assert ids(memory.replay(["queue:refund", "ops"], 1, 5)) == [2, 3, 5]
    assert ids(memory.replay(["queue:refund", "ops"], 1, 4)) == [2, 3]
    assert ids(memory.replay(["nobody"], 1, 5)) == []


def test_what_committed_late_is_told_also_to_a_page_that_has_heard_all_that_is_newer() -> None:
    memory = knowing(said(1, 2, 4))
    memory.add([], said(3))
    assert ids(memory.replay(["ops"], 4, 4)) == [3]
    assert ids(memory.replay(["ops"], 2, 4)) == [3, 4]


def test_what_lies_before_its_beginning_is_forgotten() -> None:
    memory = knowing(said(11, 12), since=10)
    assert memory.replay(["ops"], 9, 12) is None
    assert ids(memory.replay(["ops"], 10, 12)) == [11, 12]


def test_a_page_that_is_up_to_date_missed_nothing_whatever_is_forgotten() -> None:
    assert ids(knowing([], since=7).replay(["ops"], 7, 7)) == []


def test_a_page_that_has_heard_what_never_was_said_or_missed_too_much_fetches_afresh() -> None:
    memory = knowing(said(*range(1, ROWS + 2)))
    assert memory.replay(["ops"], 9, 8) is None
    assert memory.replay(["ops"], 0, ROWS + 1) is None
    assert len(memory.replay(["ops"], 1, ROWS + 1) or []) == ROWS


def test_one_that_committed_late_is_told_to_a_page_that_had_heard_later_ones() -> None:
    memory = knowing(said(1))
    memory.add(said(3))
    memory.add(said(4), late=said(2))
    assert ids(memory.replay(["ops"], 3, 4)) == [2, 4]
    assert ids(memory.replay(["ops"], 1, 4)) == [2, 3, 4]


TOPICS = some.sampled_from(["ops", "queue:refund", "agent:a"])


@given(some.lists(TOPICS, min_size=1, max_size=40), some.data())
def test_it_forgets_only_what_nobody_may_ask_for(topics: list[str], data: some.DataObject) -> None:
    """Every row of the last so many ids is told, however long it has been listening."""
    memory, rows = knowing([]), []
    for step, topic in enumerate(topics, 1):
        rows += said(step * (SPAN // 20), topic=topic)
        memory.add(rows[-1:])
    upto = rows[-1].id
    after = data.draw(some.integers(max(upto - SPAN, 0), upto))
    wanted = data.draw(some.sets(TOPICS))
    expected = [row.id for row in rows if after < row.id <= upto and row.topic in wanted]
    assert ids(memory.replay(wanted, after, upto)) == expected
    assert len(memory._rows) <= 21
