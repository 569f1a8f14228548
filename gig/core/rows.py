"""Rows that read like objects of their models and belong to no session."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Generic, TypeVar, cast

import sqlalchemy as sa

M = TypeVar("M")


class Part(Generic[M]):
    """The columns of one table among those of a wider row, from the place `start` on."""

    def __init__(self, model: type[M], start: int) -> None:
        self.columns: list[sa.Column[Any]] = list(cast(Any, model).__table__.c)
        self._start, self.end = start, start + len(self.columns)
        self._make, _ = _shape_of(cast(Any, model))

    def __call__(self, row: Sequence[Any]) -> M:
        """This table's part, read like an object of the model; it belongs to no session."""
        return cast(M, self._make(row[self._start : self.end]))

    def found(self, row: Sequence[Any]) -> bool:
        """Whether an outer join met a row of this table: its first column is then not NULL."""
        return row[self._start] is not None


def as_written(model: type[M], values: Mapping[str, Any]) -> M:
    """What was just written, read like an object of the model; it belongs to no session."""
    make, names = _shape_of(cast(Any, model))
    return cast(M, make([values.get(name) for name in names]))


@cache
def _shape_of(model: type[Any]) -> tuple[Callable[[Sequence[Any]], Any], list[str]]:
    columns = list(model.__table__.c)
    return row_of(model.__name__, columns), [column.key for column in columns]


def row_of(name: str, columns: Sequence[Any]) -> Callable[[Sequence[Any]], Any]:
    """What makes a row with the columns' names of a driver's cells."""
    make: Callable[[Sequence[Any]], Any] = cast(Any, namedtuple)(
        name, [column.key for column in columns], rename=True
    )._make
    return make
