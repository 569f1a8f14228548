"""When customers come: the rhythm of a file of arrivals, stretched or squeezed over a span."""

from __future__ import annotations

import csv
import datetime as dt
import random
from pathlib import Path

from gig.simulator.replay.scripts import open_text


def even(count: int, chance: random.Random) -> list[float]:
    """So many moments in [0, 1), in order, with no rhythm at all."""
    return sorted(chance.random() for _ in range(count))


def of_file(path: Path, count: int) -> list[float]:
    """So many moments in [0, 1), in order, as dense as the file's arrivals are along its own span.

    The file is a table with a column `timestamp` or `slot`, and `count` for how many came then.
    """
    seen = _read(path)
    first, last = seen[0][0], seen[-1][0]
    span = (last - first).total_seconds() or 1.0
    total = sum(number for _, number in seen)
    moments: list[float] = []
    gone = 0
    for place, (at, number) in enumerate(seen):
        begin = (at - first).total_seconds() / span
        following = seen[place + 1][0] if place + 1 < len(seen) else last
        end = (following - first).total_seconds() / span
        wanted = count * (gone + number) // total - len(moments)
        moments += [begin + (end - begin) * (step + 0.5) / wanted for step in range(wanted)]
        gone += number
    return [min(moment, 0.999999) for moment in moments]


def _read(path: Path) -> list[tuple[dt.datetime, int]]:
    with open_text(path) as lines:
        rows = csv.DictReader(lines)
        column = next((name for name in ("timestamp", "slot") if name in (rows.fieldnames or ())), None)
        if column is None:
            raise ValueError(f"{path.name} has neither a column `timestamp` nor `slot`")
        seen = [(dt.datetime.fromisoformat(row[column]), int(row.get("count") or 1)) for row in rows]
    if not seen or not any(number for _, number in seen):
        raise ValueError(f"{path.name} holds no arrivals")
    return sorted(seen)
