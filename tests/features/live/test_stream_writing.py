"""One stream before a server that takes bytes at its own pace."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable

from gig.live import frames
from gig.live.stream import MOST_WAITING, Stream
from gig.live.tickets import Ticket

NOW = dt.datetime(2026, 11, 2, tzinfo=dt.UTC)
TICKET = Ticket("p", "s", ("ops",), NOW, NOW)


class Wire:
    """An ASGI `send` that stops taking bytes while `open` is cleared."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, message: frames.Message) -> None:
        await self.open.wait()
        self.sent.append(message["body"])


def on_a_stream(act: Callable[[Stream, Wire], Awaitable[None]]) -> asyncio.Task[object]:
    """Runs `act` on an open stream; returns the task of its request, which `drop` cancels."""

    async def scene() -> asyncio.Task[object]:
        task: asyncio.Task[object] = asyncio.ensure_future(asyncio.Event().wait())
        wire = Wire()
        await act(Stream(wire.send, TICKET, task), wire)
        await asyncio.sleep(0)
        return task

    return asyncio.run(scene())


def test_bytes_go_straight_out_while_the_reader_keeps_up() -> None:
    async def act(stream: Stream, wire: Wire) -> None:
        stream.write(frames.body(b"one"))
        stream.write(frames.body(b"two"))
        assert wire.sent == [b"one", b"two"]

    on_a_stream(act)


def test_what_a_slow_reader_has_not_taken_waits_in_order() -> None:
    async def act(stream: Stream, wire: Wire) -> None:
        wire.open.clear()
        for word in (b"one", b"two", b"three"):
            stream.write(frames.body(word))
        assert wire.sent == []
        wire.open.set()
        while b"".join(wire.sent) != b"onetwothree":
            await asyncio.sleep(0)
        stream.write(frames.body(b"four"))
        while wire.sent[-1] != b"four":
            await asyncio.sleep(0)

    on_a_stream(act)


def test_a_reader_that_is_too_slow_is_dropped() -> None:
    async def act(stream: Stream, wire: Wire) -> None:
        wire.open.clear()
        stream.write(frames.body(b"stuck"))
        stream.write(frames.body(b"x" * MOST_WAITING))
        assert not stream.ended
        stream.write(frames.body(b"x"))
        assert stream.ended

    assert on_a_stream(act).cancelled()


def test_a_server_that_has_lost_the_connection_ends_the_stream() -> None:
    async def act(stream: Stream, wire: Wire) -> None:
        async def broken(_: frames.Message) -> None:
            raise OSError

        stream._send = broken
        stream.write(frames.body(b"x"))
        assert stream.ended

    assert on_a_stream(act).cancelled()


def test_an_event_is_its_payload_with_the_topic_in_front() -> None:
    row = frames.Row(7, "ops", "period.state", '{"period_id":"p","n":1}', NOW)
    assert frames.event(row) == b'id: 7\nevent: period.state\ndata: {"topic":"ops","period_id":"p","n":1}\n\n'
    assert frames.event(frames.Row(8, "ops", "x", "{}", NOW)).endswith(b'data: {"topic":"ops"}\n\n')
