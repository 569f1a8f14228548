"""A reader of one stream over a real socket, for tests."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import Any

PATIENCE_S = 60
"""Only a test that fails waits so long; a busy machine is no fault of the server."""


@dataclass(frozen=True)
class Heard:
    """One event as the browser would get it."""

    type: str
    data: dict[str, Any]
    id: int | None


class Listener:
    """Opens a stream and takes events from it one by one; `closed` once the server ended it."""

    def __init__(self, port: int, ticket: str, *, last_event_id: int | None = None, after: int | None = None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        query = f"ticket={ticket}" + ("" if after is None else f"&after={after}")
        header = "" if last_event_id is None else f"Last-Event-ID: {last_event_id}\r\n"
        request = f"GET /live/stream?{query} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{header}\r\n"
        self.socket.sendall(request.encode())
        self._file = self.socket.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        while self._file.readline().strip():
            pass
        self._text = b""
        self.closed = False

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.socket.close()

    def next(self) -> Heard:
        """The next event; comments and retry hints are passed over. EOFError when the stream ends."""
        while True:
            while b"\n\n" not in self._text:
                self._text += self._chunk()
            block, _, self._text = self._text.partition(b"\n\n")
            fields = dict(line.split(": ", 1) for line in block.decode().splitlines() if ": " in line)
            if "event" in fields:
                id = int(fields["id"]) if "id" in fields else None
                return Heard(fields["event"], json.loads(fields["data"]), id)

    def until(self, type: str) -> list[Heard]:
        """Every event up to and with the first of this type."""
        heard = [self.next()]
        while heard[-1].type != type:
            heard.append(self.next())
        return heard

    def until_caught_up(self) -> list[Heard]:
        """Every event up to the one that says that the page is up to date, or must fetch afresh."""
        heard = [self.next()]
        while heard[-1].type not in ("ready", "resync"):
            heard.append(self.next())
        return heard

    def ready(self) -> Listener:
        """The stream is open and has caught up."""
        self.until_caught_up()
        return self

    def rest(self) -> list[Heard]:
        """Every event until the server ends the stream."""
        heard = []
        try:
            while True:
                heard.append(self.next())
        except EOFError:
            return heard

    def _chunk(self) -> bytes:
        size = int(self._file.readline().strip() or b"0", 16)
        if not size:
            self.closed = True
            raise EOFError
        data = self._file.read(size)
        self._file.readline()
        return data
