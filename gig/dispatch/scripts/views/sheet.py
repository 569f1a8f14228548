"""选话术: the half-sheet over a conversation. Picking fills the box; sending stays the agent's own act."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gig.core.businesstime import business_zone
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.dispatch.queries import threads
from gig.dispatch.queries.threads import Thread
from gig.dispatch.scripts.operations.favourites import mark_favourite
from gig.dispatch.scripts.queries.offering import FAVOURITES, Offered, offered
from gig.dispatch.scripts.values import QUERY_MOST, SHOWN_AT_ONCE, STAGES
from gig.dispatch.views import conversation
from gig.identity.access import actor_id, allow, principal

pages = Blueprint("script_sheet", __name__, template_folder="../templates")


@pages.get("/agent/chats/<inquiry_id>/scripts")
@allow("work")
def show(inquiry_id: str) -> str:
    """The best for this turn, as a page, or, for a script, as the sheet with all of them to look through."""
    query = request.args.get("q", "")[:QUERY_MOST]
    only = request.args.get("only", "")
    thread = _held(inquiry_id)
    whole = "HX-Request" in request.headers
    rows = offers(thread, everything=True) if whole else offers(thread, query, only)
    start = _start(len(rows))
    name = "_sheet.html" if whole else "sheet.html"
    return render_template(
        f"scripts/{name}",
        id=inquiry_id,
        rows=rows if whole else rows[start : start + SHOWN_AT_ONCE],
        at_once=SHOWN_AT_ONCE,
        total=len(rows),
        following=(start + SHOWN_AT_ONCE) % max(1, len(rows)) if len(rows) > SHOWN_AT_ONCE else None,
        bar=conversation.ring(thread, received_at()),
        query="" if whole else query,
        only="" if whole else only,
        whole=whole,
        kinds=[("", _("推荐")), *((slug, _(name)) for slug, name in STAGES.items()), (FAVOURITES, _("收藏"))],
    )


@pages.post("/agent/scripts/<script_id>/favourite")
@allow("work")
def favourite(script_id: str) -> Response:
    """The script is a favourite, or is not; back to where the agent was."""
    wanted = request.form.get("do") != "remove"
    mark_favourite(script_id=script_id, agent_id=actor_id(), wanted=wanted, now=received_at())
    if request.headers.get("HX-Request"):
        return Response(status=204)
    inquiry_id = request.form.get("inquiry", "")
    if not is_id(inquiry_id):
        return redirect(url_for("dispatch.chats.show"), code=303)
    return redirect(url_for("script_sheet.show", inquiry_id=inquiry_id), code=303)


def offers(thread: Thread, query: str = "", only: str = "", *, everything: bool = False) -> list[Offered]:
    """What this agent may put into this conversation now."""
    return offered(
        db.session(),
        thread,
        agent_id=actor_id(),
        agent_name=principal().name,
        zone=business_zone(current_app.config["GIG_TIMEZONE"]),
        now=received_at(),
        query=query,
        only=only,
        everything=everything,
    )


def picked(thread: Thread, script_id: str) -> dict[str, Any]:
    """Without JavaScript: the box with the script behind what was typed; nothing for an unknown one."""
    text = next((each.text for each in offers(thread) if each.entry.id == script_id), "")
    if not text:
        return {}
    return {"draft": f"{thread.draft}\n{text}".strip(), "script_id": script_id}


def _held(inquiry_id: str) -> Thread:
    """The conversation, for the one in whose hands it is."""
    thread = threads.thread(db.session(), inquiry_id, actor_id())
    if not thread.owned or thread.inquiry.state != "claimed":
        raise NotFound
    return thread


def _start(rows: int) -> int:
    given = request.args.get("from", "")
    start = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
    return start if start < rows else 0
