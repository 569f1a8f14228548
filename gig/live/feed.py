"""The loop between the outbox and the hub: woken by a bell, and by the clock in case nobody rang."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy.engine import Engine

from gig.core import clock
from gig.core.outbox import bell
from gig.live import figures
from gig.live.hub import Hub
from gig.live.reader import BATCH, Reader

T = TypeVar("T")

log = logging.getLogger(__name__)

POLL_S = 0.2
REST_S = 0.02
WAIT_AFTER_FAULT_S = 1.0
DEAF_AFTER_S = 5.0
REMEMBERED = 512
SETTLE = dt.timedelta(seconds=1)


class Feed:
    """Runs from `start()` to `stop()` on one event loop; the database is read in threads of its own.

    The bell is a hint that something was committed, here or (with Redis, see `bus`) in another process; what
    nobody rang for is found by looking every `POLL_S`. However often it rings, the outbox is read once in
    `REST_S`.
    """

    def __init__(self, engine: Engine, hub: Hub) -> None:
        self.hub = hub
        self.reader = Reader(engine)
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="live")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._awake = asyncio.Event()
        self._rung = False
        self._task: asyncio.Task[None] | None = None
        self._heard_at = float("-inf")
        self._passed: deque[tuple[dt.datetime, int]] = deque(maxlen=REMEMBERED)

    @property
    def alive(self) -> bool:
        """Whether the outbox has been read within the last seconds."""
        return time.monotonic() - self._heard_at < DEAF_AFTER_S

    async def start(self) -> None:
        """What is committed from now on will be told."""
        self._loop = asyncio.get_running_loop()
        begun = True
        try:
            await self._begin()
        except Exception as error:
            log.warning("the outbox cannot be read yet: %s", type(error).__name__)
            begun = False
        self._task = self._loop.create_task(self._run(begun))
        bell.append(self.wake)

    async def stop(self) -> None:
        if self.wake in bell:
            bell.remove(self.wake)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._threads.shutdown(wait=False, cancel_futures=True)

    def wake(self) -> None:
        """From any thread: there is something to read. Ringing again before it is heard costs nothing."""
        if not self._rung and self._loop is not None and not self._loop.is_closed():
            self._rung = True
            self._loop.call_soon_threadsafe(self._awake.set)

    def position_at(self, instant: dt.datetime) -> int | None:
        """A position that a page made at this real instant had surely seen; None if forgotten."""
        surely = instant - SETTLE
        if not self._passed or self._passed[0][0] > surely:
            return None
        return max(position for at, position in self._passed if at <= surely)

    async def in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _begin(self) -> None:
        for topic in await self.in_thread(self.reader.begin):
            self.hub.revoke(topic)
        self._passed.append((clock.real_now(), self.reader.position))
        self._heard_at = time.monotonic()

    async def _run(self, begun: bool) -> None:
        while True:
            try:
                if not begun:
                    await self._begin()
                    self.hub.resync(self.reader.position)
                    begun = True
                rows = await self.in_thread(self.reader.fetch)
            except Exception as error:
                log.warning("the outbox could not be read: %s", type(error).__name__)
                await asyncio.sleep(WAIT_AFTER_FAULT_S)
                continue
            self._heard_at = time.monotonic()
            if rows:
                self._passed.append((clock.real_now(), self.reader.position))
                await self.hub.tell(rows)
                figures.told.inc(len(rows))
                figures.lag.observe(_real_seconds_since(rows[-1].created_at))
            if len(rows) < BATCH:
                await self._sleep()

    async def _sleep(self) -> None:
        if (early := self._heard_at + REST_S - time.monotonic()) > 0:
            await asyncio.sleep(early)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._awake.wait()
        self._rung = False
        self._awake.clear()


def _real_seconds_since(instant: dt.datetime) -> float:
    return max((clock.now() - instant).total_seconds() / clock.current().speed, 0.0)
