"""Bringing a database to the schema of this code, by Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def config(engine: Engine) -> Config:
    """Alembic's configuration for this engine; migrations/env.py finds the engine in its attributes."""
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.attributes["engine"] = engine
    return settings


def upgrade(engine: Engine, revision: str = "head") -> None:
    """The database is at the revision afterwards, whatever version it had before."""
    command.upgrade(config(engine), revision)


def downgrade(engine: Engine, revision: str) -> None:
    command.downgrade(config(engine), revision)


def serves(engine: Engine) -> bool:
    """Whether this code can work on the database: it has this code's schema, or a newer one.

    A newer one is a revision that this code does not know. Migrations that come with an update leave the
    code before it working, so that its processes serve on until each is started anew.
    """
    with engine.connect() as connection:
        current = set(MigrationContext.configure(connection).get_current_heads())
    scripts = ScriptDirectory.from_config(config(engine))
    known = {script.revision for script in scripts.walk_revisions()}
    return current == set(scripts.get_heads()) or bool(current - known)


def at_head(engine: Engine) -> bool:
    """Whether the database has exactly the schema of this code."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_heads()
    return set(current) == set(ScriptDirectory.from_config(config(engine)).get_heads())
