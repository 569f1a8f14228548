"""Lists in pages: an opaque mark of the last row seen, never a number of rows to skip."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from gig.api.fields import Int, Schema, Text
from gig.core.errors import Invalid
from gig.core.text import N_

Row = TypeVar("Row")
MOST = 200
USUAL = 50


class PageQuery(Schema):
    """What a list may be asked: how many rows, and after which mark. Extend it with filters."""

    limit = Int(least=1, most=MOST, digits=True, load_default=USUAL)
    cursor = Text(most=500, load_default=None)


def mark(*values: str | int) -> str:
    """The cursor of the row whose sort values are these."""
    packed = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_mark(cursor: str | None, *types: type) -> tuple[Any, ...] | None:
    """The sort values of a cursor that `mark` made, of these types; None at the beginning."""
    if not cursor:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as error:
        raise Invalid({"cursor": [N_("这个游标无效。")]}) from error
    if not isinstance(values, list) or [type(value) for value in values] != list(types):
        raise Invalid({"cursor": [N_("这个游标无效。")]})
    return tuple(values)


def page(
    rows: Sequence[Row], limit: int, mark_of: Callable[[Row], str], shown: Callable[[Row], Any]
) -> dict[str, Any]:
    """The answer of a list. Pass one row more than `limit` when there is one."""
    seen = rows[:limit]
    more = len(rows) > limit
    return {"items": [shown(row) for row in seen], "next_cursor": mark_of(seen[-1]) if more else None}
