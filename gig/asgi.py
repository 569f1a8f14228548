"""One process that answers everything: streams by themselves, the rest by Flask on threads.

The server is given one of the factories below. `application` is there for servers that want a name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from flask import Flask

from gig import process
from gig.app import create_app
from gig.bridge import Bridge
from gig.live.application import Receive, Scope, Send
from gig.scheduler.jobs import jobs_of
from gig.scheduler.runner import Runner
from gig.settings import Settings
from gig.streams import Streams
from gig.web import health

THREADS = 16

App = Callable[[Scope, Receive, Send], Awaitable[None]]


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


def __getattr__(name: str) -> Any:
    if name == "application":
        made = with_scheduler() if Settings.from_env().sqlite else without_scheduler()
        globals()["application"] = made
        return made
    raise AttributeError(name)
