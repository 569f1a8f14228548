"""What a process of the deployment has before its first request or job: connections, the time, the bell."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import replace

from flask import Flask
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from gig.core import checkpoints, dbclock, outbox, simclock
from gig.core.db import db
from gig.live.bus import Ringer
from gig.scheduler.lease import LEASE_S
from gig.settings import Settings
from gig.web import health

log = logging.getLogger(__name__)

WARM_CONNECTIONS = 8


def begin(flask: Flask, *, bus_needed: bool = False) -> Ringer | None:
    """The pool holds open connections, the clock is the deployment's, and what is committed here is told.

    Called once in each process, after it was forked. A database that is away does not stop the process: it
    is not ready (/readyz) until the database is back. `bus_needed`: the caller watches the bus by itself.
    """
    settings = flask.extensions["gig.settings"]
    with flask.app_context():
        engine = db.engine
    dbclock.keep(engine)
    checkpoints.keep(engine)
    try:
        warm(engine)
        simclock.running(flask)
    except DBAPIError as error:
        log.warning("the database is away: %s", type(error).__name__)
    ringer = None
    if settings.redis_url:
        ringer = Ringer(settings.redis_url)
        ringer.start()
        outbox.bell.append(ringer.ring)
    if not bus_needed:
        health.watch(flask, "bus", lambda: ringer is None or ringer.alive, needed=False)
    return ringer


def settings_to_lead() -> Settings:
    """Of a process whose jobs may lead: when it stalls amid a transaction, all it holds is free for the next
    leader once the lease has run out."""
    return replace(Settings.from_env(), stalls_s=LEASE_S)


def warm(engine: Engine) -> None:
    """The pool holds open connections, so that the first requests do not queue for them."""
    with ExitStack() as stack:
        for _ in range(WARM_CONNECTIONS):
            stack.enter_context(engine.connect())
