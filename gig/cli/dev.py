"""`gig dev`: the platform with a demo world and customers, in one command. What `make run` starts."""

from __future__ import annotations

import socket
import subprocess
import sys

import click

from gig.app import create_app
from gig.cli.demo import development, keep, show
from gig.cli.serve import serve
from gig.core import clock, schema, simclock
from gig.core.db import db
from gig.core.errors import GigError
from gig.settings import Settings
from gig.simulator import world
from gig.simulator.world import Login

AGENTS = 10


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--customers/--no-customers", default=True, show_default=True)
@click.pass_context
def dev(ctx: click.Context, host: str, port: int, customers: bool) -> None:
    """Migrates, seeds an empty database, serves, and lets invented customers ask. Ctrl-C stops all of it."""
    settings = development()
    _refuse_taken(host, port)
    extra = _prepare(settings)
    url = f"http://{host}:{port}"
    show(world.logins(AGENTS, settings.secret_key), extra)
    click.echo(f"\n{url}  (Ctrl-C stops everything)")
    visitors = None
    if customers:
        visitors = subprocess.Popen([sys.executable, "-m", "gig.simulator.gentle", url])
    try:
        ctx.invoke(serve, host=host, port=port, workers=1, role="all", scheduler=None, access_log=False)
    finally:
        if visitors is not None:
            visitors.terminate()
            visitors.wait()


def _refuse_taken(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"{host}:{port} cannot be used ({error.strerror}): stop what is there, or "
                'choose another: make run ARGS="--port 8001"'
            ) from error


def _prepare(settings: Settings) -> list[Login]:
    """The database is at the newest version and holds the demo world; nothing of it is open any more."""
    from gig.simulator.seeding import present

    app = create_app(settings)
    with app.app_context():
        if not schema.at_head(db.engine):
            schema.upgrade(db.engine)
        simclock.running(app)
        extra = present.logins(settings.secret_key)
        if not present.is_lived_in(db.session()):
            from gig.simulator.seeding.whole import seed_whole

            click.echo("making a demo world, once …")
            try:
                seed_whole(agents=AGENTS, secret_key=settings.secret_key, now=clock.now())
            except GigError as error:
                raise click.ClickException(str(error)) from error
        keep(world.logins(AGENTS, settings.secret_key), extra)
        db.session.remove()
        db.engine.dispose()
    return extra
