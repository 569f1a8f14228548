"""在线和休息: the agent's own time online, the rest that is due, and the three states to choose from."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from gig.core import tunables
from gig.core.clock import received_at
from gig.core.db import db
from gig.dispatch.views import frame
from gig.identity.access import actor_id, allow
from gig.identity.models import Agent
from gig.identity.operations import presence
from gig.identity.values import WORKING

pages = Blueprint("duty", __name__)


@pages.get("/agent/duty")
@allow("work")
def show() -> str:
    return render_template("dispatch/duty.html", **_duty())


@pages.post("/agent/duty/read")
@allow("work")
def read() -> AnyResponse:
    """What was told about the presence has been read."""
    presence.forget_reason(agent_id=actor_id())
    return redirect(url_for("dispatch.feed.show"), code=303)


def _duty() -> dict[str, Any]:
    session, now = db.session(), received_at()
    agent = session.get_one(Agent, actor_id(), populate_existing=True)
    done, rest = presence.rest_due(session, agent.id, now)
    resting = agent.rest_until is not None and agent.rest_until > now
    return {
        "agent": agent,
        "working": agent.stage in WORKING,
        "done": done,
        "rest": rest,
        "resting": resting,
        "held": frame.chat_badge(),
        "numbers": tunables.values(session),
        "now": now,
    }
