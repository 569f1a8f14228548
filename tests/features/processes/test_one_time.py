"""A deployment has one clock, the database's; a machine's own decides nothing."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from gig.core import clock, dbclock
from gig.scheduler.jobs import Job
from gig.scheduler.runner import Runner

CLOSE = dt.timedelta(minutes=1)
"""Of two readings on a busy machine; the steps are of five minutes."""


@pytest.fixture
def own_clock() -> Iterator[None]:
    yield
    clock.agree(None)


@pytest.fixture
def engine(postgresql_url: str, own_clock: None) -> Iterator[sa.Engine]:
    engine = sa.create_engine(postgresql_url)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("minutes", [5, -5])
def test_a_machine_whose_clock_is_wrong_tells_the_databases_time(engine: sa.Engine, minutes: int) -> None:
    true = dt.datetime.now(dt.UTC)
    with time_machine.travel(true + dt.timedelta(minutes=minutes)):
        assert abs(clock.machine_now() - true) > 4 * dt.timedelta(minutes=1)
        dbclock.settle(engine)
        assert abs(clock.real_now() - true) < CLOSE
        assert abs(clock.now() - true) < CLOSE


@pytest.mark.parametrize("minutes", [5, -5])
def test_a_clock_that_is_set_while_it_works_moves_nothing(engine: sa.Engine, minutes: int) -> None:
    dbclock.settle(engine)
    before = clock.real_now()
    with time_machine.travel(before + dt.timedelta(minutes=minutes)):
        assert dt.timedelta() <= clock.real_now() - before < CLOSE
        dbclock.settle(engine)
        assert dt.timedelta() <= clock.real_now() - before < CLOSE


def test_a_belief_that_the_database_does_not_contradict_is_kept(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, second = dt.datetime(2026, 11, 2, tzinfo=dt.UTC), dt.timedelta(seconds=1)
    span = [(now, now + second, 100.0)]
    monkeypatch.setattr(dbclock, "_span", lambda _: span[0])
    clock.agree(now + second / 4, 100.0)
    dbclock.settle(engine)
    assert clock._agreed == (now + second / 4, 100.0)
    span[0] = (now + 9 * second, now + 11 * second, 100.0)
    dbclock.settle(engine)
    assert clock._agreed == (now + 10 * second, 100.0)


def test_sqlite_goes_by_its_one_machine(sqlite_url: str, own_clock: None) -> None:
    dbclock.settle(sa.create_engine(sqlite_url))
    assert not clock.is_agreed()


def test_jobs_go_on_when_the_machines_clock_is_set_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gig.scheduler.runner.RENEW_EVERY_S", 0.1)
    ran = threading.Semaphore(0)
    runner = Runner([Job("often", 1, lambda now: ran.release(), once=False)], app.app_context)
    runner.start()
    try:
        assert ran.acquire(timeout=20)
        with time_machine.travel(dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5)):
            assert ran.acquire(timeout=20)
            assert ran.acquire(timeout=20)
    finally:
        runner.stop()
