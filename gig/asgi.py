"""One process that answers everything: streams by themselves, the rest by Flask on threads.

The server is given one of the factories below. `application` is there for servers that want a name.
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

from gig import process
from gig.app import create_app
from gig.bridge import Bridge
from gig.core import clock
from gig.core.db import db
from gig.dispatch.operations.seen import note_seen
from gig.live.application import Live, Receive, Scope, Send
from gig.scheduler.jobs import jobs_of
from gig.scheduler.runner import Runner
from gig.settings import Settings
from gig.web import health

log = logging.getLogger(__name__)

THREADS = 16

App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Streams:
    """The streams alone: the role `live` of a deployment."""

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


class Everything(Streams):
    """Flask, streams and, if asked for, the scheduler, from the server's start to its stop."""

    def __init__(self, flask: Flask, *, scheduler: bool) -> None:
        super().__init__(flask)
        self._runner = Runner(jobs_of(flask), flask.app_context) if scheduler else None
        self._bridge = Bridge(flask, threads=THREADS)
        health.watch(flask, "bus", lambda: self.live.alive)
        if self.live.ear is not None:
            health.watch(flask, "bell", lambda: self.live.ear is None or self.live.ear.alive, needed=False)

    def answer(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["path"].startswith("/live/"):
            return self.live(scope, receive, send)

        async def read() -> Any:
            """The bridge reads bodies from its threads and insists on a coroutine; servers give a future."""
            return await receive()

        return self._bridge(scope, read, send)

    async def start(self) -> None:
        await super().start()
        if self._runner is not None:
            await asyncio.to_thread(self._runner.start)

    async def stop(self) -> None:
        await super().stop()
        if self._runner is not None:
            await asyncio.to_thread(self._runner.stop)


def with_scheduler() -> Everything:
    """Everything in one process."""
    return Everything(create_app(process.settings_to_lead()), scheduler=True)


def without_scheduler() -> Everything:
    """Everything but the jobs, which a process of their own runs."""
    return Everything(create_app(), scheduler=False)


def streams() -> Streams:
    return Streams(create_app())


def __getattr__(name: str) -> Any:
    if name == "application":
        made = with_scheduler() if Settings.from_env().sqlite else without_scheduler()
        globals()["application"] = made
        return made
    raise AttributeError(name)


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
