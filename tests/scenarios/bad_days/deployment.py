"""A whole deployment of real processes: two web hosts, a live process, two schedulers, PostgreSQL, Redis."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from bench.desk import Desk, staff, waiting
from bench.site import PATIENCE_S, Host, Site, until
from gig.core.clock import real_now
from gig.core.db import db
from gig.core.ids import new_id
from gig.live.tickets import issue_ticket
from tests.features.live.listening import Listener
from tests.fixtures.processes import tail
from tests.fixtures.servers import SECRET, environment

AGENTS = 8
SAFE = ["fsync=off", "jit=off", "max_connections=200"]
"""What is committed outlives a crash of the server (not one of the machine)."""
CLOCK_FILE = "clock"
STEPPED = Path(__file__).parent / "stepped"


class Deployment(Site):
    """A site with a second web host whose clock tests may set, and with agents of the benches' desk."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        super().__init__(home, stack, options=SAFE)
        self.one = self.web
        self.clock_file = home / CLOCK_FILE
        self.clock_file.write_text("0")
        path = environment()["PYTHONPATH"]
        wrong_clock = {"PYTHONPATH": f"{STEPPED}:{path}", "STEPPED_BY": str(self.clock_file)}
        self.two = self.host("two", "serve", "--role", "web", **wrong_clock)
        self.webs.append(self.two)
        with self.app.app_context():
            self.desk: Desk = staff(AGENTS, now=real_now())
            db.session.remove()
        until(self.is_whole, *self.hosts)

    def set_clock_of_two(self, by: int) -> None:
        """The machine of `two` shows a time that is wrong by so many seconds; 0 is right."""
        done = self.clock_file.with_suffix(".done")
        self.clock_file.write_text(str(by))
        until(lambda: done.exists() and float(done.read_text() or 0) == by, self.two)

    def inquiries(self, count: int) -> list[str]:
        """So many open inquiries, asked just now."""
        with self.app.app_context():
            ids = waiting(self.desk, count, now=real_now())
            db.session.remove()
        return ids

    def listen(self, *topics: str, session: str = "") -> Listener:
        ticket = issue_ticket(SECRET, new_id(), session or new_id(), topics, real_now())
        return Listener(self.live.port, ticket)

    def all_was_paid_once(self, ids: list[str]) -> bool:
        """Each of these inquiries has one answer and one earning with its postings, and the books hold."""
        of_these = "WHERE inquiry_id = ANY(:ids)"
        answers = self.count(f"SELECT count(*) FROM message {of_these} AND author = 'agent'", ids=ids)
        earnings = self.count(f"SELECT count(*) FROM earning {of_these}", ids=ids)
        paid = self.count(f"SELECT count(DISTINCT inquiry_id) FROM earning {of_these}", ids=ids)
        ended = self.count(
            "SELECT count(*) FROM inquiry WHERE id = ANY(:ids) AND state = 'resolved'", ids=ids
        )
        assert (answers, earnings, paid, ended) == (len(ids),) * 4
        return self.books_are_clean()


class Patient:
    """A program that wants its answer: it asks again, here or there, with the key that it always has."""

    def __init__(self, *hosts: Host) -> None:
        self._hosts = list(hosts)
        self._client = httpx.Client(timeout=4, trust_env=False, verify=False)
        self.troubles = 0

    def close(self) -> None:
        self._client.close()

    def post(self, path: str, token: str, key: str, body: dict[str, Any]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        deadline = time.monotonic() + PATIENCE_S
        while True:
            host = self._hosts[0]
            try:
                answer = self._client.post(f"{host.url}/api/v1{path}", json=body, headers=headers)
                if answer.status_code < 500 and b"/problems/in-flight" not in answer.content:
                    return answer
                said = answer.text
            except httpx.TransportError as error:
                said = repr(error)
            assert time.monotonic() < deadline, f"no answer to {path}: {said}\n{tail(host.log)}"
            self.troubles += 1
            self._hosts.append(self._hosts.pop(0))
            time.sleep(0.05)
