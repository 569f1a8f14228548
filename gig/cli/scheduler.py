"""`gig scheduler`: the clock process."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace

import click

from gig import process
from gig.app import create_app
from gig.scheduler.jobs import jobs_of
from gig.scheduler.lease import LEASE_S
from gig.scheduler.runner import Runner
from gig.settings import Settings


@click.command()
def scheduler() -> None:
    """Runs the jobs while it leads; any number may be started, one leads."""
    app = create_app(replace(Settings.from_env(), stalls_s=LEASE_S))
    process.begin(app)
    asked_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.set())
    runner = Runner(jobs_of(app), app.app_context)
    runner.start()
    click.echo(f"the scheduler is awake with {len(runner.jobs)} jobs")
    asked_to_stop.wait()
    runner.stop()
    click.echo("the scheduler has stopped")
