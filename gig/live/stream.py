"""One open stream: bytes go straight to the server, and wait here only while its reader is slow."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from gig.live.frames import END, Message, body
from gig.live.tickets import Ticket

Send = Callable[[Message], Awaitable[None]]

MOST_WAITING = 64 * 1024


class Stream:
    """Written to by the hub, without a task of its own while the reader keeps up.

    What does not fit into the server's buffers waits, up to `MOST_WAITING` bytes; a reader slower than
    that is dropped and will catch up when it comes back. `task` is the request's own; ending the stream
    cancels it.
    """

    __slots__ = ("_blocked", "_send", "_task", "_waiting", "_waiting_bytes", "_writer", "ended", "ticket")

    def __init__(self, send: Send, ticket: Ticket, task: asyncio.Task[Any]) -> None:
        self.ticket = ticket
        self.ended = False
        self._send = send
        self._task = task
        self._blocked = False
        self._waiting: list[bytes] | None = None
        self._waiting_bytes = 0
        self._writer: asyncio.Task[None] | None = None

    def write(self, message: Message) -> None:
        """The message is on its way, or waits its turn, or was one too many and ended the stream."""
        if self.ended:
            return
        if not self._blocked:
            self._begin(message)
            return
        data = message["body"]
        if self._waiting is None:
            self._waiting = []
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes > MOST_WAITING:
            self.drop()

    def end(self, last: bytes = b"") -> None:
        """The reader gets these last bytes if it keeps up, and the stream ends."""
        if self.ended:
            return
        if last and not self._blocked:
            self._begin(body(last))
        self.drop()

    def drop(self) -> None:
        """The stream ends without a further word."""
        if self.ended:
            return
        self.ended = True
        self._waiting = None
        if self._writer is not None:
            self._writer.cancel()
        self._task.cancel()

    def finish(self) -> None:
        """The response is complete, as far as its reader lets it be."""
        if self._writer is None:
            self._begin(END)

    def _begin(self, message: Message) -> None:
        """Starts the send; only one that the server cannot take at once gets a task to wait in."""
        try:
            steps = self._send(message).__await__()
            pause = next(steps)
        except StopIteration:
            return
        except Exception:
            self.drop()
            return
        self._blocked = True
        self._writer = asyncio.get_running_loop().create_task(self._write_on(steps, pause))

    async def _write_on(self, steps: Generator[Any, None, None], pause: object) -> None:
        try:
            await _rest(steps, pause)
            while self._waiting:
                data, self._waiting, self._waiting_bytes = b"".join(self._waiting), None, 0
                await self._send(body(data))
        except Exception:
            self.drop()
            return
        self._blocked = False
        self._writer = None


@types.coroutine
def _rest(steps: Generator[Any, None, None], pause: object) -> Generator[Any, None, None]:
    """What is left of an awaitable whose first step has been taken and gave `pause`."""
    yield pause
    yield from steps
