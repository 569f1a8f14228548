"""Running one tick of one job, once."""

from __future__ import annotations

import datetime as dt
import logging
import time

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from gig.core import clock
from gig.core.db import db, is_sqlite, rows_changed, transaction
from gig.core.logs import scrub
from gig.core.text import N_
from gig.scheduler.jobs import Job
from gig.scheduler.models import JobRun

log = logging.getLogger(__name__)

KEPT_DAYS = 14
DETAIL_LENGTH = 500
MINUTE_S = 60
INTERRUPTED = "the process ended in the middle of it; the next run did what was left"


def run_tick(job: Job, due_at: dt.datetime, *, now: dt.datetime) -> str | None:
    """The tick has run: 'done' or 'failed'; None if another process has it. Never raises."""
    started = time.perf_counter()
    try:
        if job.once and not _begin(job, due_at, now=now):
            return None
        detail = job.run(now)
        outcome, text = "done", None if detail is None else str(detail)
    except Exception as error:
        outcome, text = "failed", _in_one_line(error)
        log.exception("job %s failed", job.name)
    finally:
        db.session.remove()
    if job.once:
        _finish(job, due_at, outcome, text)
        log.info("job %s %s in %.2f s", job.name, outcome, time.perf_counter() - started)
    elif outcome == "failed" or (text and job.every_s >= MINUTE_S):
        _note(job, due_at, outcome, text, now=now)
    return outcome


def _in_one_line(error: Exception) -> str:
    """The error without what a database driver adds below: the statement and its values."""
    first, *_ = str(error).splitlines() or [""]
    return scrub(f"{type(error).__name__}: {first}")


def _begin(job: Job, due_at: dt.datetime, *, now: dt.datetime) -> bool:
    """Whether the tick is ours. Earlier ones of this job without an outcome have one: one at a time runs, and
    who began them would have gone on by now or writes nothing any more."""
    earlier = sa.and_(JobRun.job == job.name, JobRun.due_at < due_at, JobRun.outcome.is_(None))
    try:
        with transaction() as session:
            session.execute(sa.insert(JobRun).values(job=job.name, due_at=due_at, started_at=now))
            session.execute(
                sa.update(JobRun)
                .where(earlier)
                .values(finished_at=now, outcome="interrupted", detail=INTERRUPTED)
                .execution_options(synchronize_session=False)
            )
    except IntegrityError:
        return False
    return True


def _finish(job: Job, due_at: dt.datetime, outcome: str, detail: str | None) -> None:
    try:
        with transaction() as session:
            session.execute(
                sa.update(JobRun)
                .where(JobRun.job == job.name, JobRun.due_at == due_at)
                .values(
                    finished_at=clock.now(),
                    outcome=outcome,
                    detail=detail[:DETAIL_LENGTH] if detail else None,
                )
            )
    except Exception:
        log.exception("the outcome of job %s could not be written", job.name)
    finally:
        db.session.remove()


def _note(job: Job, due_at: dt.datetime, outcome: str, detail: str | None, *, now: dt.datetime) -> None:
    """A sweep's own row, of each minute at most one: the last that is to be told of it."""
    values = {
        "started_at": now,
        "finished_at": clock.now(),
        "outcome": outcome,
        "detail": detail[:DETAIL_LENGTH] if detail else None,
    }
    try:
        with transaction() as session:
            dialect = sqlite if is_sqlite(session) else postgresql
            minute = due_at.replace(second=0, microsecond=0)
            row = dialect.insert(JobRun).values(job=job.name, due_at=minute, **values)
            session.execute(
                row.on_conflict_do_update(index_elements=[JobRun.job, JobRun.due_at], set_=values)
            )
    except Exception:
        log.exception("the outcome of job %s could not be written", job.name)
    finally:
        db.session.remove()


def forget_old_runs(now: dt.datetime) -> str | None:
    """Ticks older than two weeks leave no row."""
    with transaction() as session:
        gone = rows_changed(
            session, sa.delete(JobRun).where(JobRun.due_at < now - dt.timedelta(days=KEPT_DAYS))
        )
    return f"{gone} rows" if gone else None


forgetting = Job(
    "scheduler.forget_old_runs", every_s=86_400, run=forget_old_runs, words=N_("清掉两周前的任务记录")
)
