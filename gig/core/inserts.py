"""Rows of one table that a hot path writes, many at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from gig.core.prepared import DECIDED, Prepared, Values

AT_ONCE = 200
"""Rows in one statement at most: a driver takes so many values, and each number of rows has its own text."""


class PreparedInsert:
    """Rows of the named columns, a few in one statement, many in several; `on_conflict` columns let a retry
    pass."""

    def __init__(self, table: sa.Table, *, on_conflict: Sequence[str] | None = None) -> None:
        self._table = table
        self._on_conflict = on_conflict
        self._prepared: dict[tuple[int, tuple[str, ...]], Prepared] = {}

    def run(self, session: Session, rows: Sequence[Values]) -> int:
        """The rows are written, but for those that conflict; says how many. All have the same columns."""
        return sum(prepared.run(session, values) for prepared, values in self._pieces(rows))

    def write(self, session: Session, rows: Sequence[Values]) -> None:
        """Like `run`, now, or when the surrounding `together` ends."""
        for prepared, values in self._pieces(rows):
            prepared.write(session, values)

    def one(self, row: Values) -> tuple[Prepared, Values]:
        """The write of one row, with its values, for a `together` that it decides."""
        return self._of([row])

    def _pieces(self, rows: Sequence[Values]) -> Iterator[tuple[Prepared, Values]]:
        return (self._of(rows[start : start + AT_ONCE]) for start in range(0, len(rows), AT_ONCE))

    def _of(self, rows: Sequence[Values]) -> tuple[Prepared, Values]:
        shape = len(rows), tuple(rows[0])
        prepared = self._prepared.get(shape)
        if prepared is None:
            prepared = self._prepared[shape] = Prepared(
                lambda dialect: self._insert(dialect, *shape),
                if_decided=lambda dialect: self._insert(dialect, *shape, if_decided=True),
            )
        if len(rows) == 1:
            return prepared, rows[0]
        values = {f"{name}_{place}": value for place, row in enumerate(rows) for name, value in row.items()}
        return prepared, values

    def _insert(
        self, dialect: Dialect, count: int, names: tuple[str, ...], *, if_decided: bool = False
    ) -> Any:
        kind: Any = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
        suffixes = [""] if count == 1 else [f"_{number}" for number in range(count)]
        rows = [
            {name: sa.bindparam(f"{name}{suffix}", type_=self._table.c[name].type) for name in names}
            for suffix in suffixes
        ]
        if if_decided:
            chosen = sa.union_all(*(sa.select(*row.values()).where(DECIDED) for row in rows))
            insert = kind(self._table).from_select(list(names), chosen, include_defaults=False)
        else:
            insert = kind(self._table).values(rows if count > 1 else rows[0])
        if self._on_conflict is None:
            return insert
        return insert.on_conflict_do_nothing(index_elements=list(self._on_conflict) or None)
