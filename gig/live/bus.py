"""The bell between processes: Redis says "look now", the outbox says what.

Nothing depends on it. A ring that is lost costs a stream the fifth of a second until it looks by itself,
so the bell is rung after the commit, from a thread of its own, at most every few milliseconds, and whoever
commits never waits for Redis. Redis may be flushed, restarted or gone for good.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import threading
from collections.abc import Callable

import redis
import redis.asyncio

log = logging.getLogger(__name__)

REST_S = 0.01
"""Between two rings of one process; what is committed meanwhile is one ring."""
PATIENCE_S = 2.0
"""A Redis that is silent for longer counts as gone."""
LOOK_EVERY_S = 5.0
BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


def channel(url: str) -> str:
    """Where the processes of one deployment meet; the number of the database keeps two apart."""
    return f"gig:{redis.ConnectionPool.from_url(url).connection_kwargs.get('db') or 0}:outbox"


class Ringer:
    """Rings for the other processes, from `start()` until the process ends."""

    def __init__(self, url: str) -> None:
        self._channel = channel(url)
        self._redis = redis.Redis.from_url(
            url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S, retry=None
        )
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self._reached = False
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="bell", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether Redis took the last ring, or answered when it was last asked."""
        return self._reached

    def start(self) -> None:
        self._thread.start()

    def ring(self) -> None:
        """From any thread, at once: something was committed."""
        self._wanted.set()

    def stop(self) -> None:
        self._stopping.set()
        self._wanted.set()
        self._thread.join(PATIENCE_S)
        self._redis.close()

    def _run(self) -> None:
        wanted = True
        while not self._stopping.is_set():
            pause = self._tell(ring=wanted)
            if self._stopping.wait(pause):
                return
            wanted = self._wanted.wait(LOOK_EVERY_S)
            self._wanted.clear()

    def _tell(self, *, ring: bool) -> float:
        """Rings, or only looks whether Redis is there; how long to rest then."""
        try:
            if ring:
                self._redis.publish(self._channel, b"")
            else:
                self._redis.ping()
        except (redis.RedisError, OSError) as error:
            if self._reached or not self._failures:
                log.warning("the bell cannot be rung: %s", type(error).__name__)
            self._reached = False
            pause = BACK_OFF_S[min(self._failures, len(BACK_OFF_S) - 1)]
            self._failures += 1
            self._wanted.set()
            return pause
        if not self._reached:
            log.info("the bell rings")
        self._reached, self._failures = True, 0
        return REST_S


class Ear:
    """Hears the bell on an event loop and wakes whoever reads the outbox."""

    def __init__(self, url: str, wake: Callable[[], None]) -> None:
        self._url = url
        self._wake = wake
        self._hears = False
        self._task: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Whether a ring would be heard."""
        return self._hears

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                async for _ in self._rings():
                    failures = 0
                    self._wake()
            except (redis.RedisError, OSError, TimeoutError) as error:
                if self._hears or not failures:
                    log.warning("the bell cannot be heard: %s", type(error).__name__)
            self._hears = False
            pause = BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)]
            failures += 1
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))

    async def _rings(self):  # type: ignore[no-untyped-def]
        """One item for each ring heard, and one at the beginning: what was missed is read at once."""
        client = redis.asyncio.Redis.from_url(
            self._url, socket_connect_timeout=PATIENCE_S, retry=None, single_connection_client=True
        )
        ears = client.pubsub()
        try:
            await asyncio.wait_for(ears.subscribe(channel(self._url)), PATIENCE_S)
            asked = False
            while True:
                patience = PATIENCE_S if asked or not self._hears else LOOK_EVERY_S
                said = await ears.get_message(timeout=patience)
                if said is None and (asked or not self._hears):
                    raise TimeoutError
                asked = said is None
                if said is None:
                    await asyncio.wait_for(ears.ping(), PATIENCE_S)
                elif said["type"] == "subscribe":
                    log.info("the bell is heard")
                    self._hears = True
                    yield
                elif said["type"] == "message":
                    yield
        finally:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(ears.aclose(), 1)  # type: ignore[no-untyped-call]
                await asyncio.wait_for(client.aclose(), 1)
