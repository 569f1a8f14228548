"""What a job is, and where a feature puts it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from gig.core.db import EPOCH


@dataclass(frozen=True)
class Job:
    """Something that is due every `every_s` seconds of business time.

    `run(now)` is called in an application context, by the leader alone, and never twice at a time in
    one process. It catches up by itself: it does whatever is due at `now`, however long ago it last
    ran, and running it again changes nothing. What it returns, if anything, is kept as the outcome.

    With `once`, each tick is a row that only one process can write, so that a tick runs once even while
    two processes believe that they lead. One that is killed in the middle of it is not begun again: the
    next tick does what is left, and writes down that the one before was interrupted. A sweep that runs every
    few seconds needs no such row: it leaves one when it failed, and one that is asked each minute or more
    rarely also when it did something.

    `words` say what it is for to whoever reads the console.
    """

    name: str
    every_s: int
    run: Callable[[dt.datetime], object]
    once: bool = True
    words: str = ""

    def due_at(self, now: dt.datetime) -> dt.datetime:
        """The newest tick at or before `now`; ticks are counted from the epoch, so all agree on them."""
        every = dt.timedelta(seconds=self.every_s)
        return EPOCH + (now - EPOCH) // every * every


def register(app: Flask, *jobs: Job) -> None:
    """The application's scheduler will run these jobs; two of one name are a fault of the program."""
    known: dict[str, Job] = app.extensions.setdefault("gig.jobs", {})
    for job in jobs:
        if job.name in known:
            raise ValueError(f"two jobs are named {job.name!r}")
        if job.every_s < 1:
            raise ValueError(f"{job.name}: a job is due every second at most")
        known[job.name] = job


def jobs_of(app: Flask) -> list[Job]:
    """Every job that a feature registered, in that order."""
    return list(app.extensions.get("gig.jobs", {}).values())
