"""Running a command's work inside the application."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.app import create_app
from gig.core import simclock
from gig.core.db import db, is_sqlite
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


def snapshot() -> Session:
    """A session whose reads all see the database as it is now, whatever others write meanwhile."""
    session = db.session()
    session.rollback()
    if not is_sqlite(session):
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        session.execute(sa.text("SET TRANSACTION READ ONLY"))
    return session
