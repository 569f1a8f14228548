"""我的: who I am here, what I may serve, where my money goes, how I like the pages."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template

from gig.core.clock import received_at
from gig.core.db import db
from gig.dispatch.queries import feed
from gig.identity.access import actor_id, allow, principal
from gig.identity.models import Agent
from gig.payouts.disbursement.models import Payee
from gig.web import preferences
from gig.web.names import called

pages = Blueprint("me", __name__)


@pages.get("/agent/me")
@allow("work")
def show() -> str:
    """The agent's own standing and settings."""
    return render_template("dispatch/me.html", **_me())


def _me() -> dict[str, Any]:
    session, now = db.session(), received_at()
    who = feed.standing(session, actor_id(), now)
    agent: Agent = who.agent
    payee = session.scalars(
        sa.select(Payee).where(Payee.agent_id == agent.id).order_by(Payee.id.desc()).limit(1)
    ).first()
    return {
        "agent": agent,
        "name": principal().name,
        "tier": called(agent.tier, "tier"),
        "score": f"{agent.score_tenths // 10}.{agent.score_tenths % 10}",
        "skills": [called(slug, "queue") for slug, _easy in who.queues],
        "payee": payee,
        "text_size": preferences.text_size() or "normal",
        "hand": preferences.hand() or "right",
    }
