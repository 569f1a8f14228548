"""The notices that stand above every page of an agent's phone."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from gig.core.clock import received_at
from gig.core.db import db
from gig.dispatch.notices import operations, queries
from gig.dispatch.notices.queries import NOBODYS, Board
from gig.identity.access import actor_id, allow, may

pages = Blueprint("notices", __name__)


def told() -> Board:
    """What who is asking has not put away yet; for the frame."""
    return queries.for_agent(db.session(), actor_id(), received_at()) if may("work") else NOBODYS


@pages.get("/agent/notices")
@allow("work")
def show() -> str:
    """The part that open pages ask for again."""
    return render_template("dispatch/_notices.html", notices=told())


@pages.post("/agent/notices/<id>/read")
@allow("work")
def put_away(id: str) -> Response | str:
    """The agent does not see it again."""
    operations.put_away(id=id, agent_id=actor_id(), now=received_at())
    if request.headers.get("HX-Request"):
        return render_template("dispatch/_notices.html", notices=told(), open=True)
    return redirect("/agent", code=303)
