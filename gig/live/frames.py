"""Events as the bytes of a server-sent event stream. Each is made once, whoever hears it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

Message = dict[str, Any]
"""One ASGI `http.response.body` message; shared between streams, so never changed."""

REVOKED = ("session.revoked", "ticket.revoked")
"""What ends streams and refuses their tickets: the login is over, or what its owner may hear has changed.

After the second the page asks for another ticket; after the first it finds that it must log in.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One committed row of the outbox."""

    id: int
    topic: str
    type: str
    payload: str
    created_at: dt.datetime


def body(data: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}


def event(row: Row) -> bytes:
    """The row as an event named by its type; its data is the payload with the topic in front."""
    rest = row.payload[1:] if row.payload == "{}" else "," + row.payload[1:]
    return f'id: {row.id}\nevent: {row.type}\ndata: {{"topic":"{row.topic}"{rest}\n\n'.encode()


def signal(name: str, position: int | None = None) -> bytes:
    """An event about the stream itself: `ready`, `resync`, `renew`.

    With a position, the page is up to date as of it once it has done what the event asks.
    """
    mark = "" if position is None else f"id: {position}\n"
    return f"{mark}event: {name}\ndata: {{}}\n\n".encode()


def retry(milliseconds: int) -> bytes:
    return f"retry: {milliseconds}\n\n".encode()


HEARTBEAT = body(b": \n\n")
END = body(b"", more=False)
