"""The process that looks at the clock every second and runs what is due, while it leads."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from gig.core import clock
from gig.core.db import writing_only_while
from gig.scheduler.jobs import Job
from gig.scheduler.lease import Lease
from gig.scheduler.ticks import forgetting, run_tick

log = logging.getLogger(__name__)

RENEW_EVERY_S = 3
SEEK_EVERY_S = 1
"""How often who does not lead asks whether the lead is free: it is taken this long after at most."""
SET_BY_S = 1.0
"""A machine's clock that moved this much against its monotonic one was set."""
THREADS = 6

Context = Callable[[], AbstractContextManager[object]]


class Runner:
    """Runs the jobs of one application from `start()` to `stop()`.

    `context` opens what a job needs around it (an application context). Each job has its own timer and
    at most one running tick, so a slow or failing job holds up no other.
    """

    def __init__(self, jobs: Sequence[Job], context: Context, *, lease: Lease | None = None) -> None:
        self.jobs = [*jobs, forgetting]
        self.lease = lease or Lease()
        self._context = context
        self._done: dict[str, dt.datetime] = {}
        self._was_leading = False
        self._stopping = threading.Event()
        self._timers: BackgroundScheduler | None = None
        self._keeper = threading.Thread(target=self._keep_lead, name="lead", daemon=True)

    def start(self) -> None:
        """Ticks happen in background threads from now on."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        timers = BackgroundScheduler(timezone=dt.UTC, executors={"default": ThreadPoolExecutor(THREADS)})
        every_second = {"trigger": "interval", "seconds": 1, "max_instances": 1, "coalesce": True}
        for job in self.jobs:
            timers.add_job(self.tick, args=[job], **every_second, misfire_grace_time=None)
        timers.start()
        self._timers = timers
        self._keeper.start()

    def stop(self) -> None:
        """No tick begins any more, those that run have ended, and another process may lead."""
        self._stopping.set()
        if self._keeper.is_alive():
            self._keeper.join()
        if self._timers is not None:
            self._timers.shutdown(wait=True)
            self._timers = None
        if self.lease.held:
            with self._context():
                self.lease.release()

    def _keep_lead(self) -> None:
        """Renews in time whatever the jobs do. The timers go by the machine's clock: when that is set back
        they would wait as long as it was set by, so they are told to look at it anew."""
        ahead = _ahead()
        while not self._stopping.is_set():
            leading = self.renew()
            before, ahead = ahead, _ahead()
            if abs(ahead - before) > SET_BY_S and self._timers is not None:
                log.warning("the machine's clock was set by %.0f s", ahead - before)
                for timer in self._timers.get_jobs():
                    timer.modify(next_run_time=clock.machine_now())
            self._stopping.wait(RENEW_EVERY_S if leading else SEEK_EVERY_S)

    def renew(self) -> bool:
        """Keeps or seeks the lead; says whether this process has it."""
        if self._stopping.is_set():
            return False
        try:
            with self._context():
                leading = self.lease.renew()
        except Exception as error:
            log.warning("the scheduler's lease could not be renewed: %s", error)
            leading = self.lease.held
        if leading != self._was_leading:
            log.info("this process leads the jobs" if leading else "another process leads the jobs")
            self._was_leading = leading
        return leading

    def tick(self, job: Job) -> str | None:
        """Runs the job if a tick of it is due that this process has not seen; None if there is none.

        A process that was stopped in the middle and wakes when another leads writes nothing any more.
        """
        if self._stopping.is_set() or not self.lease.held:
            return None
        now = clock.now()
        due_at = job.due_at(now)
        if self._done.get(job.name) == due_at:
            return None
        with self._context(), writing_only_while(lambda: self.lease.held):
            outcome = run_tick(job, due_at, now=now)
        self._done[job.name] = due_at
        return outcome


def _ahead() -> float:
    """The machine's clock against its monotonic one."""
    return clock.machine_now().timestamp() - time.monotonic()
