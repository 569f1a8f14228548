"""What a stored sheet says, read back from its bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from gig.core.money import parse_yuan
from gig.payouts.disbursement.rules.layout import Layout
from gig.payouts.disbursement.rules.shipped import GENERIC, SHIPPED


def read_csv(content: bytes, layout: Layout = SHIPPED[GENERIC]) -> tuple[int, int]:
    """How many lines the CSV holds and their sum in fen."""
    text = io.StringIO(content.decode(layout.encoding), newline="")
    return _sum(csv.reader(text), layout)


def read_xlsx(content: bytes, layout: Layout) -> tuple[int, int]:
    """The same of a workbook."""
    from python_calamine import load_workbook

    sheet = load_workbook(io.BytesIO(content)).get_sheet_by_index(0)
    return _sum(sheet.iter_rows(), layout)


def _sum(rows: Iterable[Sequence[Any]], layout: Layout) -> tuple[int, int]:
    at = layout.column_of("amount")
    at = layout.column_of("amount_text") if at is None else at
    assert at is not None
    count = total = 0
    for place, row in enumerate(rows, start=1):
        if place >= layout.start_row:
            cell = row[at]
            count += 1
            total += parse_yuan(cell) if isinstance(cell, str) else round(cell * 100)
    return count, total
