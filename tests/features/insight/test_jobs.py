"""The page of scheduled jobs: when each ran last, how that ended, when it runs next."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.clock import real_now
from gig.core.db import transaction
from gig.insight.queries.jobs import jobs
from gig.scheduler import Job, jobs_of
from gig.scheduler.models import JobRun, SchedulerLease
from gig.scheduler.ticks import run_tick
from tests import builders
from tests.features.settlement.conftest import Desk, desk
from tests.statements import counted

__all__ = ["desk"]

PAGE = "/console/jobs"
NOW = builders.NOON
MINUTE = dt.timedelta(minutes=1)
CLOSE = Job("settlement.close", 60, lambda now: None)
SWEEP = Job("dispatch.due", 5, lambda now: None, once=False)


def ran(job: str, outcome: str | None, *, at: dt.datetime = NOW, detail: str | None = None) -> None:
    with transaction() as writing:
        finished = at if outcome else None
        writing.add(
            JobRun(job=job, due_at=at, started_at=at, finished_at=finished, outcome=outcome, detail=detail)
        )
        writing.flush()


def wake() -> None:
    with transaction() as writing:
        writing.add(SchedulerLease(name="scheduler", holder="x", until=real_now() + dt.timedelta(hours=1)))
        writing.flush()


def test_every_job_says_what_it_is_for(app: Flask) -> None:
    assert [job.name for job in jobs_of(app) if not job.words] == []


@pytest.mark.parametrize(
    ("outcome", "minutes_ago", "state"),
    [
        ("done", 0, "well"),
        ("failed", 0, "failed"),
        ("interrupted", 0, "interrupted"),
        (None, 0, "running"),
        ("done", 30, "late"),
    ],
)
def test_a_job_is_as_its_last_run_says(
    session: Session, outcome: str | None, minutes_ago: int, state: str
) -> None:
    ran("settlement.close", "done", at=NOW - 60 * MINUTE)
    ran("settlement.close", outcome, at=NOW - minutes_ago * MINUTE)
    (row,) = jobs(session, [CLOSE], now=NOW)
    assert (row.state, row.last_at) == (state, NOW - minutes_ago * MINUTE)
    assert row.next_at == NOW + MINUTE


def test_a_sweep_is_failing_only_while_it_fails(session: Session) -> None:
    assert [row.state for row in jobs(session, [SWEEP, CLOSE], now=NOW)] == ["never", "quiet"]
    ran("dispatch.due", "failed", detail="ValueError: no")
    assert jobs(session, [SWEEP], now=NOW + MINUTE)[0].state == "failed"
    later = jobs(session, [SWEEP], now=NOW + 10 * MINUTE)[0]
    assert (later.state, later.troubles) == ("quiet", 1)


def test_a_sweep_that_fails_leaves_one_row_a_minute(session: Session) -> None:
    def fail(now: dt.datetime) -> None:
        raise ValueError("no")

    for second in (0, 5, 10, 65):
        at = NOW + dt.timedelta(seconds=second)
        assert run_tick(Job("sweep", 5, fail, once=False), at, now=at) == "failed"
    rows = session.execute(sa.select(JobRun.due_at, JobRun.detail).order_by(JobRun.due_at)).all()
    assert [tuple(row) for row in rows] == [(NOW, "ValueError: no"), (NOW + MINUTE, "ValueError: no")]


def test_a_rare_sweep_leaves_a_row_when_it_did_something(session: Session) -> None:
    for said, every_s in ((None, 600), ("35 checks, 0 broken", 600), ("7 events", 5)):
        run_tick(Job(f"sweep {every_s}", every_s, lambda now, s=said: s, once=False), NOW, now=NOW)
    rows = session.execute(sa.select(JobRun.job, JobRun.outcome, JobRun.detail)).all()
    assert [tuple(row) for row in rows] == [("sweep 600", "done", "35 checks, 0 broken")]


def test_finance_and_ops_read_it_in_words_and_nobody_else(desk: Desk) -> None:
    ran("settlement.close", "interrupted")
    assert "调度器没有在运行" in desk().get(PAGE).text
    wake()
    page = desk("ops").get(PAGE).text
    assert "到时间自动关账" in page
    assert "做到一半进程停了，下一次接着做剩下的，不会重复。" in page
    assert "有 1 个任务最近一次没有做好。" in page
    assert "Closes periods when they are due" in desk().get(f"{PAGE}?lang=en").text
    assert desk("reviewer").get(PAGE).status_code == 403


def test_what_went_wrong_in_full_is_for_finance_alone(desk: Desk) -> None:
    wake()
    ran("settlement.close", "failed", detail="DoesNotTie: ledger 12345678")
    assert "ledger 12345678" in desk().get(PAGE).text
    assert "ledger 12345678" not in desk("ops").get(PAGE).text


def test_the_page_takes_as_many_statements_with_many_runs(desk: Desk) -> None:
    finance = desk()
    finance.get(PAGE)
    with counted() as few:
        finance.get(PAGE)
    for minute in range(40):
        ran("settlement.close", "done", at=NOW + minute * MINUTE)
    with counted() as many:
        finance.get(PAGE)
    assert len(many) == len(few)
