"""`gig scheduler`: the clock process."""

from __future__ import annotations

import signal
import threading

import click

from gig import process
from gig.app import create_app
from gig.scheduler.jobs import jobs_of
from gig.scheduler.runner import Runner


@click.command()
def scheduler() -> None:
    """Runs the jobs while it leads; any number may be started, one leads."""
    app = create_app(process.settings_to_lead())
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
