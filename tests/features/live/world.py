"""A running server and a way to speak to its database from outside."""

from __future__ import annotations

import datetime as dt
from contextlib import ExitStack

from flask import Flask

from gig.core import outbox
from gig.core.clock import real_now
from gig.core.db import db, transaction
from gig.core.ids import new_id
from gig.live.tickets import issue_ticket
from tests.features.live.listening import Listener
from tests.fixtures.servers import SECRET, Server


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
