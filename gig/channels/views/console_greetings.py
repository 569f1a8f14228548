"""Ops: how customers of each queue are greeted."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gig.channels.operations import greetings as operations
from gig.channels.queries import greetings
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid
from gig.identity.access import actor_id, allow
from gig.web.telling import said

pages = Blueprint("greetings", __name__, template_folder="../templates")

HERE = "/console/greetings"


@pages.get(HERE)
@allow("operate")
def show() -> str:
    return render_template("channels/console/greetings.html", rows=greetings.every_queue(db.session()))


@pages.get(f"{HERE}/<queue>")
@allow("operate")
def show_one(queue: str) -> str:
    return _one(queue, {})


@pages.post(f"{HERE}/<queue>")
@allow("operate")
def change(queue: str) -> Response | tuple[str, int]:
    """Customers who come from now on are greeted with the new words."""
    try:
        changed = operations.change_greeting(
            queue=queue,
            text=request.form.get("text", ""),
            text_en=request.form.get("text_en", ""),
            actor_id=actor_id(),
            now=received_at(),
        )
    except Invalid as error:
        return _one(queue, said(error)), 422
    flash(_("已保存，新来的客户会看到。") if changed else _("没有改动。"))
    return redirect(f"{HERE}/{queue}", code=303)


def _one(queue: str, errors: dict[str, list[str]]) -> str:
    session = db.session()
    changes = greetings.history(session, queue)
    text, text_en = greetings.in_force(session, queue)
    given = request.form if errors else {"text": text, "text_en": text_en}
    return render_template(
        "channels/console/greeting.html", queue=queue, changes=changes, given=given, errors=errors
    )
