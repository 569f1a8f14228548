"""In and out: the start, the login, the way home."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gig.core.clock import received_at
from gig.core.errors import Invalid, TooMany
from gig.identity import menu
from gig.identity.access import Principal, allow, find_principal, principal, public
from gig.identity.demo import demo_logins
from gig.identity.limits import limited
from gig.identity.login import forget_login, remember_login, safe_next
from gig.identity.operations import sessions
from gig.identity.tickets import live_ticket
from gig.identity.values import ROLE_NAMES
from gig.web.filters import iso, say

pages = Blueprint("doors", __name__, template_folder="../templates")


def home_of(found: Principal) -> str:
    """Where a person's work is."""
    if "agent" in found.roles:
        return "/agent/join" if found.stage == "applicant" else "/agent/feed"
    entries = menu.open_to_me()
    return entries[0].url if entries else "/me/security"


@pages.get("/")
@public
def start() -> Response:
    """Each role is sent to its own start; nobody to the login."""
    found = find_principal()
    return redirect(home_of(found) if found else "/login")


@pages.get("/console")
@pages.get("/console/")
@allow("review", "operate", "settle", "administer")
def console() -> Response:
    return redirect(home_of(principal()))


@pages.get("/login")
@public
def login_form() -> Response | str:
    """The form; who is logged in already goes on."""
    found = find_principal()
    target = safe_next(request.args.get("next"))
    if found is not None:
        return redirect(target or home_of(found))
    return _form(next=target)


@pages.post("/login")
@public
def log_in() -> Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """A session begins; the same words for every failure."""
    phone, target = request.form.get("phone", ""), safe_next(request.form.get("next"))
    try:
        opened = sessions.log_in(
            phone=phone,
            password=request.form.get("password", ""),
            address=request.remote_addr or "",
            agent=request.user_agent.string,
            now=received_at(),
        )
    except Invalid as error:
        return _form(next=target, phone=phone, fault=say(error)), 422
    except TooMany as error:
        return (
            _form(next=target, phone=phone, fault=say(error)),
            429,
            {"Retry-After": str(error.retry_after_s)},
        )
    begin(opened)
    return redirect(target or "/", code=303)


def begin(opened: sessions.LoggedIn) -> None:
    """The browser that sent this request carries the session from here on."""
    remember_login(Principal("person", opened.person_id, opened.name, opened.roles, opened.session_id))


@pages.post("/logout")
@public
def log_out() -> Response:
    """The session has ended, here and on the server."""
    found = find_principal()
    if found is not None:
        sessions.log_out(session_id=found.session_id, person_id=found.id, now=received_at())
    forget_login()
    flash(_("已退出。"))
    return redirect("/login", code=303)


@pages.get("/agent/live-ticket")
@pages.get("/console/live-ticket")
@allow("account")
@limited("live-ticket", most=60, per_s=60)
def ticket() -> Response:
    """A new leave for the page's stream, and the server's time."""
    answer = jsonify(ticket=live_ticket(), server_now=iso(received_at()))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _form(*, next: str | None, phone: str = "", fault: str = "") -> str:
    return render_template(
        "identity/login.html",
        next=next,
        phone=phone,
        fault=fault,
        demo=[
            {**login, "role_name": _(ROLE_NAMES.get(login["role"], login["role"]))} for login in demo_logins()
        ],
        may_register="register" in current_app.blueprints,
    )
