"""Open pages: as many streams as people, each opened again when it ends, as browsers do.

Run as a program of its own. Reads one JSON object from standard input (port, people, queues), prints `open`
once every stream has answered, and on end of input one JSON object: what was heard, and how often a stream
came back.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gig.core.clock import real_now
from gig.core.ids import new_id
from gig.live.tickets import issue_ticket
from tests.fixtures.servers import SECRET

OPENED_AT_ONCE = 40
COMES_BACK_AFTER_S = (1.0, 3.0)


@dataclass
class Heard:
    """`resyncs`: a page was told to fetch afresh because it had missed too much."""

    events: int = 0
    resyncs: int = 0
    came_back: int = 0
    refused: int = 0


@dataclass
class Pages:
    """`heard` is complete once the pages are closed."""

    heard: Heard = field(default_factory=Heard)


@contextmanager
def open_pages(port: int, people: Sequence[str], queues: Sequence[str]) -> Iterator[Pages]:
    """Inside, each of these people has a page open that hears them and these queues."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.pages"],
        cwd=Path(__file__).resolve().parents[1],
        env=dict(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    pages = Pages()
    try:
        process.stdin.write(json.dumps({"port": port, "people": [*people], "queues": [*queues]}) + "\n")
        process.stdin.flush()
        if process.stdout.readline().strip() != "open":
            raise SystemExit("the pages did not open")
        yield pages
        told, _ = process.communicate(timeout=30)
        pages.heard = Heard(**json.loads(told))
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            pipe.close()


class _Page(asyncio.Protocol):
    def __init__(self, wire: bytes, heard: Heard) -> None:
        self._wire, self._heard = wire, heard
        self.last_id = b""
        self.begun: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._wire)

    def data_received(self, data: bytes) -> None:
        if not self.begun.done():
            self.begun.set_result(data[9:12] == b"200")
        self._heard.events += data.count(b"\nevent: feed.") + data.count(b"\nevent: turn.")
        self._heard.resyncs += data.count(b"event: resync")
        if (place := data.rfind(b"\nid: ")) >= 0 and (end := data.find(b"\n", place + 5)) >= 0:
            self.last_id = data[place + 5 : end]

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.begun.done():
            self.begun.set_result(False)
        if not self.ended.done():
            self.ended.set_result(None)


async def _keep_open(
    port: int, person: str, queues: list[str], heard: Heard, door: asyncio.Semaphore, ready: asyncio.Event
) -> None:
    """One person's page, for as long as the program runs."""
    session, last_id = new_id(), b""
    topics = [f"agent:{person}", *(f"queue:{queue}" for queue in queues)]
    while True:
        ticket = issue_ticket(SECRET, person, session, topics, real_now())
        since = b"Last-Event-ID: %s\r\n" % last_id if last_id else b""
        wire = f"GET /live/stream?ticket={ticket} HTTP/1.1\r\nHost: bench\r\n".encode() + since + b"\r\n"
        try:
            async with door:
                _, page = await asyncio.get_running_loop().create_connection(
                    lambda wire=wire: _Page(wire, heard),  # type: ignore[misc]
                    "127.0.0.1",
                    port,
                )
                opened = await page.begun
            if opened:
                ready.set()
            await page.ended
            last_id = page.last_id or last_id
            heard.refused += not opened
        except OSError:
            heard.refused += 1
        await asyncio.sleep(random.uniform(*COMES_BACK_AFTER_S))
        heard.came_back += 1


async def _main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asked = json.loads(sys.stdin.readline())
    heard, door = Heard(), asyncio.Semaphore(OPENED_AT_ONCE)
    doors = [asyncio.Event() for _ in asked["people"]]
    pages = [
        asyncio.create_task(_keep_open(asked["port"], person, asked["queues"], heard, door, ready))
        for person, ready in zip(asked["people"], doors, strict=True)
    ]
    await asyncio.gather(*(ready.wait() for ready in doors))
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    told = json.dumps(asdict(heard))
    for page in pages:
        page.cancel()
    await asyncio.gather(*pages, return_exceptions=True)
    print(told, flush=True)


if __name__ == "__main__":
    asyncio.run(_main())
