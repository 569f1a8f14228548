"""One row by one plain statement, past the session: for what every request must ask first.

The statement is compiled once for each database and run on the driver's own cursor, in a connection of
the pool and in no transaction of ours; that costs a tenth of asking through a session. It must select
text only (nothing converts what the driver returns) and read nothing that a transaction of this request
has written.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect, Engine

_Compiled = tuple[str, tuple[str, ...] | None]


class Peek:
    """A compiled question. `row(engine, name=value)` is its only row, or None."""

    def __init__(self, statement: sa.Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def row(self, engine: Engine, **values: str) -> tuple[Any, ...] | None:
        text, order = self._compiled.get(engine.dialect.name) or self._compile(engine.dialect)
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(text, values if order is None else tuple(values[name] for name in order))
            found: tuple[Any, ...] | None = cursor.fetchone()
            cursor.close()
        finally:
            connection.close()
        return found

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled = self._statement.compile(dialect=dialect)
        order = tuple(compiled.positiontup or ()) if compiled.positional else None
        made = self._compiled[dialect.name] = (str(compiled), order)
        return made
