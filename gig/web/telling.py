"""Doing what a form asks; what the rules refuse is said on the page that follows."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect
from werkzeug.wrappers import Response

from gig.core.errors import GigError, Invalid, NotFound
from gig.web.filters import say


def told(work: Callable[[], object]) -> bool:
    """Whether the work was done; if it was refused, the next page says why."""
    try:
        work()
    except NotFound:
        raise
    except Invalid as error:
        for sentences in error.errors.values():
            for sentence in sentences:
                flash(say(sentence))
        return False
    except GigError as error:
        flash(say(error))
        return False
    return True


def tell(work: Callable[[], object], back: str) -> Response:
    """Does the work and goes back; a refusal is shown there."""
    told(work)
    return redirect(back, code=303)
