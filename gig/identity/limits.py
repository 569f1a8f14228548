"""Views that cost much are opened only so often by one person."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flask import current_app, request

from gig.core import clock
from gig.core.limits import Limit, Limits
from gig.identity.access import find_principal

View = Callable[..., Any]
KEY = "gig.limits"


def limited(name: str, *, most: int, per_s: int) -> Callable[[View], View]:
    """Each session, or stranger's address, may `most` times in `per_s` seconds. It stands under `@allow`."""
    limit = Limit(name, most, per_s)

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            limits: Limits = current_app.extensions[KEY]
            found = find_principal()
            who = found.session_id if found else f"at {request.remote_addr}"
            limits.spend(limit, who, now=clock.real_now().timestamp())
            return view(*args, **kwargs)

        return wrapper

    return decorate
