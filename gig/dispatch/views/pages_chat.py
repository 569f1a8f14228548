"""One conversation: the customer's words, the clock, the reply and what it earned."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from gig.api import idempotent
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.dispatch import schemas
from gig.dispatch.operations import drafts, releases, replies, resolution
from gig.dispatch.queries import desk, threads
from gig.dispatch.scripts.views import sheet
from gig.dispatch.views import conversation
from gig.dispatch.wording.values import Blocked, why
from gig.identity.access import actor_id, allow
from gig.web.filters import say

pages = Blueprint("chat", __name__)

REASONS = ("unsure", "language", "wrong-queue", "busy")


@pages.get("/agent/chats/<inquiry_id>")
@allow("work")
def show(inquiry_id: str) -> str:
    """The conversation as far as this agent may see it, as a page or as the parts that change."""
    name = "_chat_parts.html" if request.args.get("part") == "live" else "chat.html"
    return render_template(f"dispatch/{name}", **_chat(inquiry_id))


@pages.post("/agent/chats/<inquiry_id>/replies")
@allow("work")
@idempotent()
def send(inquiry_id: str) -> AnyResponse:
    """The customer has the words, once for each key; or they stay in the draft, and why is said."""
    typed = _typed()
    if not typed["text"].strip():
        raise Invalid({"text": [_("先写一句再发")]})
    try:
        sent = replies.reply(inquiry_id=inquiry_id, agent_id=actor_id(), now=received_at(), **typed)
    except (Refused, Blocked) as refused:
        if request.headers.get("HX-Request"):
            raise
        flash(why(refused))
        return _back(inquiry_id)
    if request.headers.get("HX-Request"):
        return jsonify(message_id=sent.message.id, earning_id=sent.earning.id if sent.earning else None)
    return _back(inquiry_id)


@pages.post("/agent/chats/<inquiry_id>/draft")
@allow("work")
def draft(inquiry_id: str) -> Response:
    """What is typed so far survives the page."""
    drafts.put_draft(inquiry_id=inquiry_id, agent_id=actor_id(), text=_typed()["text"], now=received_at())
    return Response(status=204)


@pages.get("/agent/chats/<inquiry_id>/release")
@allow("work")
def ask_release(inquiry_id: str) -> str:
    """Why give it back, and what that costs today."""
    thread = threads.thread_with_pay(db.session(), inquiry_id, actor_id())
    left = releases.free_left(db.session(), actor_id(), current_app.config["GIG_TIMEZONE"], received_at())
    return render_template(
        "dispatch/release.html",
        thread=thread,
        left=max(0, left),
        bar=conversation.ring(thread, received_at()),
    )


@pages.post("/agent/chats/<inquiry_id>/release")
@allow("work")
def release(inquiry_id: str) -> AnyResponse:
    """The inquiry is back in the feed."""
    reason, zone = request.form.get("reason", ""), current_app.config["GIG_TIMEZONE"]
    free = releases.free_left(db.session(), actor_id(), zone, received_at())
    try:
        left = releases.release(
            inquiry_id=inquiry_id,
            agent_id=actor_id(),
            reason=reason if reason in REASONS else "unsure",
            zone=zone,
            now=received_at(),
        )
    except Refused as refused:
        flash(say(refused))
        return _back(inquiry_id)
    if free > 0:
        flash(_("已退单，没扣分。今天还可免费退单 %(n)s 次。", n=left))
    else:
        flash(_("已退单。今天的免费次数已用完，这次记 1 个扣分项。"))
    return redirect(url_for("dispatch.feed.show"), code=303)


@pages.post("/agent/chats/<inquiry_id>/resolution")
@allow("work")
def resolve(inquiry_id: str) -> AnyResponse:
    """The question is answered; refused while the customer waits."""
    try:
        resolution.resolve(inquiry_id=inquiry_id, agent_id=actor_id(), now=received_at())
    except Refused as refused:
        flash(say(refused))
        return _back(inquiry_id)
    flash(_("已解决。客户 24 小时内再来，会优先找你。"))
    return redirect(url_for("dispatch.chats.show"), code=303)


def _back(inquiry_id: str) -> AnyResponse:
    """To the conversation, or, for who may not see it any more, to the feed."""
    try:
        threads.thread_with_pay(db.session(), inquiry_id, actor_id())
    except NotFound:
        return make_response(redirect(url_for("dispatch.feed.show"), code=303))
    return redirect(url_for("dispatch.chat.show", inquiry_id=inquiry_id), code=303)


def _typed() -> dict[str, Any]:
    """The text as it was typed, its line breaks one character again, and the script that it began as."""
    typed = request.form.get("text", "").replace("\r\n", "\n").replace("\r", "\n")
    script = request.form.get("script_id")
    given = {"text": typed, "script_id": script} if script else {"text": typed}
    try:
        reply: dict[str, Any] = schemas.ReplyIn().load(given)
    except ValidationError as error:
        raise Invalid(dict(error.normalized_messages())) from error
    return reply


def _chat(inquiry_id: str) -> dict[str, Any]:
    session, now = db.session(), received_at()
    thread = threads.thread_with_pay(session, inquiry_id, actor_id())
    quotes = desk.quotes(session, inquiry_id, actor_id())
    shown = {**conversation.shown(session, thread, quotes, now), "key": new_id(), "now": now}
    script = request.args.get("script", "") if shown["held"] else ""
    return {**shown, "script_id": "", **(sheet.picked(thread, script) if script else {})}
