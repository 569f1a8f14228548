"""One leader, each tick once, whatever else goes wrong."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.cli.doctor import _jobs
from gig.core.db import transaction
from gig.scheduler import Job, jobs_of, register
from gig.scheduler.lease import LEASE_S, Lease
from gig.scheduler.models import JobRun, SchedulerLease
from gig.scheduler.runner import Runner
from gig.scheduler.ticks import INTERRUPTED, forget_old_runs, run_tick
from gig.settings import Settings

NOW = dt.datetime(2026, 11, 2, 8, 0, 7, tzinfo=dt.UTC)
DUE = dt.datetime(2026, 11, 2, 8, tzinfo=dt.UTC)


def runs(session: Session) -> list[tuple[str, str | None, str | None]]:
    columns = (JobRun.job, JobRun.outcome, JobRun.detail)
    found = session.execute(sa.select(*columns).order_by(JobRun.job, JobRun.due_at))
    return [tuple(row) for row in found]


def run_out(session: Session) -> None:
    with transaction() as writing:
        writing.execute(sa.update(SchedulerLease).values(until=DUE))


def test_the_first_to_ask_leads_and_the_second_does_not(session: Session) -> None:
    first, second = Lease(), Lease()
    assert first.renew()
    assert not second.renew()
    assert first.renew()
    assert (first.held, second.held) == (True, False)


def test_a_leader_that_stops_hands_over_at_once(session: Session) -> None:
    first, second = Lease(), Lease()
    first.renew()
    first.release()
    assert second.renew()
    assert not first.held


def test_a_lease_that_ran_out_is_taken_and_not_given_back(session: Session) -> None:
    first, second = Lease(), Lease()
    first.renew()
    run_out(session)
    assert second.renew()
    assert not first.renew()


def test_a_leader_that_cannot_renew_stops_believing_before_another_may_begin(session: Session) -> None:
    seconds = [100.0]
    lease = Lease(monotonic=lambda: seconds[0])
    lease.renew()
    seconds[0] += LEASE_S - 1
    assert not lease.held


def test_of_many_that_ask_at_once_one_leads(app: Flask) -> None:
    def ask(lease: Lease) -> bool:
        with app.app_context():
            return lease.renew()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, [Lease() for _ in range(8)])) == 1


def test_ticks_are_counted_from_the_epoch() -> None:
    assert Job("hourly", 3600, lambda now: None).due_at(NOW) == DUE
    assert Job("every 5 s", 5, lambda now: None).due_at(NOW) == NOW.replace(second=5)


def test_a_tick_runs_once_however_many_try(app: Flask) -> None:
    ran: list[dt.datetime] = []
    job = Job("close", 3600, ran.append)

    def attempt(_: int) -> str | None:
        with app.app_context():
            return run_tick(job, DUE, now=NOW)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(8)))
    assert sorted(filter(None, outcomes)) == ["done"]
    assert ran == [NOW]


def test_a_failing_job_is_written_down_and_stops_no_other(session: Session) -> None:
    def broken(now: dt.datetime) -> None:
        raise RuntimeError("no disk\nand more")

    assert run_tick(Job("a", 60, broken), DUE, now=NOW) == "failed"
    assert run_tick(Job("b", 60, lambda now: "3 closed"), DUE, now=NOW) == "done"
    assert runs(session) == [("a", "failed", "RuntimeError: no disk"), ("b", "done", "3 closed")]


class Killed(BaseException):
    """What nobody catches: the process is gone."""


def test_a_tick_that_was_killed_amid_is_written_down_by_the_next_of_its_job(
    app: Flask, settings: Settings, session: Session
) -> None:
    def killed(now: dt.datetime) -> None:
        raise Killed

    for name in ("close", "purge"):
        with pytest.raises(Killed):
            run_tick(Job(name, 60, killed), DUE, now=NOW)
    hour = dt.timedelta(hours=1)
    assert run_tick(Job("close", 60, lambda now: "1 closed"), DUE + hour, now=NOW + hour) == "done"
    assert runs(session) == [
        ("close", "interrupted", INTERRUPTED),
        ("close", "done", "1 closed"),
        ("purge", None, None),
    ]
    (said,) = _jobs(app, settings)
    assert said.words == f"jobs: close, interrupted 1 ×, the last of 2026-11-02 16:00: {INTERRUPTED}"
    assert said.level == "note"


def test_the_doctor_says_that_every_job_ended_well(app: Flask, settings: Settings, session: Session) -> None:
    run_tick(Job("close", 60, lambda now: None), DUE, now=NOW)
    assert [finding.level for finding in _jobs(app, settings)] == ["ok"]


def test_a_sweep_leaves_no_row(session: Session) -> None:
    assert run_tick(Job("sweep", 1, lambda now: None, once=False), DUE, now=NOW) == "done"
    assert runs(session) == []


def test_only_the_leader_runs_what_is_due_and_only_once_a_tick(app: Flask) -> None:
    ran: list[dt.datetime] = []
    job = Job("daily", 86_400, ran.append)
    leader, idle = (Runner([job], app.app_context) for _ in range(2))
    assert leader.renew()
    assert not idle.renew()
    assert [idle.tick(job), leader.tick(job), leader.tick(job)] == [None, "done", None]
    leader.stop()
    assert idle.renew()
    assert idle.tick(job) is None
    assert len(ran) == 1


def test_a_leader_that_was_stopped_amid_a_job_writes_nothing_once_it_wakes(
    app: Flask, session: Session
) -> None:
    asleep_s = [0.0]
    lease = Lease(monotonic=lambda: asleep_s[0])
    ran = [JobRun(job=name, due_at=DUE, started_at=NOW) for name in ("before", "amid", "afterwards")]

    def stopped_amid(now: dt.datetime) -> None:
        with transaction() as writing:
            writing.add(ran[0])
        with transaction() as writing:
            writing.add(ran[1])
            asleep_s[0] += LEASE_S
        with transaction() as writing:
            writing.add(ran[2])

    runner = Runner([Job("stopped", 1, stopped_amid, once=False)], app.app_context, lease=lease)
    assert runner.renew()
    assert runner.tick(runner.jobs[0]) == "failed"
    assert runner.tick(runner.jobs[0]) is None
    alone = session.get_bind().dialect.name == "sqlite"  # nobody could begin to lead amid its write
    written = ["amid", "before"] if alone else ["before"]
    assert [job for job, *_ in runs(session)] == written
    asleep_s[0] = 0
    with transaction() as writing:
        writing.add(JobRun(job="free", due_at=DUE, started_at=NOW))
    assert len(runs(session)) == len(written) + 1, "what is no job writes as ever"


def test_a_write_that_outlasts_the_lease_on_sqlite_is_not_lost_each_time_anew(
    app: Flask, session: Session
) -> None:
    """The lead cannot be kept meanwhile, because keeping it is a write too; but nobody can take it either."""
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("a long transaction keeps no lease from being prolonged")
    passed_s = [0.0]

    def long(now: dt.datetime) -> str:
        with transaction() as writing:
            writing.add(JobRun(job="purged", due_at=DUE, started_at=NOW))
            passed_s[0] += LEASE_S + 5
        return "all"

    runner = Runner(
        [Job("long", 1, long, once=False)], app.app_context, lease=Lease(monotonic=lambda: passed_s[0])
    )
    assert runner.renew()
    assert runner.tick(runner.jobs[0]) == "done"
    assert [job for job, *_ in runs(session)] == ["purged"]


def test_neither_asking_for_the_lead_nor_giving_it_up_leaves_a_transaction_open(session: Session) -> None:
    """Else a process stopped at that moment would keep the lead from everybody until it wakes."""
    if session.get_bind().dialect.name == "sqlite":
        pytest.skip("one process")
    begun: list[bool] = []
    engine = session.get_bind()
    assert isinstance(engine, sa.Engine)
    note = lambda connection: begun.append(connection.connection.driver_connection.autocommit)  # noqa: E731
    sa.event.listen(engine, "begin", note)
    try:
        lease = Lease()
        assert lease.renew()
        lease.release()
    finally:
        sa.event.remove(engine, "begin", note)
    assert begun == [True, True]


def test_a_started_scheduler_ticks_by_itself_and_goes_on_after_a_failure(app: Flask) -> None:
    twice = threading.Semaphore(0)

    def fail(now: dt.datetime) -> None:
        twice.release()
        raise RuntimeError

    runner = Runner([Job("often", 1, fail, once=False)], app.app_context)
    runner.start()
    try:
        assert twice.acquire(timeout=20)
        assert twice.acquire(timeout=20)
    finally:
        runner.stop()
    with app.app_context():
        assert Lease().renew()


def test_old_ticks_are_forgotten(session: Session) -> None:
    run_tick(Job("old", 60, lambda now: None), DUE - dt.timedelta(days=15), now=NOW)
    run_tick(Job("young", 60, lambda now: None), DUE, now=NOW)
    assert forget_old_runs(NOW) == "1 rows"
    assert [job for job, *_ in runs(session)] == ["young"]


def test_two_jobs_of_one_name_are_refused() -> None:
    app = Flask("jobs")
    register(app, Job("one", 60, lambda now: None))
    with pytest.raises(ValueError, match="one"):
        register(app, Job("one", 30, lambda now: None))
    assert [job.every_s for job in jobs_of(app)] == [60]
