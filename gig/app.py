"""The whole wiring on one page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from gig.channels import wiring as channels
from gig.core import clock, crypto, logs, simclock
from gig.core.db import db
from gig.core.postgres import keep_prepared
from gig.dispatch import wiring as dispatch
from gig.identity import wiring as identity
from gig.insight import wiring as insight
from gig.live.purge import purge_outbox
from gig.onboarding import wiring as onboarding
from gig.payouts import wiring as payouts
from gig.quality import wiring as quality
from gig.scheduler import Job, register
from gig.scoring import wiring as scoring
from gig.settings import Settings

GIVES_UP = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A database host that vanished without a word is noticed within half a minute."""

FEATURES = (identity, insight, payouts, scoring, dispatch, onboarding, quality, channels)


class Plain(Flask):
    """Flask without coroutines: no view or hook of ours is one, and looking costs each request 17 times."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings | None = None) -> Flask:
    """The application with every feature plugged in. Reads and writes nothing until it is asked."""
    from gig.api import init_api
    from gig.web import health, init_web

    settings = settings or Settings.from_env()
    app = Plain("gig", root_path=str(Path(__file__).parent), static_folder="static")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=_absolute(settings.database_url),
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
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.proxies, settings.proxies)  # type: ignore[method-assign]
    crypto.use(settings.keyring)
    logs.configure(settings.env)
    app.before_request(clock.stamp_request)
    db.init_app(app)
    with app.app_context():
        keep_prepared(db.engine)
    simclock.init_app(app, settings.clock_start, settings.clock_speed)
    health.init_app(app)
    init_web(app)
    init_api(app)
    register(app, Job("live.purge_outbox", every_s=3600, run=purge_outbox))
    for feature in FEATURES:
        feature.plug_into(app)
    return app


def _absolute(url: str) -> str:
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
    Every connection that was opened is kept: a new one has all its statements to prepare and plan anew.
    """
    common: dict[str, object] = {"hide_parameters": True}
    if settings.sqlite:
        connect = {"check_same_thread": False}
        return {**common, "pool_size": 32, "max_overflow": 32, "connect_args": connect}
    options = f"-c idle_in_transaction_session_timeout={settings.stalls_s}s -c lock_timeout=15000"
    pool = {"pool_size": 32, "max_overflow": 0, "pool_timeout": 10}
    return {**common, **pool, "connect_args": {"options": options, **GIVES_UP}}
