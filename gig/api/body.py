"""Reading a request's JSON, strictly, and all of it before refusing."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, NoReturn

from flask import request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from gig.core.errors import Errors, Invalid
from gig.core.text import N_

LIMIT = 256 * 1024
DRAINED = 34 * 1024 * 1024
CHUNK = 64 * 1024
DEEPEST = 32
UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but newline and tab, and halves of characters, which no database can hold."""
UNFIT_MESSAGE = N_("不能含有控制字符。")


def check_size(limit: int = LIMIT) -> None:
    """A larger body is read to its end (bounded), so that its sender can read the 413 that answers it."""
    announced = request.content_length
    if announced is not None:
        if announced > limit:
            _refuse(announced)
    elif request.environ.get("wsgi.input_terminated") or "chunked" in request.headers.get(
        "Transfer-Encoding", ""
    ):
        body = request.environ["wsgi.input"].read(limit + 1)
        if len(body) > limit:
            _refuse(DRAINED)
        request._cached_data = body  # type: ignore[attr-defined]


def _refuse(length: int) -> NoReturn:
    stream, left = request.environ["wsgi.input"], min(length, DRAINED)
    while left > 0 and (chunk := stream.read(min(left, CHUNK))):
        left -= len(chunk)
    raise RequestEntityTooLarge


def read_json(objects: Callable[[list[tuple[str, Any]]], dict[str, Any]] | None = None) -> Any:
    """The body as JSON; an absent one is `{}`. Text that cannot be stored is refused by its place.

    `objects` makes an object of its fields, for a reader to whom it matters what was written twice.
    """
    raw = request.get_data()
    if not raw:
        return {}
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        value = json.loads(raw, object_pairs_hook=objects, parse_constant=_no_constant, parse_float=_finite)
        errors = _unfit(value)
    except (ValueError, RecursionError) as error:
        raise BadRequest from error
    if errors:
        raise Invalid(errors)
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    """What cannot be written as JSON again is no JSON: `1e999` would come out as `Infinity`."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _unfit(value: Any) -> Errors:
    found: Errors = {}

    def walk(part: Any, place: str, depth: int) -> None:
        if depth > DEEPEST:
            raise RecursionError
        if isinstance(part, str):
            if UNFIT.search(part):
                found[place or "body"] = [UNFIT_MESSAGE]
        elif isinstance(part, dict):
            for name, inner in part.items():
                if UNFIT.search(name):
                    found["body"] = [UNFIT_MESSAGE]
                else:
                    walk(inner, f"{place}.{name}" if place else name, depth + 1)
        elif isinstance(part, list):
            for number, inner in enumerate(part):
                walk(inner, f"{place}.{number}" if place else str(number), depth + 1)

    walk(value, "", 0)
    return found
