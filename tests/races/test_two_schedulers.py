"""Two schedulers that both believe they lead do everything once."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.dispatch.models import Inquiry
from gig.dispatch.operations.claims import claim
from gig.scheduler.jobs import Job, jobs_of
from gig.scheduler.lease import Lease
from gig.scheduler.models import JobRun
from gig.scheduler.runner import Runner
from gig.scoring.models import ScoreEvent
from tests import builders as a
from tests.builders import NOON, seconds
from tests.races.test_claims_at_once import at_once, proved

LATER = NOON + seconds(10)


class Deluded(Lease):
    """A process that stalled beyond its lease, and has not noticed yet."""

    @property
    def held(self) -> bool:
        return True


def test_two_that_sweep_at_once_note_each_miss_once_and_run_each_tick_once(
    app: Flask, session: Session
) -> None:
    agents = [a.agent() for _ in range(8)]
    held = [a.inquiry() for _ in range(16)]
    for place, inquiry in enumerate(held):
        claim(inquiry_id=inquiry, agent_id=agents[place % len(agents)], now=LATER)
    sweeps = [job for job in jobs_of(app) if not job.once]
    closing = Job("closing", 60, lambda now: None)
    runners = [Runner([*sweeps, closing], app.app_context, lease=Deluded()) for _ in range(2)]
    at_once(app, [lambda r=r, job=job: r.tick(job) for r in runners for job in r.jobs])  # type: ignore[misc]
    misses = sa.select(sa.func.count()).select_from(ScoreEvent).where(ScoreEvent.kind == "missed")
    assert session.scalar(misses) == len(held)
    assert session.scalar(sa.select(sa.func.count()).where(Inquiry.state == "claimed")) == 0
    assert session.scalar(sa.select(sa.func.count()).where(JobRun.job == "closing")) == 1
    proved(session)
