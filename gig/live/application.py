"""The ASGI application under /live/: one endpoint that opens a stream, and what keeps streams going."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any, cast
from urllib.parse import parse_qs

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry
from prometheus_client import generate_latest as exposition
from sqlalchemy.engine import Engine

from gig.core import clock
from gig.core.clock import real_now
from gig.live import figures, frames
from gig.live.bus import Ear
from gig.live.door import Door
from gig.live.feed import Feed
from gig.live.frames import Message
from gig.live.hub import Hub
from gig.live.stream import Stream
from gig.live.tickets import BadTicket, Ticket, read_ticket

log = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEARTBEAT_S = 15
PRESENCE_EVERY_S = 60

STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


class Live:
    """Streams of the outbox to whoever shows a ticket.

    `present(person_ids)` is told once a minute of business time, in a thread, who has a stream open.
    """

    def __init__(
        self,
        engine: Engine,
        secret: str,
        *,
        present: Callable[[set[str]], None] | None = None,
        redis_url: str | None = None,
        registry: Callable[[], CollectorRegistry] = lambda: REGISTRY,
    ) -> None:
        self.hub = Hub()
        self.door = Door()
        self.feed = Feed(engine, self.hub)
        self.ear = Ear(redis_url, self.feed.wake) if redis_url else None
        self._registry = registry
        self._secret = secret
        self._present = present
        self._stopping = False
        self._chores: list[asyncio.Task[None]] = []

    @property
    def alive(self) -> bool:
        return self.feed.alive and not self._stopping

    async def start(self) -> None:
        """Streams can be opened, and hear what is committed from now on."""
        await self.feed.start()
        if self.ear is not None:
            self.ear.start()
        loop = asyncio.get_running_loop()
        self._chores = [loop.create_task(self._keep_alive())]
        if self._present is not None:
            self._chores.append(loop.create_task(self._tell_presence(self._present)))

    def health(self) -> dict[str, object]:
        """`bell`: whether other processes are heard at once, or (no Redis) by looking five times a second."""
        bell = None if self.ear is None else self.ear.alive
        return {"alive": self.alive, "bell": bell, "streams": len(self.hub)}

    def end(self) -> None:
        """Every stream ends now and no other is opened, so that the server can stop at once."""
        self._stopping = True
        self.hub.end_all()

    async def stop(self) -> None:
        self.end()
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        if self.ear is not None:
            await self.ear.stop()
        await self.feed.stop()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answers one HTTP request below /live/.

        What can be decided at once is, so that a stream costs one suspended coroutine and no more.
        """
        path = scope["path"]
        if path == "/live/health":
            return _answer(send, 200 if self.alive else 503, self.health())
        if path == "/live/metrics":
            kind = (b"content-type", CONTENT_TYPE_LATEST.encode())
            return _whole(send, 200, exposition(self._registry()), kind)
        if path != "/live/stream":
            return _refuse(send, 404, "not-found")
        if scope["method"] != "GET":
            return _refuse(send, 405, "method-not-allowed", (b"allow", b"GET"))
        if self._stopping:
            return _refuse(send, 503, "stopping", (b"retry-after", b"2"))
        query = parse_qs(scope["query_string"].decode("latin-1"))
        try:
            ticket = read_ticket(self._secret, query.get("ticket", [""])[0], real_now())
        except BadTicket:
            return _refuse(send, 401, "bad-ticket")
        if not self.hub.admits(ticket):
            return _refuse(send, 401, "revoked")
        if not self.door.opens(ticket.session_id):
            return _refuse(send, 429, "too-many-requests", (b"retry-after", b"5"))
        after = _position(scope, query)
        _let_go(scope)
        return self._stream(ticket, after, receive, send)

    async def _stream(self, ticket: Ticket, after: int | None, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
        task = cast("asyncio.Task[None]", asyncio.current_task())
        stream = Stream(send, ticket, task)
        self.hub.add(stream)
        figures.open_streams.inc()
        try:
            if not self.hub.admits(ticket):
                stream.end()
            first = frames.retry(random.randint(1000, 3000)) + self._catch_up(ticket, after)
            stream.write(frames.body(first))
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if not stream.ended:
                raise
            task.uncancel()
            stream.finish()
        finally:
            self.hub.remove(stream)
            figures.open_streams.dec()

    def _catch_up(self, ticket: Ticket, after: int | None) -> bytes:
        """The bytes that bring a page from what it last heard to what the stream will say next.

        A page that has heard nothing yet is as old as its ticket.
        """
        upto = self.feed.reader.position
        if after is None:
            after = self.feed.position_at(ticket.issued_at)
        rows = None if after is None else self.feed.reader.memory.replay(ticket.topics, after, upto)
        if rows is None:
            figures.opened.labels("resync").inc()
            return frames.signal("resync", upto)
        figures.opened.labels("replay" if rows else "nothing").inc()
        return b"".join(map(frames.event, rows)) + frames.signal("ready", upto)

    async def _keep_alive(self) -> None:
        while True:
            for turn in self.hub.turns(HEARTBEAT_S):
                await asyncio.sleep(1)
                self.hub.end_old(real_now())
                self.hub.beat(turn)

    async def _tell_presence(self, present: Callable[[set[str]], None]) -> None:
        while True:
            await asyncio.sleep(max(PRESENCE_EVERY_S / clock.current().speed, 1))
            people = self.hub.people()
            if not people:
                continue
            try:
                await self.feed.in_thread(lambda people=people: present(people))  # type: ignore[misc]
            except Exception:
                log.exception("who is present could not be noted")


def _position(scope: Scope, query: dict[str, list[str]]) -> int | None:
    """The last event id the page has: from the header after a break, else from the address."""
    given = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
    given = given or query.get("after", [""])[0]
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


def _let_go(scope: Scope) -> None:
    """The server keeps the scope as long as the stream: it sheds what is large, and the ticket.

    What an access log line is made of stays.
    """
    kept: Scope = {
        key: scope[key] for key in ("type", "method", "http_version", "scheme", "client") if key in scope
    }
    scope.clear()
    scope.update(kept, path="/live/stream", root_path="", query_string=b"", headers=())


async def _refuse(send: Send, status: int, slug: str, *headers: tuple[bytes, bytes]) -> None:
    figures.refused.labels(slug).inc()
    title = slug.replace("-", " ").capitalize()
    answer = {"type": f"/problems/{slug}", "title": title, "status": status}
    await _answer(send, status, answer, *headers)


async def _answer(send: Send, status: int, answer: dict[str, object], *headers: tuple[bytes, bytes]) -> None:
    kind = b"application/problem+json" if "type" in answer else b"application/json"
    await _whole(send, status, json.dumps(answer).encode(), (b"content-type", kind), *headers)


async def _whole(send: Send, status: int, data: bytes, *headers: tuple[bytes, bytes]) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"cache-control", b"no-store"), *headers],
        }
    )
    with contextlib.suppress(RuntimeError):
        await send(frames.body(data, more=False))
