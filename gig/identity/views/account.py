"""One's own account: password and sessions. On a phone's width for everybody."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid
from gig.identity import queries
from gig.identity.access import actor_id, allow, principal
from gig.identity.operations import people, sessions
from gig.identity.views.doors import home_of
from gig.web.telling import said

pages = Blueprint("account", __name__, template_folder="../templates")


@pages.get("/me/security")
@allow("account")
def security() -> str:
    """Password, and where one is logged in."""
    return _page({})


@pages.post("/me/password")
@allow("account")
def change_password() -> Response | tuple[str, int]:
    """The new password holds; other sessions have ended."""
    try:
        people.change_password(
            person_id=actor_id(),
            old=request.form.get("old", ""),
            new=request.form.get("new", ""),
            address=request.remote_addr or "",
            keep_session_id=principal().session_id,
            now=received_at(),
            actor_id=actor_id(),
        )
    except Invalid as error:
        return _page(said(error)), 422
    flash(_("密码已改。其他设备已退出。"))
    return redirect("/me/security", code=303)


@pages.post("/me/sessions/<session_id>/end")
@allow("account")
def end_session(session_id: str) -> Response:
    """That device is logged out."""
    sessions.revoke_sessions(
        person_id=actor_id(), session_id=session_id, now=received_at(), actor_id=actor_id()
    )
    flash(_("那台设备已退出。"))
    return redirect("/me/security", code=303)


@pages.post("/me/sessions/end-others")
@allow("account")
def end_others() -> Response:
    """Only this device is still logged in."""
    sessions.revoke_sessions(
        person_id=actor_id(),
        keep_session_id=principal().session_id,
        now=received_at(),
        actor_id=actor_id(),
    )
    flash(_("其他设备都已退出。"))
    return redirect("/me/security", code=303)


def _page(errors: dict[str, list[str]]) -> str:
    found = principal()
    return render_template(
        "identity/security.html",
        errors=errors,
        sessions=queries.open_sessions(db.session(), found.id),
        here=found.session_id,
        home="/agent/me" if "agent" in found.roles else home_of(found),
    )
