"""The evening peak of docs/replay.md with a few people: the same program, breakages and reckoning."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.evening import breaking
from bench.evening.reckoning import Line
from bench.evening.run import Evening, live_through
from bench.site import Commands
from tests.fixtures import warm


@pytest.mark.long
def test_an_evening_on_which_every_process_is_killed_ends_with_clean_books(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaking, "REDIS_AWAY_S", 1)
    evening = Evening(agents=20, minutes=2, inquiries=60, linger=40, speed=4)
    with ExitStack() as stack:
        commands = Commands(warm.Served, warm.run)
        report = live_through(evening, tmp_path, stack, say=lambda line: None, commands=commands)
    assert report.holds, str(report)
    assert [each.what for each in report.broken] == [each.what for each in breaking.BREAKAGES]
    assert report.broken[0].amid_work
    assert report.told["counts"]["inquiries"] == 60
    assert report.told["counts"]["replies that answer a turn"] > 20
    assert report.pages.came_back >= 20
    assert "what broke" in str(report)


def test_a_reckoning_that_does_not_add_up_is_said() -> None:
    assert Line("replies, and earnings", 3, 3).holds
    assert not Line("replies, and earnings", 3, 2).holds
