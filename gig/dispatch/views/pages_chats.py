"""会话: what the agent holds, the most urgent first, and what was resolved today."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template, request

from gig.core.businesstime import business_zone
from gig.core.clock import received_at
from gig.core.db import db
from gig.dispatch.queries import desk, threads
from gig.dispatch.queries.threads import Held
from gig.dispatch.views import frame, shown
from gig.identity.access import actor_id, allow
from gig.web.names import called

pages = Blueprint("chats", __name__)


@pages.get("/agent/chats")
@allow("work")
def show() -> str:
    """The list as a page, or as the part that is asked for again."""
    name = "_chats.html" if request.args.get("part") == "list" else "chats.html"
    return render_template(f"dispatch/{name}", **_chats())


def _chats() -> dict[str, Any]:
    session, now = db.session(), received_at()
    zone = business_zone(current_app.config["GIG_TIMEZONE"])
    since, _ = zone.day_bounds(zone.day_of(now))
    resolved = threads.recent(session, actor_id(), since)
    held = frame.held()
    earned = desk.earned(
        session, actor_id(), {each.inquiry.id for each in held} | {row.id for row in resolved}
    )

    def row(each: Held) -> dict[str, Any]:
        inquiry, quote = each.inquiry, each.quote
        return {
            "url": f"/agent/chats/{inquiry.id}",
            "name": shown.customer(inquiry),
            "issue_type": called(inquiry.issue_type, "issue_type"),
            "number": inquiry.turns,
            "last": each.last_text,
            "due_at": inquiry.due_at,
            "earned": earned.get(inquiry.id, (0, 0)),
            "ring": quote
            and {
                "deadline": quote.deadline_at,
                "total_s": int((quote.deadline_at - quote.clock_started_at).total_seconds()),
                "remaining_s": shown.seconds_left(quote.deadline_at, now),
                "gross_fen": quote.gross_fen,
            },
        }

    return {
        "open": [row(each) for each in held if each.quote],
        "waiting": [row(each) for each in held if not each.quote],
        "resolved": [
            {
                "url": f"/agent/chats/{inquiry.id}",
                "name": shown.customer(inquiry),
                "issue_type": called(inquiry.issue_type, "issue_type"),
                "at": inquiry.resolved_at,
                "earned": earned.get(inquiry.id, (0, 0)),
            }
            for inquiry in resolved
        ],
    }
