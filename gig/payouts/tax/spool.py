"""Rows that are read once more later, kept on disk meanwhile so that a large batch needs no more memory."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import Any, Generic, TypeVar

IN_MEMORY = 1 << 18
"""Bytes up to which nothing goes to disk: some hundred lines."""
AT_ONCE = 100
"""Rows that are written and read back together."""


Row = TypeVar("Row")


def batched(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """So many rows at a time, in their order."""
    left = iter(rows)
    while some := list(islice(left, size)):
        yield some


class Spooled(Generic[Row]):
    """Rows in their order, as often as they are asked for; gone with the last who knows of them.

    What goes to disk is never anything else than what this process wrote, into a file without a name.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._file: Any = SpooledTemporaryFile(max_size=IN_MEMORY, mode="w+b")  # noqa: SIM115
        self._chunks = 0
        for some in batched(rows, AT_ONCE):
            pickle.dump(some, self._file, pickle.HIGHEST_PROTOCOL)
            self._chunks += 1

    def __iter__(self) -> Iterator[Row]:
        self._file.seek(0)
        for _ in range(self._chunks):
            yield from pickle.load(self._file)

    def __del__(self) -> None:
        self._file.close()
