"""Flask below an ASGI server: one hop to a thread and one back for an ordinary request.

The body is read before a thread is taken, so that slow senders hold no thread; answers up to a
mebibyte are handed back whole, longer ones are streamed at the reader's pace.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

log = logging.getLogger(__name__)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

IN_MEMORY = 512 * 1024
MOST_KEPT = 40 * 1024 * 1024
WHOLE_UP_TO = 1024 * 1024


class Gone(Exception):
    """The client left before its request was complete."""


class Bridge:
    """An ASGI application that answers by a WSGI one, on so many threads."""

    def __init__(self, app: WSGI, *, threads: int) -> None:
        self._app = app
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="web")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as body:
            try:
                length = await _receive_body(receive, body)
            except Gone:
                return
            environ = _environ(scope, body, length)
            answer = _Answer(self._app, environ, loop, send)
            context = contextvars.copy_context()
            await loop.run_in_executor(self._pool, context.run, answer.make)
        await answer.deliver()


class _Answer:
    """What the application says to one request. `make` runs on a thread, `deliver` on the loop."""

    def __init__(
        self, app: WSGI, environ: dict[str, Any], loop: asyncio.AbstractEventLoop, send: Send
    ) -> None:
        self._app = app
        self._environ = environ
        self._loop = loop
        self._send = send
        self._head: Message = {}
        self._started = False
        self._pieces: list[bytes] = []
        self._size = 0

    def make(self) -> None:
        """The answer is complete, or on its way but for its last piece."""
        try:
            pieces = self._app(self._environ, self._start_response)
            try:
                for piece in pieces:
                    self._keep(piece)
            finally:
                if close := getattr(pieces, "close", None):
                    close()
        except Exception:
            log.exception("a request failed outside the application's own error handling")
            if self._started:
                raise
            self._start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
            self._pieces = [b"Internal Server Error"]

    async def deliver(self) -> None:
        if not self._started:
            await self._send(self._head)
        await self._send({"type": "http.response.body", "body": b"".join(self._pieces), "more_body": False})

    def _start_response(self, status: str, headers: list[tuple[str, str]], _error: object = None) -> object:
        self._head = {
            "type": "http.response.start",
            "status": int(status[:3]),
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        }
        return self._keep

    def _keep(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > WHOLE_UP_TO:
            asyncio.run_coroutine_threadsafe(self._stream(), self._loop).result()

    async def _stream(self) -> None:
        """What has gathered is sent, and the thread waits until the server took it."""
        if not self._started:
            self._started = True
            await self._send(self._head)
        data, self._pieces, self._size = b"".join(self._pieces), [], 0
        await self._send({"type": "http.response.body", "body": data, "more_body": True})


async def _receive_body(receive: Receive, body: IO[bytes]) -> int:
    """The body's length. It is read to its end; beyond `MOST_KEPT` it is counted and no longer kept."""
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        piece = message.get("body", b"")
        length += len(piece)
        if piece and length <= MOST_KEPT:
            body.write(piece)
        if not message.get("more_body"):
            body.seek(0)
            return length


def _environ(scope: dict[str, Any], body: IO[bytes], length: int) -> dict[str, Any]:
    host, port = scope.get("server") or ("localhost", 80)
    address, remote_port = scope.get("client") or ("", 0)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": address,
        "REMOTE_PORT": str(remote_port),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    environ.update(_headers(scope["headers"]))
    environ["CONTENT_LENGTH"] = str(length)
    return environ


def _headers(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[str, str]]:
    gathered: dict[str, list[str]] = {}
    for raw_name, raw_value in headers:
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        key = name if name == "CONTENT_TYPE" else f"HTTP_{name}"
        if name not in ("CONTENT_LENGTH", "TRANSFER_ENCODING") and b"_" not in raw_name:
            gathered.setdefault(key, []).append(raw_value.decode("latin-1"))
    for key, values in gathered.items():
        yield key, ("; " if key == "HTTP_COOKIE" else ",").join(values)
