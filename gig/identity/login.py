"""People: flask-login, kept behind this one module.

The cookie names a row of `login_session`, so that a session can be ended from anywhere. Protection is
`basic`: a phone that changes its network stays logged in, but counts as not freshly authenticated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urlsplit

import flask_login
import sqlalchemy as sa
from flask import Flask, Response, g, redirect, request
from flask import session as cookie
from werkzeug.wrappers import Response as AnyResponse

from gig.core.db import db
from gig.core.errors import Unauthenticated
from gig.core.prepared import Prepared
from gig.identity.access import Principal
from gig.identity.models import Agent, LoginSession, Person
from gig.identity.values import Stage

manager = flask_login.LoginManager()
manager.session_protection = "basic"


@dataclass(frozen=True, slots=True)
class SessionUser:
    """What flask-login holds: one session of one person."""

    principal: Principal

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return self.principal.session_id


_begun, _person, _agent = LoginSession.__table__, Person.__table__, Agent.__table__
_SESSION = Prepared(
    sa.select(_begun.c.id, _person.c.id, _person.c.name, _person.c.roles, _agent.c.stage)
    .select_from(_begun.join(_person, _person.c.id == _begun.c.person_id).outerjoin(_agent))
    .where(
        _begun.c.id == sa.bindparam("id"),
        _begun.c.revoked_at.is_(None),
        _person.c.disabled_at.is_(None),
    )
)


@manager.user_loader
def _load(session_id: str) -> SessionUser | None:
    row = _SESSION.peek(db.session(), {"id": session_id})
    if row is None:
        return None
    id, person_id, name, roles, stage = row
    return SessionUser(
        Principal("person", person_id, name, frozenset(roles.split(",")), id, cast("Stage | None", stage))
    )


def principal() -> Principal | None:
    """Whose cookie this is, in one statement."""
    user: Any = flask_login.current_user
    return user.principal if user.is_authenticated else None


def remember_login(found: Principal) -> None:
    """The browser is logged in from the next request on, with a new cookie."""
    cookie.clear()
    cookie.permanent = True
    flask_login.login_user(SessionUser(found))


def forget_login() -> None:
    flask_login.logout_user()
    cookie.clear()


def safe_next(target: str | None) -> str | None:
    """The target, if it is a page of ours; anything else is None."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    if parts.scheme or parts.netloc or any(ord(char) < 33 for char in target):
        return None
    return None if parts.path in ("/login", "/logout") else target


def to_login(error: Unauthenticated) -> AnyResponse:
    """A page sends to the login and back; a request of htmx takes the whole page along."""
    if request.headers.get("HX-Request"):
        try:
            page = urlsplit(request.headers.get("HX-Current-URL", ""))
        except ValueError:
            page = urlsplit("")
        back = safe_next(page.path + (f"?{page.query}" if page.query else ""))
        return Response(status=401, headers={"HX-Redirect": _login_url(back)})
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(_login_url(safe_next(back)), code=303)


def _login_url(back: str | None) -> str:
    return "/login" + (f"?next={quote(back, safe='/')}" if back and back != "/" else "")


def init_app(app: Flask) -> None:
    """Pages know who is asking; those that need somebody send to the login."""
    manager.init_app(app)
    app.before_request_funcs.setdefault(None, []).insert(0, _ask_anew)
    app.register_error_handler(Unauthenticated, to_login)


def _ask_anew() -> None:
    """Each request is asked who it is, even where one application context serves several."""
    for name in ("principal", "_login_user"):
        g.pop(name, None)
