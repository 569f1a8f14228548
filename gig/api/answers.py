"""From a view's value to bytes, the short way."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app


def answer(value: Any, status: int) -> Response:
    """The Response for a view's value. `None` is an empty body."""
    if isinstance(value, tuple):
        value, status = value
    if isinstance(value, Response):
        return value
    if value is None:
        return Response(status=status)
    return Response(current_app.json.dumps(value), status, mimetype="application/json")
