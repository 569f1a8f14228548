"""A server with open streams stops when it is asked to, and its log holds no ticket."""

from __future__ import annotations

import signal
from pathlib import Path

from gig.core.clock import real_now
from gig.core.ids import new_id
from gig.live.tickets import issue_ticket
from tests.features.live.listening import Listener
from tests.fixtures.servers import SECRET, start_server


def test_the_server_stops_while_streams_are_open_and_says_when_to_come_back(
    sqlite_url: str, tmp_path: Path
) -> None:
    server = start_server("--no-scheduler", "--access-log", database_url=sqlite_url, home=tmp_path)
    ticket = issue_ticket(SECRET, new_id(), new_id(), ["ops"], real_now())
    try:
        with Listener(server.port, ticket) as listener:
            listener.ready()
            server.process.send_signal(signal.SIGTERM)
            assert listener.rest() == []
            assert listener.closed
            assert server.process.wait(60) == 0
    finally:
        server.stop()
    assert "/live/stream" in server.printed()
    assert ticket[:20] not in server.printed()
    assert "Killing" not in server.printed()
