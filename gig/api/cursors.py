"""Lists in pages: an opaque mark of the last row seen, never a number of rows to skip."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from gig.api.body import UNFIT
from gig.api.fields import Int, Schema, Text
from gig.core.businesstime import parse_instant
from gig.core.errors import Invalid
from gig.core.text import N_

Row = TypeVar("Row")
MOST = 200
USUAL = 50
LARGEST = 2**53


class PageQuery(Schema):
    """What a list may be asked: how many rows, and after which mark. Extend it with filters."""

    limit = Int(least=1, most=MOST, digits=True, load_default=USUAL)
    cursor = Text(most=500, load_default=None)


def mark(*values: str | int | dt.datetime) -> str:
    """The cursor of the row whose sort values are these."""
    plain = [value.isoformat() if isinstance(value, dt.datetime) else value for value in values]
    packed = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_mark(cursor: str | None, *types: type) -> tuple[Any, ...] | None:
    """The sort values of a cursor that `mark` made, of these types; None at the beginning.

    Whoever makes one up gets no value that a database could not compare.
    """
    if not cursor:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(types):
            raise ValueError(cursor)
        return tuple(_read(value, kind) for value, kind in zip(values, types, strict=True))
    except (ValueError, RecursionError) as error:
        raise Invalid({"cursor": [N_("这个游标无效。")]}) from error


def _read(value: Any, kind: type) -> Any:
    if kind is dt.datetime and type(value) is str:
        return parse_instant(value)
    sound = type(value) is kind
    if sound and isinstance(value, str):
        sound = not UNFIT.search(value)
    elif sound and isinstance(value, int):
        sound = -LARGEST <= value <= LARGEST
    if not sound:
        raise ValueError(value)
    return value


def page(
    rows: Sequence[Row], limit: int, mark_of: Callable[[Row], str], shown: Callable[[Row], Any]
) -> dict[str, Any]:
    """The answer of a list. Pass one row more than `limit` when there is one."""
    seen = rows[:limit]
    more = len(rows) > limit
    return {"items": [shown(row) for row in seen], "next_cursor": mark_of(seen[-1]) if more else None}
