"""Who listens to what, and telling them."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import random
from collections import deque
from collections.abc import Iterable, Sequence

from gig.core.clock import real_now
from gig.live import frames
from gig.live.frames import REVOKED, Row
from gig.live.stream import Stream
from gig.live.tickets import LIFETIME, Ticket

STREAMS_PER_SESSION = 8
BREATH = 250
"""After so many writes the loop attends to others."""


class Hub:
    """The open streams of this process, by topic. Used on the event loop alone."""

    def __init__(self) -> None:
        self._topics: dict[str, dict[Stream, None]] = {}
        self._streams: dict[Stream, None] = {}
        self._sessions: dict[str, int] = {}
        self._revoked: dict[str, dt.datetime] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def add(self, stream: Stream) -> None:
        """The stream hears its topics. A session that opens too many loses its oldest."""
        session = stream.ticket.session_id
        self._sessions[session] = self._sessions.get(session, 0) + 1
        if self._sessions[session] > STREAMS_PER_SESSION:
            oldest = next(each for each in self._streams if each.ticket.session_id == session)
            oldest.end(frames.signal("resync"))
            self.remove(oldest)
        self._streams[stream] = None
        for topic in stream.ticket.topics:
            self._topics.setdefault(topic, {})[stream] = None

    def remove(self, stream: Stream) -> None:
        """The stream hears nothing any more."""
        stream.ended = True
        if stream not in self._streams:
            return
        del self._streams[stream]
        session = stream.ticket.session_id
        self._sessions[session] -= 1
        if not self._sessions[session]:
            del self._sessions[session]
        for topic in stream.ticket.topics:
            listeners = self._topics[topic]
            listeners.pop(stream, None)
            if not listeners:
                del self._topics[topic]

    def admits(self, ticket: Ticket) -> bool:
        """Whether nothing that this process has heard took the ticket's leave away after its issue."""
        revoked = (self._revoked.get(topic) for topic in _control(ticket))
        return not any(at is not None and ticket.issued_at <= at for at in revoked)

    def people(self) -> set[str]:
        """Everybody who has a stream open here; customers have no person's id."""
        return {stream.ticket.person_id for stream in self._streams} - {""}

    async def tell(self, rows: Sequence[Row]) -> None:
        """Each row has been written to every stream of its topic, in the order given."""
        written = 0
        for (topic, revocation), run in itertools.groupby(rows, key=_kind):
            listeners = list(self._topics.get(topic, ()))
            if not listeners and not revocation:
                continue
            data = b"".join(map(frames.event, run))
            if revocation:
                self.revoke(topic, data)
                continue
            message = frames.body(data)
            for stream in listeners:
                stream.write(message)
                written += 1
                if not written % BREATH:
                    await asyncio.sleep(0)

    def resync(self, position: int) -> None:
        """Every page is told to fetch afresh."""
        message = frames.body(frames.signal("resync", position))
        for stream in list(self._streams):
            stream.write(message)

    def beat(self, turn: Iterable[Stream]) -> None:
        """Each stream of this turn is kept alive."""
        for stream in turn:
            stream.write(frames.HEARTBEAT)

    def end_old(self, now: dt.datetime) -> None:
        """Streams whose ticket has run out are told to renew it, and end."""
        for stream in [stream for stream in self._streams if stream.ticket.expires_at <= now]:
            stream.end(frames.signal("renew"))
        if self._revoked:
            self._revoked = {topic: at for topic, at in self._revoked.items() if at > now - LIFETIME}

    def turns(self, count: int) -> deque[list[Stream]]:
        """All streams, dealt into so many turns."""
        streams = list(self._streams)
        return deque(streams[start::count] for start in range(count))

    def end_all(self) -> None:
        """Every stream ends and its page comes back after a moment, not all at once."""
        for stream in list(self._streams):
            stream.end(frames.retry(random.randint(500, 3000)))

    def revoke(self, topic: str, last: bytes = b"") -> None:
        """Streams of this session or agent end with these bytes; tickets issued until now open none."""
        self._revoked[topic] = real_now()
        for stream in [stream for stream in self._streams if topic in _control(stream.ticket)]:
            stream.end(last)


def _control(ticket: Ticket) -> tuple[str, str]:
    """The topics on which a revocation ends this ticket's streams."""
    return f"session:{ticket.session_id}", f"agent:{ticket.person_id}"


def _kind(row: Row) -> tuple[str, bool]:
    return row.topic, row.type in REVOKED
