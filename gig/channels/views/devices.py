"""The random cookie by which a browser is known again, on the agents' pages and on the customer's alike."""

from __future__ import annotations

import datetime as dt
import logging
import re
import secrets

from flask import Flask, Response, g, request

from gig.channels.operations import signals
from gig.core.clock import received_at
from gig.identity.access import Principal

log = logging.getLogger(__name__)

COOKIE = "device"
YEAR = 365 * 24 * 3600
NOTED = 20_000
_FORM = re.compile(r"[A-Za-z0-9_-]{22}")

_noted: dict[tuple[str, frozenset[tuple[str, str]]], dt.date] = {}
"""What this process has noted of agents today, so that a page costs no statement for it."""


def plug_into(app: Flask) -> None:
    app.after_request(_know_again)


def device() -> str | None:
    """The browser's name, if it has come back with one."""
    given = request.cookies.get(COOKIE, "")
    return given if _FORM.fullmatch(given) else None


def marks() -> signals.Marks:
    """The blind indexes of where this request comes from."""
    return signals.marks_of(device=device(), address=request.remote_addr)


def _know_again(response: Response) -> Response:
    """Pages give the cookie; an agent's pages note it, at most once a day for each place."""
    if not request.path.startswith(("/agent", "/c/")):
        return response
    if response.mimetype == "text/html" and device() is None:
        _name(response)
    found: Principal | None = g.get("principal")
    if found is not None and "agent" in found.roles and request.path.startswith("/agent"):
        _note(found.id)
    return response


def _name(response: Response) -> None:
    """Inside a frame of another site only a `SameSite=None` cookie comes back, and that needs https."""
    response.set_cookie(
        COOKIE,
        secrets.token_urlsafe(16),
        max_age=YEAR,
        httponly=True,
        secure=request.is_secure,
        samesite="None" if request.is_secure else "Lax",
    )


def _note(agent_id: str) -> None:
    """A page never fails for it."""
    seen, now = marks(), received_at()
    key = (agent_id, frozenset(seen.items()))
    if not seen or _noted.get(key) == now.date():
        return
    try:
        signals.note_agent(agent_id=agent_id, marks=seen, now=now)
    except Exception:
        log.exception("an agent's device could not be noted")
        return
    if len(_noted) >= NOTED:
        _noted.clear()
    _noted[key] = now.date()
