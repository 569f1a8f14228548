"""What a stored sheet says, read back from its bytes."""

from __future__ import annotations

import csv
import io

from gig.core.money import parse_yuan


def read_csv(content: bytes) -> tuple[int, int]:
    """How many lines the generic CSV holds and their sum in fen."""
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    next(rows)
    amounts = [parse_yuan(row[4]) for row in rows]
    return len(amounts), sum(amounts)
