"""Each job of the scheduler: when it ran last, how that ended, when it runs next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.clock import real_now
from gig.core.db import is_sqlite
from gig.scheduler import Job
from gig.scheduler.models import JobRun, SchedulerLease

State = Literal["well", "running", "failed", "interrupted", "late", "quiet", "never"]
LATE_AFTER = dt.timedelta(minutes=2)
"""A job is late when a whole round and this much more have passed without it."""
FRESH = dt.timedelta(minutes=2)
"""A sweep still fails if it has failed within so long."""


@dataclass(frozen=True)
class JobRow:
    """One job as the page lists it; `troubles` counts what failed or was interrupted of what is kept."""

    job: Job
    state: State
    last_at: dt.datetime | None
    took: dt.timedelta | None
    detail: str | None
    troubles: int
    next_at: dt.datetime


def awake(session: Session) -> bool:
    """Whether some scheduler leads; judged by the clock that judges the lease."""
    now = sa.literal(real_now()) if is_sqlite(session) else sa.func.clock_timestamp()
    return session.scalar(sa.select(sa.func.count()).where(SchedulerLease.until > now)) != 0


def jobs(session: Session, known: Sequence[Job], *, now: dt.datetime) -> list[JobRow]:
    """Every job, those in trouble first. Two statements, however many jobs there are."""
    runs, troubles = _newest(session, known), _troubles(session)
    rows = [_row(job, runs.get(job.name), troubles.get(job.name, 0), now) for job in known]
    return sorted(
        rows, key=lambda row: (row.state not in ("failed", "interrupted", "late"), row.job.every_s < 60)
    )


def _newest(session: Session, known: Sequence[Job]) -> dict[str, JobRun]:
    """The last row of each job, each found by the end of its part of the key."""
    run = sa.alias(JobRun.__table__)
    names = sa.union_all(*(sa.select(sa.literal(job.name).label("name")) for job in known)).subquery()
    last = sa.select(sa.func.max(run.c.due_at)).where(run.c.job == names.c.name).scalar_subquery()
    query = sa.select(JobRun).join(names, sa.and_(JobRun.job == names.c.name, JobRun.due_at == last))
    return {row.job: row for row in session.scalars(query)}


def _troubles(session: Session) -> dict[str, int]:
    query = sa.select(JobRun.job, sa.func.count()).where(JobRun.outcome.in_(("failed", "interrupted")))
    return {row[0]: row[1] for row in session.execute(query.group_by(JobRun.job))}


def _row(job: Job, run: JobRun | None, troubles: int, now: dt.datetime) -> JobRow:
    took = run.finished_at - run.started_at if run and run.finished_at else None
    return JobRow(
        job=job,
        state=_state(job, run, now),
        last_at=run.started_at if run else None,
        took=took,
        detail=run.detail if run and run.outcome == "failed" else None,
        troubles=troubles,
        next_at=job.due_at(now) + dt.timedelta(seconds=job.every_s),
    )


def _state(job: Job, run: JobRun | None, now: dt.datetime) -> State:
    """A sweep's row says only that it failed or did something; without one it is quiet, which is well."""
    state: State
    every = dt.timedelta(seconds=job.every_s)
    if not job.once:
        failing = run is not None and run.outcome == "failed" and now - run.started_at < max(FRESH, 2 * every)
        state = "failed" if failing else "quiet"
    elif run is None:
        state = "never"
    elif run.outcome == "failed":
        state = "failed"
    elif run.outcome == "interrupted":
        state = "interrupted"
    elif now - run.due_at > 2 * every + LATE_AFTER:
        state = "late"
    else:
        state = "well" if run.outcome else "running"
    return state
