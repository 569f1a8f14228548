"""Who leads, and which ticks have run."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base


class SchedulerLease(Base):
    """One row: the process that leads, until when in real time."""

    __tablename__ = "scheduler_lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[dt.datetime]


class JobRun(Base):
    """One tick of one job. Started ⇔ the row is there; finished ⇔ it has an outcome.

    A tick whose process was killed in the middle is `interrupted` once the job's next one begins. A sweep has
    rows only of the minutes in which it failed or, if it is rare, did something.
    """

    __tablename__ = "job_run"
    __table_args__ = (
        sa.CheckConstraint("outcome IN ('done', 'failed', 'interrupted')", name="outcome_known"),
        sa.CheckConstraint("(finished_at IS NULL) = (outcome IS NULL)", name="finished_has_outcome"),
        sa.Index("ix_job_run_due_at", "due_at"),
    )

    job: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[dt.datetime] = mapped_column(primary_key=True)
    started_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    outcome: Mapped[str | None]
    detail: Mapped[str | None]
