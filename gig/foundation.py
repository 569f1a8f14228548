"""What every process of the deployment stands on, whatever it serves: settings, keys, database, log, time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from gig.core import crypto, logs, simclock
from gig.core.db import db
from gig.core.postgres import keep_prepared
from gig.settings import Settings

GIVES_UP = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A database host that vanished without a word is noticed within half a minute."""


class Plain(Flask):
    """Flask without coroutines: no view or hook of ours is one, and looking costs each request 17 times."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def lay(settings: Settings) -> Flask:
    """An application with a database and a clock, and nothing that it serves."""
    app = Plain("gig", root_path=str(Path(__file__).parent), static_folder="static")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=absolute(settings.database_url),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings),
        GIG=settings,
        GIG_TIMEZONE=settings.timezone,
        GIG_ENV=settings.env,
        TESTING=settings.testing,
        MAX_CONTENT_LENGTH=34 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.production,
        SESSION_COOKIE_HTTPONLY=True,
    )
    app.extensions["gig.settings"] = settings
    crypto.use(settings.keyring)
    logs.configure(settings.env)
    db.init_app(app)
    with app.app_context():
        keep_prepared(db.engine)
    simclock.init_app(app, settings.clock_start, settings.clock_speed)
    return app


def absolute(url: str) -> str:
    """A relative SQLite path means one below the working directory, and its folder exists."""
    prefix = "sqlite:///"
    if not url.startswith(prefix) or ":memory:" in url:
        return url
    path = Path(url.removeprefix(prefix)).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    return prefix + str(path)


def engine_options(settings: Settings) -> dict[str, object]:
    """How the product's engine is made, on each kind of database.

    An error of the database names its statement, never the values: those may be what a customer wrote.
    Every connection that was opened is kept, and the one used last is used first: a new one has all its
    statements to prepare and plan anew.
    """
    common: dict[str, object] = {"hide_parameters": True, "pool_use_lifo": True}
    if settings.sqlite:
        connect = {"check_same_thread": False}
        return {**common, "pool_size": 32, "max_overflow": 32, "connect_args": connect}
    options = f"-c idle_in_transaction_session_timeout={settings.stalls_s}s -c lock_timeout=15000"
    pool = {"pool_size": 32, "max_overflow": 0, "pool_timeout": 10}
    return {**common, **pool, "connect_args": {"options": options, **GIVES_UP}}
