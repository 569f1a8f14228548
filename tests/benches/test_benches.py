"""The benches at toy size: that they measure what they say. Their figures come from `make bench` alone."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import bench.__main__ as program
from bench import backlog, burst, claims, push, rivals, soak
from bench.desk import staff
from bench.site import Commands
from gig.core.clock import real_now
from gig.core.db import db
from tests.fixtures import warm

NAMES = [name for figures in program.BENCHES.values() for name in figures]


def rowed(rows: list[dict[str, Any]]) -> list[str]:
    """The names, once each row is seen to be complete."""
    for row in rows:
        assert {"name", "value", "unit", "aim", "holds", "detail"} <= row.keys()
    return [row["name"] for row in rows]


def test_every_figure_has_one_bench_and_every_bench_can_be_run() -> None:
    assert len(NAMES) == len(set(NAMES))
    assert all(callable(import_module(f"bench.{name}").run) for name in program.BENCHES)


def test_a_bench_that_cannot_be_run_takes_no_other_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "HERE", tmp_path)
    monkeypatch.setattr(program, "BENCHES", {"offers": ("a",), "backlog": ("b",)})
    row = {"name": "b", "value": 1, "unit": "s", "aim": "<= 2", "holds": True, "detail": "as it is"}
    monkeypatch.setattr("bench.offers.run", lambda: 1 / 0)
    monkeypatch.setattr("bench.backlog.run", lambda: [row])
    monkeypatch.setattr("sys.argv", ["bench"])
    assert program.main() == 1
    assert "not measured: offers" in capsys.readouterr().err
    assert json.loads((tmp_path / "results.json").read_text("utf-8")) == [row]
    assert "| b | 1 | s | <= 2 | yes | as it is |" in (tmp_path / "results.md").read_text("utf-8")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_backlog_is_filled_with_whole_inquiries_of_which_the_first_is_claimed(kind: str) -> None:
    with claims._database(kind) as (app, _), app.app_context():
        now = real_now()
        desk = staff(1, now=now)
        backlog.fill(desk, 50, now=now)
        found = db.session.execute(
            sa.text(
                "SELECT count(DISTINCT inquiry.id), count(DISTINCT turn.id), count(DISTINCT message.id)"
                " FROM inquiry JOIN turn ON turn.id = inquiry.open_turn_id"
                " JOIN message ON message.turn_id = turn.id AND message.inquiry_id = inquiry.id"
            )
        ).one()
        assert tuple(found) == (50, 50, 50)
        assert backlog._claim_first(desk.agents[0]) > 0
        owned = sa.text("SELECT id FROM inquiry WHERE owner_id IS NOT NULL")
        assert db.session.execute(owned).scalars().all() == [f"{'0' * 13}{backlog.FIRST_ID + 1}"]
        db.session.remove()
        db.engine.dispose()


def test_rivals_finish_their_jobs_and_ours_are_paid_on_the_same_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, small in (("AGENTS", 4), ("ROUNDS", 1), ("PER_ROUND", 12), ("CONNECTIONS", 4)):
        monkeypatch.setattr(rivals, name, small)
    assert rowed(rivals.run()) == ["reply_over_procrastinate", "reply_over_pgqueuer"]


def test_rows_reach_every_stream_of_a_crowd() -> None:
    crowd = push.Crowd(40, 0.05, 150, "_5000")
    rows = push.measure(crowd, warm=5, events=4)
    assert rowed(rows) == ["push_p99_ms_5000", "push_kib_per_stream_5000"]
    assert "40 streams, 4 inquiries" in rows[0]["detail"]


def test_a_burst_that_is_handed_in_twice_is_there_once() -> None:
    row = burst.measure(60, Commands(warm.Served, warm.run))
    assert rowed([row]) == ["burst_10000_twice_s"]
    assert row["holds"], row
    assert "{'200': 60, '201': 60}" in row["detail"]


def test_a_soak_counts_whole_conversations_and_watches_every_host() -> None:
    row = soak.measure(seconds=4, top_s=2, pages=3, agents=8)
    assert rowed([row]) == ["soak_rss_growth"]
    assert "wrong: none" in row["detail"]
    assert "books clean" in row["detail"]
    assert all(name in row["detail"] for name in ("web", "live", "scheduler-1", "scheduler-2"))


def test_memory_grows_from_the_second_fifth_to_the_last_all_hosts_together() -> None:
    steady = soak.Memory({"web": [10, *[100] * 9], "live": [10, *[100] * 9]})
    assert steady.growth == 0
    leaking = soak.Memory({"web": [*range(100, 200)], "live": [100] * 100})
    assert leaking.growth == pytest.approx((189.5 + 100) / (129.5 + 100) - 1)
