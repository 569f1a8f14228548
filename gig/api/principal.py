"""What the kit must know of who is asking; `gig.identity` puts it into the request."""

from __future__ import annotations

from typing import Protocol

from flask import g

from gig.core.errors import Unauthenticated


class Asking(Protocol):
    @property
    def id(self) -> str: ...


def asking() -> Asking:
    """Who asks, once the view's access was checked."""
    who: Asking | None = g.get("principal")
    if who is None:
        raise Unauthenticated
    return who
