"""What the check would say, while the agent still types."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from gig.core.db import db
from gig.core.errors import NotFound
from gig.dispatch.queries import threads
from gig.dispatch.rules.text import LONGEST, from_form
from gig.dispatch.wording.queries.lists import lists
from gig.dispatch.wording.queries.words import words_of
from gig.dispatch.wording.rules.check import check, unclosed
from gig.dispatch.wording.values import MASKED, reason
from gig.identity.access import actor_id, allow

pages = Blueprint("wording_hints", __name__, template_folder="../templates")


@pages.post("/agent/chats/<inquiry_id>/check")
@allow("work")
def hints(inquiry_id: str) -> str:
    """The reasons, what will be masked, and a hint; nothing is sent or kept."""
    session = db.session()
    thread = threads.thread(session, inquiry_id, actor_id())
    if not thread.owned:
        raise NotFound
    text = from_form(request.form.get("text", ""))[:LONGEST]
    in_force = lists(session)
    verdict = check(text, in_force, customer_words=words_of(thread))
    return render_template(
        "wording/_hints.html",
        faults=[reason(fault) for fault in verdict.faults],
        masked=[_(MASKED[each]) for each in verdict.masked],
        unclosed=not verdict.faults and unclosed(text, in_force),
    )
