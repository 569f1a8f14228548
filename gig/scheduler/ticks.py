"""Running one tick of one job, once."""

from __future__ import annotations

import datetime as dt
import logging
import time

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from gig.core import clock
from gig.core.db import db, rows_changed, transaction
from gig.core.logs import scrub
from gig.scheduler.jobs import Job
from gig.scheduler.models import JobRun

log = logging.getLogger(__name__)

KEPT_DAYS = 14
DETAIL_LENGTH = 500
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


def forget_old_runs(now: dt.datetime) -> str | None:
    """Ticks older than two weeks leave no row."""
    with transaction() as session:
        gone = rows_changed(
            session, sa.delete(JobRun).where(JobRun.due_at < now - dt.timedelta(days=KEPT_DAYS))
        )
    return f"{gone} rows" if gone else None


forgetting = Job("scheduler.forget_old_runs", every_s=86_400, run=forget_old_runs)
