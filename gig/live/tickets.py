"""The signed, short-lived leave to open one stream. It stands in an address, so it stays out of logs."""

from __future__ import annotations

import datetime as dt
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeSerializer

LIFETIME = dt.timedelta(minutes=10)
MOST_TOPICS = 64


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who may hear which topics, and until when, in real time."""

    person_id: str
    session_id: str
    topics: tuple[str, ...]
    issued_at: dt.datetime
    expires_at: dt.datetime


class BadTicket(Exception):
    """The ticket is forged, damaged or past its time."""


def issue_ticket(
    secret: str, person_id: str, session_id: str, topics: Sequence[str], now: dt.datetime
) -> str:
    """A ticket for exactly these topics, good for ten minutes from `now`, an instant of the real clock."""
    if len(topics) > MOST_TOPICS:
        raise ValueError(f"a stream hears {MOST_TOPICS} topics at most, not {len(topics)}")
    issued = int(now.timestamp() * 1000)
    return _serializer(secret).dumps([person_id, session_id, list(topics), issued])


def read_ticket(secret: str, text: str, now: dt.datetime) -> Ticket:
    """What the ticket says, if it is ours and in time; else BadTicket."""
    try:
        person_id, session_id, topics, issued = _serializer(secret).loads(text)
    except (BadData, ValueError, TypeError) as error:
        raise BadTicket from error
    issued_at = dt.datetime.fromtimestamp(issued / 1000, dt.UTC)
    if now >= issued_at + LIFETIME:
        raise BadTicket
    return Ticket(
        person_id, session_id, tuple(dict.fromkeys(map(sys.intern, topics))), issued_at, issued_at + LIFETIME
    )


def _serializer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="gig.live.ticket", signer_kwargs={"digest_method": hashlib.sha256})
