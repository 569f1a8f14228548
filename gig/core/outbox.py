"""Events, written in the transaction that caused them and read by whoever tells the world.

The table is the truth; the bell only says "look now". Payloads hold ids and numbers, never words.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from gig.core.db import Base, BigId, table_of
from gig.core.inserts import PreparedInsert

log = logging.getLogger(__name__)


class OutboxEvent(Base):
    __tablename__ = "outbox"
    __table_args__ = (sa.Index("ix_outbox_created_at", "created_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    topic: Mapped[str]
    type: Mapped[str]
    payload: Mapped[str]
    created_at: Mapped[dt.datetime]


_EVENTS = PreparedInsert(table_of(OutboxEvent))

Event = tuple[str, str, dict[str, Any]]
"""(topic, type, payload)"""

bell: list[Callable[[], None]] = []


def emit(session: Session, topic: str, type: str, payload: dict[str, Any], *, now: dt.datetime) -> None:
    """The event is told to its topic once the surrounding transaction has committed."""
    emit_all(session, [(topic, type, payload)], now=now)


def emit_all(session: Session, events: Iterable[Event], *, now: dt.datetime) -> None:
    """Like `emit`, a few in one statement (that of a surrounding `together`, if there is one)."""
    rows = [
        {
            "topic": topic,
            "type": type_,
            "payload": orjson.dumps(payload).decode(),
            "created_at": now,
        }
        for topic, type_, payload in events
    ]
    if rows:
        _EVENTS.write(session, rows)
        session.info["emitted"] = True


def ring() -> None:
    """Wakes the listeners of this process; a broken one never breaks the writer."""
    for listener in list(bell):
        try:
            listener()
        except Exception:
            log.exception("an outbox listener failed")
