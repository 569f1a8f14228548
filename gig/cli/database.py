"""`gig db`: migrations."""

from __future__ import annotations

import click

from gig.app import create_app
from gig.core.db import db


@click.group("db")
def database() -> None:
    """Migrations."""


@database.command()
def upgrade() -> None:
    """Brings the database to the newest version; safe to run again."""
    from gig.core.schema import upgrade as bring_up

    app = create_app()
    with app.app_context():
        bring_up(db.engine)
    click.echo("the database is at the newest version")
