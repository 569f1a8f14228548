"""The streams alone: the role `live` of a deployment.

Nothing of the features is loaded but what they keep of an agent's standing: a live process that died is back
in half the time, and on a busy machine nothing takes longer than loading what is not needed.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

from flask import Flask

from gig import foundation, process
from gig.core import clock
from gig.core.db import db
from gig.dispatch.operations.seen import note_seen
from gig.live.application import Live, Receive, Scope, Send
from gig.settings import Settings
from gig.web import health

log = logging.getLogger(__name__)


class Streams:
    """The streams of an application that has at least a foundation."""

    def __init__(self, flask: Flask) -> None:
        self.flask = flask
        with flask.app_context():
            self.engine = db.engine
        self.live = Live(
            self.engine,
            flask.config["SECRET_KEY"],
            present=self._note_present,
            redis_url=flask.extensions["gig.settings"].redis_url,
            registry=health.figures,
        )

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "lifespan":
            return live_through(receive, send, self.start, self.stop)
        return self.answer(scope, receive, send)

    def answer(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self.live(scope, receive, send)

    async def start(self) -> None:
        """Connections are open and streams are told."""
        end_streams_on_signal(self.live)
        await asyncio.to_thread(process.begin, self.flask, bus_needed=True)
        await self.live.start()

    async def stop(self) -> None:
        await self.live.stop()

    def _note_present(self, person_ids: set[str]) -> None:
        with self.flask.app_context():
            note_seen(person_ids=person_ids, now=clock.now())


def alone() -> Streams:
    """Called in the process that serves them."""
    return Streams(foundation.lay(Settings.from_env()))


async def live_through(
    receive: Receive,
    send: Send,
    start: Callable[[], Awaitable[None]],
    stop: Callable[[], Awaitable[None]],
) -> None:
    """The ASGI lifespan: started once the server asks, stopped when it says so."""
    await receive()
    try:
        await start()
    except Exception as error:
        log.exception("the application could not start")
        await send({"type": "lifespan.startup.failed", "message": str(error)})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await stop()
    await send({"type": "lifespan.shutdown.complete"})


def end_streams_on_signal(live: Live) -> None:
    """SIGTERM and SIGINT end the streams at once: a server waits for open responses before it stops.

    The handler stands before the server's own and hands on to it.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()

    def before(previous: Any) -> Callable[[int, FrameType | None], None]:
        def handle(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(live.end)
            if callable(previous):
                previous(number, frame)

        return handle

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, before(signal.getsignal(number)))
