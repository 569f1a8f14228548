"""A running server and a way to speak to its database from outside."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from flask import Flask

from gig.core import outbox
from gig.core.clock import real_now
from gig.core.db import db, transaction
from gig.core.ids import new_id
from gig.live.tickets import issue_ticket
from tests.features.live.listening import Listener
from tests.fixtures.processes import free_port, wait_until
from tests.fixtures.servers import SECRET, Server, environment


class World:
    """The server and its database, as another process of the deployment sees them."""

    def __init__(self, server: Server, app: Flask, stack: ExitStack) -> None:
        self.server = server
        self.app = app
        self._stack = stack

    def ticket(
        self, *topics: str, person: str = "", session: str = "", issued: dt.timedelta = dt.timedelta()
    ) -> str:
        return issue_ticket(SECRET, person or new_id(), session or new_id(), topics, real_now() + issued)

    def listen(self, ticket: str, **options: int) -> Listener:
        return self._stack.enter_context(Listener(self.server.port, ticket, **options))

    def emit(self, topic: str, type: str = "happened", *, times: int = 1, **payload: object) -> None:
        events = [(topic, type, dict(payload) or {"number": number}) for number in range(times)]
        with self.app.app_context():
            with transaction() as session:
                outbox.emit_all(session, events, now=real_now())
            db.session.remove()


def start(url: str, home: Path, *options: str) -> Server:
    port, log = free_port(), home / "serve.log"
    command = [sys.executable, "-m", "gig", "serve", "--no-scheduler", "--port", str(port), *options]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=home,
            env=environment(GIG_DATABASE_URL=url),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    server = Server(f"http://127.0.0.1:{port}", port, process, log)
    wait_until(server.ready, process, log, seconds=40)
    return server
