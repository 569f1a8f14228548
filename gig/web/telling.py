"""Doing what a form asks; what the rules refuse is said beside its field, or on the page that follows."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect
from werkzeug.wrappers import Response

from gig.core.errors import GigError, Invalid, NotFound
from gig.web.filters import say

Faults = dict[str, list[str]]
Answer = Response | str | tuple[str, int]


def said(error: Invalid) -> Faults:
    """The faults by field, in the page's language."""
    return {field: [say(sentence) for sentence in sentences] for field, sentences in error.errors.items()}


def told(work: Callable[[], object]) -> bool:
    """Whether the work was done; if it was refused, the next page says why."""
    try:
        work()
    except NotFound:
        raise
    except Invalid as error:
        for sentences in said(error).values():
            for sentence in sentences:
                flash(sentence)
        return False
    except GigError as error:
        flash(say(error))
        return False
    return True


def tell(work: Callable[[], object], back: str) -> Response:
    """Does the work and goes back; a refusal is shown there."""
    told(work)
    return redirect(back, code=303)


def done(url: str, work: Callable[[], object], words: str) -> Response:
    """The work is done, or the next page says why not."""
    if told(work):
        flash(words)
    return redirect(url, code=303)
