"""A whole deployment of real processes on this machine.

Web workers, streams, two schedulers, PostgreSQL, Redis: each of its parts can be killed and
started again; what was committed outlives a crash of PostgreSQL.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
import psutil
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.app import create_app
from gig.core.db import db
from gig.core.schema import upgrade
from gig.payouts.ledger.audit import audit
from gig.settings import Settings
from tests.fixtures.postgres import PostgresServer, running_postgres
from tests.fixtures.processes import Process, free_port, kill, stop, tail
from tests.fixtures.servers import SECRET, RedisServer, environment

PATIENCE_S = 90
ASKED_EVERY_S = 0.1
"""Often enough to measure by, and no load to speak of beside what is measured."""
CONNECTIONS = ["max_connections=200"]


class Begin(Protocol):
    """The command goes on beside us, at the head of its process group."""

    def __call__(
        self, arguments: tuple[str, ...], *, cwd: Path, env: Mapping[str, str], log: Path
    ) -> Process: ...


class Run(Protocol):
    """The command has ended."""

    def __call__(
        self, arguments: tuple[str, ...], *, cwd: Path, env: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]: ...


@dataclass(frozen=True)
class Commands:
    """How `gig` commands come to run on this machine."""

    begin: Begin
    run: Run


def _begin(
    arguments: tuple[str, ...], *, cwd: Path, env: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "gig", *arguments],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _run(
    arguments: tuple[str, ...], *, cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gig", *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


FRESH = Commands(_begin, _run)
"""Each in a Python of its own that first imports everything, as on a machine that is switched on."""


class Host:
    """One command of the deployment, on a machine of its own."""

    def __init__(
        self, name: str, home: Path, *command: str, commands: Commands = FRESH, **settings: str
    ) -> None:
        self.name, self.port, self.log = name, free_port(), home / f"{name}.log"
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = (*command, "--port", str(self.port)) if command[0] == "serve" else command
        self._commands, self._settings, self._home = commands, settings, home
        self.start()

    def start(self) -> None:
        self.log.touch()
        self._began_at = self.log.stat().st_size
        self.process: Process = self._commands.begin(
            self._command, cwd=self._home, env=environment(**self._settings), log=self.log
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
        said = [line for line in self._printed().splitlines() if "leads the jobs" in line]
        return self.process.poll() is None and bool(said) and "this process" in said[-1]

    def is_awake(self) -> bool:
        """Whether this scheduler has said since its start that it is awake."""
        return "the scheduler is awake" in self._printed()

    def _printed(self) -> str:
        return self.log.read_bytes()[self._began_at :].decode()

    def kill(self) -> None:
        kill(self.process)

    def rss_kib(self) -> int:
        """The memory that its processes hold now, each counted whole."""
        own = psutil.Process(self.process.pid)
        return sum(each.memory_info().rss for each in (own, *own.children(recursive=True))) // 1024


def until(holds: Callable[[], bool], *hosts: Host, seconds: float = PATIENCE_S) -> None:
    """Returns once it holds; fails with what the hosts have printed when it never does."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "\n".join(tail(host.log) for host in hosts)
        time.sleep(ASKED_EVERY_S)


class Site:
    """`web` serves pages and API with so many workers, `live` the streams; one of two schedulers leads.

    It runs from here until the stack is closed. `app` is ours, to look into the database with.
    """

    def __init__(
        self,
        home: Path,
        stack: ExitStack,
        *,
        options: list[str] = CONNECTIONS,
        workers: int = 2,
        commands: Commands = FRESH,
        **settings: str,
    ) -> None:
        self.home, self.commands = home, commands
        self.postgres: PostgresServer = stack.enter_context(running_postgres(options))
        self.redis = RedisServer(home)
        stack.callback(lambda: stop(self.redis.process))
        url = self.postgres.create("gig")
        migrating = sa.create_engine(url)
        upgrade(migrating)
        migrating.dispose()
        self.settings = {"GIG_DATABASE_URL": url, "GIG_REDIS_URL": self.redis.url, **settings}
        self.app = create_app(Settings.from_env({**self.settings, "GIG_SECRET_KEY": SECRET}))
        stack.callback(self._let_go)
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self.hosts: list[Host] = []
        self._stack = stack
        self.web = self.host("web", "serve", "--role", "web", "--workers", str(workers))
        self.webs = [self.web]
        self.live = self.host("live", "serve", "--role", "live")
        self.schedulers = [self.host(f"scheduler-{number}", "scheduler") for number in (1, 2)]

    def host(self, name: str, *command: str, **settings: str) -> Host:
        """One more host; it is stopped with the others."""
        given = {**self.settings, **settings}
        host = Host(name, self.home, *command, commands=self.commands, **given)
        self._stack.callback(lambda: stop(host.process))
        self.hosts.append(host)
        return host

    def is_whole(self) -> bool:
        """Every process serves, hears and rings, and one scheduler leads."""
        return (
            all(host.says("/readyz", status="ready") for host in self.webs)
            and self.live.says("/live/health", alive=True, bell=True)
            and len([host for host in self.schedulers if host.leads()]) == 1
        )

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

    def books_are_clean(self) -> bool:
        return not [finding for finding in self.ask(audit) if finding.differences]

    def _let_go(self) -> None:
        with self.app.app_context():
            db.engine.dispose()
