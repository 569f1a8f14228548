"""A whole deployment of real processes: two web hosts, a live process, two schedulers, PostgreSQL, Redis."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import psutil
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.desk import Desk, staff, waiting
from gig.app import create_app
from gig.core.clock import real_now
from gig.core.db import db
from gig.core.ids import new_id
from gig.core.schema import upgrade
from gig.live.tickets import issue_ticket
from gig.payouts.ledger.audit import audit
from gig.settings import Settings
from tests.features.live.listening import Listener
from tests.fixtures.postgres import PostgresServer, running_postgres
from tests.fixtures.processes import free_port, kill, stop, tail
from tests.fixtures.servers import SECRET, RedisServer, environment

AGENTS = 8
SAFE = ["fsync=off", "jit=off", "max_connections=200"]
"""What is committed outlives a crash of the server (not one of the machine)."""
CLOCK_FILE = "clock"
STEPPED = Path(__file__).parent / "stepped"
PATIENCE_S = 90


class Host:
    """One command of the deployment, on a machine of its own."""

    def __init__(self, name: str, home: Path, *command: str, **settings: str) -> None:
        self.name, self.port, self.log = name, free_port(), home / f"{name}.log"
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [sys.executable, "-m", "gig", *command]
        if command[0] == "serve":
            self._command += ["--port", str(self.port)]
        self._settings, self._home = settings, home
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as output:
            self._began_at = output.tell()
            self.process: subprocess.Popen[bytes] = subprocess.Popen(
                self._command,
                cwd=self._home,
                env=environment(**self._settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def workers(self) -> list[int]:
        return [child.pid for child in psutil.Process(self.process.pid).children()]

    def get(self, path: str) -> httpx.Response | None:
        try:
            return httpx.get(self.url + path, timeout=10, trust_env=False, verify=False)
        except httpx.TransportError:
            return None

    def says(self, path: str, **expected: object) -> bool:
        """Whether the answer is 200 and has these fields."""
        answer = self.get(path)
        return (
            answer is not None
            and answer.status_code == 200
            and expected.items() <= dict(answer.json()).items()
        )

    def leads(self) -> bool:
        """Whether this scheduler lives, and its last word since its start was that it leads."""
        printed = self.log.read_bytes()[self._began_at :].decode()
        said = [line for line in printed.splitlines() if "leads the jobs" in line]
        return self.process.poll() is None and bool(said) and "this process" in said[-1]

    def kill(self) -> None:
        kill(self.process)


def until(holds: Callable[[], bool], *hosts: Host, seconds: float = PATIENCE_S) -> None:
    """Returns once it holds; fails with what the hosts have printed when it never does."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "\n".join(tail(host.log) for host in hosts)
        time.sleep(0.02)


class Deployment:
    """`one` and `two` serve pages and API (`two` with a clock that tests may set), `live` the streams."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self.home = home
        self.postgres: PostgresServer = stack.enter_context(running_postgres(SAFE))
        self.redis = RedisServer(home)
        stack.callback(lambda: stop(self.redis.process))
        url = self.postgres.create("gig")
        migrating = sa.create_engine(url)
        upgrade(migrating)
        migrating.dispose()
        settings = {"GIG_DATABASE_URL": url, "GIG_REDIS_URL": self.redis.url}
        self.clock_file = home / CLOCK_FILE
        self.clock_file.write_text("0")
        path = environment()["PYTHONPATH"]
        wrong_clock = {"PYTHONPATH": f"{STEPPED}:{path}", "STEPPED_BY": str(self.clock_file)}
        self.one = Host("one", home, "serve", "--role", "web", "--workers", "2", **settings)
        self.two = Host("two", home, "serve", "--role", "web", **settings, **wrong_clock)
        self.live = Host("live", home, "serve", "--role", "live", **settings)
        self.schedulers = [Host(f"scheduler-{number}", home, "scheduler", **settings) for number in (1, 2)]
        self.hosts = [self.one, self.two, self.live, *self.schedulers]
        for host in self.hosts:
            stack.callback(lambda host=host: stop(host.process))
        self.app = create_app(Settings.from_env({**settings, "GIG_SECRET_KEY": SECRET}))
        with self.app.app_context():
            self.desk: Desk = staff(AGENTS, now=real_now())
            db.session.remove()
        until(self.is_whole, *self.hosts)

    def is_whole(self) -> bool:
        """Every process serves, hears and rings, and one scheduler leads."""
        return (
            all(host.says("/readyz", status="ready") for host in (self.one, self.two))
            and self.live.says("/live/health", alive=True, bell=True)
            and len([host for host in self.schedulers if host.leads()]) == 1
        )

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

    def ask(self, what: Callable[[Session], Any]) -> Any:
        """Asks a second time if the connection had died since the last question, as any program would."""
        with self.app.app_context():
            try:
                return what(db.session())
            except sa.exc.DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                db.session.rollback()
                return what(db.session())
            finally:
                db.session.remove()

    def count(self, question: str, **values: object) -> int:
        return int(self.ask(lambda session: session.execute(sa.text(question), values).scalar_one()))

    def listen(self, *topics: str, session: str = "") -> Listener:
        ticket = issue_ticket(SECRET, new_id(), session or new_id(), topics, real_now())
        return Listener(self.live.port, ticket)

    def books_are_clean(self) -> bool:
        return not [finding for finding in self.ask(audit) if finding.differences]

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
