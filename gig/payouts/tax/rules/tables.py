"""The tables of the tax office, as data: what was decreed, and the month from which it holds.

A new decree is a new table at the end of its list; the months before keep theirs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar


@dataclass(frozen=True)
class Bracket:
    """Taxable income up to and including `upto_fen` (None: without end) pays `percent` less `quick_fen`."""

    upto_fen: int | None
    percent: int
    quick_fen: int


@dataclass(frozen=True)
class LabourTable:
    """Each month by itself: a fixed deduction up to a limit, a share above it."""

    effective_from: dt.date
    flat_upto_fen: int
    flat_fen: int
    cost_percent: int
    brackets: tuple[Bracket, ...]


@dataclass(frozen=True)
class PlatformTable:
    """The calendar year so far: a share for costs, and an amount for each month of income."""

    effective_from: dt.date
    cost_percent: int
    monthly_fen: int
    brackets: tuple[Bracket, ...]


LABOUR = (
    LabourTable(  # 国家税务总局公告 2018 年第 61 号
        effective_from=dt.date(2019, 1, 1),
        flat_upto_fen=4_000_00,
        flat_fen=800_00,
        cost_percent=20,
        brackets=(
            Bracket(20_000_00, 20, 0),
            Bracket(50_000_00, 30, 2_000_00),
            Bracket(None, 40, 7_000_00),
        ),
    ),
)

PLATFORM = (
    PlatformTable(  # 国家税务总局公告 2025 年第 16 号
        effective_from=dt.date(2025, 10, 1),
        cost_percent=20,
        monthly_fen=5_000_00,
        brackets=(
            Bracket(36_000_00, 3, 0),
            Bracket(144_000_00, 10, 2_520_00),
            Bracket(300_000_00, 20, 16_920_00),
            Bracket(420_000_00, 25, 31_920_00),
            Bracket(660_000_00, 30, 52_920_00),
            Bracket(960_000_00, 35, 85_920_00),
            Bracket(None, 45, 181_920_00),
        ),
    ),
)


Table = TypeVar("Table", LabourTable, PlatformTable)


def in_force(tables: Sequence[Table], month: dt.date) -> Table:
    """The newest table that holds in the month; LookupError before the first."""
    for table in reversed(tables):
        if table.effective_from <= month:
            return table
    raise LookupError(month)
