"""The API as a patient program uses it: a lost answer is asked for again under the same key."""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection

PATIENCE_S = 120.0
TIMEOUT_S = 30.0
TRY_AGAIN_AFTER_S = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Half of it to one and a half times as much, so that a thousand who wait do not all ask at once."""
SERVER_TROUBLE = 500


class GivenUp(Exception):
    """The server did not answer for longer than anybody waits, or the run was stopped."""


@dataclass(frozen=True)
class Answer:
    """`problem` is the slug of a refusal, if it is one."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        return self.status < 400

    @property
    def problem(self) -> str:
        said = self.body.get("type", "") if isinstance(self.body, dict) else ""
        return str(said).rpartition("/")[2] or str(self.status)


class Api:
    """One person's or channel's use of the API, over one kept-alive connection; for one thread at a time."""

    def __init__(
        self, url: str, token: str, stopped: threading.Event, *, patience_s: float = PATIENCE_S
    ) -> None:
        self.url = url.rstrip("/")
        self.stopped = stopped
        self.patience_s = patience_s
        self.retries = 0
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("http://", _Whole())
        self._session.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})

    def get(self, path: str, **query: str) -> Answer:
        return self._call("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Answer:
        return self._call("POST", path, json=body or {}, headers=_key())

    def put(self, path: str, body: dict[str, Any]) -> Answer:
        return self._call("PUT", path, json=body, headers=_key())

    def delete(self, path: str, **query: str) -> Answer:
        return self._call("DELETE", path, params=query, headers=_key())

    def close(self) -> None:
        self._session.close()

    def _call(self, method: str, path: str, **request: Any) -> Answer:
        """The answer to the one request, however often it had to be sent."""
        give_up_at = time.monotonic() + self.patience_s
        waits = iter(TRY_AGAIN_AFTER_S)
        while True:
            try:
                response = self._session.request(
                    method, f"{self.url}/api/v1{path}", timeout=TIMEOUT_S, **request
                )
                answer = _read(response)
                if answer.status < SERVER_TROUBLE and answer.problem not in ("in-flight", "429"):
                    return answer
            except requests.RequestException:
                pass
            pause = next(waits, TRY_AGAIN_AFTER_S[-1]) * random.uniform(0.5, 1.5)
            if time.monotonic() > give_up_at or self.stopped.wait(pause):
                raise GivenUp(f"{method} {path}")
            self.retries += 1


class _WholeConnection(HTTPConnection):
    """Sends each request in one piece, as browsers and proxies do.

    Else its body goes out later than its head by as long as a busy program lets this thread wait, and a
    server that has begun on the head waits with it.
    """

    _held: list[bytes] | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._held = []
        try:
            super().request(*args, **kwargs)
            whole = b"".join(self._held)
        finally:
            self._held = None
        self.send(whole)

    def send(self, data: Any) -> None:
        if self._held is None:
            super().send(data)
        else:
            self._held.append(data)


class _WholePool(HTTPConnectionPool):
    ConnectionCls = _WholeConnection


class _Whole(HTTPAdapter):
    """One connection to one server, whose requests go out whole."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _WholePool}


class ChatPage:
    """A customer at the chat page behind their link, as a browser without scripts uses it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def open(self) -> bool:
        try:
            return self._session.get(self.url, timeout=TIMEOUT_S).ok
        except requests.RequestException:
            return False

    def say(self, text: str, key: str) -> bool:
        return self._send("messages", {"text": text, "idempotency_key": key})

    def rate(self, stars: int, *, solved: bool) -> bool:
        return self._send("rating", {"stars": str(stars), "resolved": "yes" if solved else "no"})

    def _send(self, path: str, form: dict[str, str]) -> bool:
        """Whether the server took it; what it refuses, or cannot hear, this customer does not insist on."""
        try:
            answer = self._session.post(
                f"{self.url}/{path}", data=form, timeout=TIMEOUT_S, allow_redirects=False
            )
        except requests.RequestException:
            return False
        return answer.status_code == 303


def _key() -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex}


def _read(response: requests.Response) -> Answer:
    if not response.content:
        return Answer(response.status_code, None)
    try:
        return Answer(response.status_code, response.json())
    except ValueError:
        return Answer(SERVER_TROUBLE, None)


@dataclass(frozen=True)
class ServerClock:
    """The server's business time, reckoned from one reading and this machine's monotonic clock."""

    read: dt.datetime
    read_at: float
    speed: int

    @classmethod
    def of(cls, url: str, *, within_s: float = 30.0) -> ServerClock:
        """The best of a few readings; GivenUp when the server does not answer."""
        give_up_at = time.monotonic() + within_s
        best: tuple[float, ServerClock] | None = None
        readings = 0
        with requests.Session() as session:
            session.trust_env = False
            while readings < 5:
                began = time.monotonic()
                try:
                    response = session.get(f"{url.rstrip('/')}/healthz", timeout=5)
                    took = time.monotonic() - began
                    now = dt.datetime.fromisoformat(response.headers["X-Server-Now"])
                    clock = cls(now, began + took / 2, int(response.headers["X-Clock-Speed"]))
                except (requests.RequestException, KeyError) as error:
                    if time.monotonic() > give_up_at:
                        raise GivenUp(f"{url} does not answer: {error}") from error
                    time.sleep(0.1)
                    continue
                readings += 1
                if best is None or took < best[0]:
                    best = (took, clock)
        assert best is not None
        return best[1]

    def now(self) -> dt.datetime:
        return self.read + dt.timedelta(seconds=(time.monotonic() - self.read_at) * self.speed)

    def real_seconds_until(self, instant: dt.datetime) -> float:
        return max(0.0, (instant - self.now()).total_seconds() / self.speed)
