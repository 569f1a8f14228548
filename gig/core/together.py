"""Writes whose answer nobody waits for, gathered and sent as one statement.

On PostgreSQL each statement of its own costs a waiting that is longer than its work. One statement with
several writing parts is carried out as a whole: its parts see the same snapshot, its triggers and
foreign keys hold at its end. SQLite has no such statements and no waiting; there the parts run in turn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from gig.core.prepared import Compiled, Prepared, Values, connection_of, execute


@dataclass
class Together:
    """Writes gathered in a block. After it `met` is how many rows the deciding one met, if there was one."""

    met: int = 0
    _decided: tuple[Prepared, Values] | None = None
    _writes: list[tuple[Prepared, Values]] = field(default_factory=list)

    def decide(self, prepared: Prepared, values: Values) -> None:
        """All others are carried out only if this one meets a row, and before it nothing is."""
        self._decided = (prepared, values)

    def add(self, prepared: Prepared, values: Values) -> None:
        self._writes.append((prepared, values))

    def send(self, session: Session) -> None:
        connection = connection_of(session)
        if connection.dialect.name != "sqlite" and len(self._writes) > (self._decided is None):
            self._send_as_one(connection)
            return
        if self._decided is not None:
            prepared, values = self._decided
            self.met = prepared.run(session, values)
            if not self.met:
                return
        for prepared, values in self._writes:
            prepared.run(session, values)

    def _send_as_one(self, connection: Connection) -> None:
        parts = [prepared for prepared, _ in self._writes]
        sent = self._writes
        if self._decided is not None:
            parts = [self._decided[0], *(prepared.if_decided() for prepared in parts)]
            sent = [self._decided, *sent]
        compiled = [prepared.compiled(connection.dialect) for prepared in parts]
        key = (self._decided is not None, *parts)
        text = _joined.get(key)
        if text is None:
            text = _joined[key] = _join(compiled, decided=self._decided is not None)
        parameters: list[Any] = []
        for part, (_, values) in zip(compiled, sent, strict=True):
            parameters += part.parameters(values)
        cursor = execute(connection, text, parameters)
        (self.met,) = cursor.fetchone()
        cursor.close()


@contextmanager
def together(session: Session) -> Iterator[Together]:
    """The writes of the block (`write`, not `run`) are carried out at its end, as one statement if possible.

    None of them sees what another of them does, so no two may touch one row, and what is read inside the
    block is read before all of them.
    """
    if "together" in session.info:
        raise RuntimeError("writes are being gathered already")
    gathered = session.info["together"] = Together()
    try:
        yield gathered
    finally:
        del session.info["together"]
    gathered.send(session)


_joined: dict[tuple[object, ...], str] = {}


def _join(parts: Sequence[Compiled], *, decided: bool) -> str:
    """One statement of all parts, their parameters numbered through; it answers what the first one met."""
    named: list[str] = []
    before = 0
    for place, part in enumerate(parts):
        text = _PARAMETER.sub(lambda found, by=before: f"${int(found[1]) + by}", part.text)  # type: ignore[misc]
        first = decided and place == 0
        named.append(f"decided AS ({text} RETURNING 1)" if first else f"w{place} AS ({text})")
        before += len(part.binds)
    return f"WITH {', '.join(named)} SELECT {'count(*) FROM decided' if decided else '0'}"


_PARAMETER = re.compile(r"\$(\d+)")
