"""One real time for all hosts: the database server's.

The database answers with its instant somewhere between the question and the reply. What this process
believes is kept while it lies in that span, and moved into its middle when it does not; so two processes
differ by less than one round trip, and a healthy clock is never pushed to and fro.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from gig.core import clock

log = logging.getLogger(__name__)

ASK_EVERY_S = 10.0
ASK_AGAIN_S = 0.5
SAMPLES = 3
STEP = dt.timedelta(seconds=1)
"""A belief that was further off than this is worth a line in the log."""


def settle(engine: Engine) -> None:
    """This process tells the database's time from now on. On SQLite nothing has to be settled."""
    if engine.dialect.name == "sqlite":
        return
    with engine.connect() as connection:
        spans = [_span(connection) for _ in range(SAMPLES)]
    earliest, latest, counter = min(spans, key=lambda span: span[1] - span[0])
    believed = clock.real_now() - dt.timedelta(seconds=time.monotonic() - counter)
    if earliest <= believed <= latest and clock.is_agreed():
        return
    if clock.is_agreed() and not earliest - STEP < believed < latest + STEP:
        log.warning("the database's clock was set: %s, not %s", earliest.isoformat(), believed.isoformat())
    clock.agree(earliest + (latest - earliest) / 2, counter)


def keep(engine: Engine) -> None:
    """Settles now and again every few seconds, for as long as the process lives; a database that is away is
    asked again soon, and time goes on meanwhile."""
    if engine.dialect.name == "sqlite":
        return
    pause = _attempt(engine)

    def go_on() -> None:
        wait, never = pause, threading.Event()
        while not never.wait(wait):
            wait = _attempt(engine)

    threading.Thread(target=go_on, name="clock", daemon=True).start()


def _attempt(engine: Engine) -> float:
    try:
        settle(engine)
    except Exception as error:
        log.warning("the database did not tell the time: %s", type(error).__name__)
        return ASK_AGAIN_S
    return ASK_EVERY_S


def _span(connection: sa.Connection) -> tuple[dt.datetime, dt.datetime, float]:
    """The real instant at the returned counter was between the first and the second."""
    asked = time.monotonic()
    told: dt.datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    heard = time.monotonic()
    return told.astimezone(dt.UTC), told.astimezone(dt.UTC) + dt.timedelta(seconds=heard - asked), heard
