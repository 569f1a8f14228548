"""Running a command's work inside the application."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import click

from gig.app import create_app
from gig.core import simclock
from gig.core.db import db
from gig.core.errors import GigError
from gig.core.schema import at_head

T = TypeVar("T")


def inside(work: Callable[[], T]) -> T:
    """The result of `work` in the application; what the rules refuse is said in one line, exit 1."""
    app = create_app()
    simclock.running(app)
    with app.app_context():
        if not at_head(db.engine):
            click.echo("gig: the database is not at the newest version; run gig db upgrade", err=True)
            sys.exit(1)
        try:
            return work()
        except GigError as error:
            click.echo(f"gig: {error}", err=True)
        finally:
            db.session.remove()
    sys.exit(1)
