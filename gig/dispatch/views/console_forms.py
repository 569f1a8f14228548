"""What ops' forms have in common: a refusal is said beside the field or on the next page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect
from werkzeug.wrappers import Response

from gig.core.errors import Invalid, Refused
from gig.web.filters import say

Faults = dict[str, list[str]]
Answer = Response | str | tuple[str, int]


def said(error: Invalid) -> Faults:
    """The faults by field, in the page's language."""
    return {field: [say(words) for words in list_] for field, list_ in error.errors.items()}


def done(url: str, change: Callable[[], Any], words: str) -> Response:
    """The change is made, or the next page says why not."""
    try:
        change()
        flash(words)
    except Refused as error:
        flash(say(error))
    except Invalid as error:
        flash(" ".join(words for list_ in said(error).values() for words in list_))
    return redirect(url, code=303)
