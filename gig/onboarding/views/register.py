"""Registering on the phone."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from gig.core.clock import received_at
from gig.core.errors import Invalid
from gig.identity.access import find_principal, public
from gig.onboarding.operations.registration import register
from gig.web.telling import said

pages = Blueprint("register", __name__, template_folder="../templates")


@pages.get("/join")
@public
def form() -> AnyResponse | str:
    """Who is logged in already needs no second account."""
    if find_principal() is not None:
        return redirect("/")
    return render_template("onboarding/register.html", errors={}, typed={})


@pages.post("/join")
@public
def send() -> AnyResponse | tuple[str, int]:
    """The answer is the same whether or not the phone was registered before."""
    try:
        register(
            phone=request.form.get("phone", ""),
            name=request.form.get("name", ""),
            password=request.form.get("password", ""),
            address=request.remote_addr or "",
            now=received_at(),
        )
    except Invalid as invalid:
        errors = said(invalid)
        return render_template("onboarding/register.html", errors=errors, typed=request.form), 422
    flash(_("账号准备好了，用刚才的手机号和密码登录。这个号码以前注册过的，请用原来的密码。"))
    return redirect("/login?next=/agent/join", code=303)
