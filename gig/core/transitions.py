"""States and the moves between them, and the one way to make a move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import Base, rows_changed


@dataclass(frozen=True)
class Machine:
    """A named table of moves: state → the states it may become. Drawn in docs/states.md."""

    name: str
    moves: Mapping[str, tuple[str, ...]]

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(self.moves)

    def allows(self, origin: str, target: str) -> bool:
        return target in self.moves[origin]

    def check(self, column: str = "state") -> str:
        """The CHECK constraint that keeps a column to these states."""
        return f"{column} IN ({', '.join(repr(state) for state in self.states)})"


def move(
    session: Session,
    machine: Machine,
    table: type[Base],
    id: str,
    *,
    origin: str,
    target: str,
    **values: Any,
) -> bool:
    """Compare-and-set: the row is in `target` with `values`, and was in `origin`; False if it was not.

    A move that the machine does not draw is a fault of the program, not of the caller.
    """
    if not machine.allows(origin, target):
        raise ValueError(f"{machine.name}: no move from {origin} to {target}")
    columns = table.__table__.c
    statement = (
        sa.update(table).where(columns.id == id, columns.state == origin).values(state=target, **values)
    )
    return rows_changed(session, statement) == 1
