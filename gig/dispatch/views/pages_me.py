"""我的: who I am here, what I may serve, where my money goes, how I like the pages."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template

from gig.core.clock import received_at
from gig.core.db import db
from gig.dispatch.queries import feed
from gig.dispatch.queries.agents import certificates
from gig.dispatch.views.standing import notice, queue_of, why_of
from gig.identity.access import actor_id, allow, principal
from gig.identity.models import Agent
from gig.identity.queries import standing_changes
from gig.payouts.disbursement.models import Payee
from gig.web import preferences
from gig.web.names import called

pages = Blueprint("me", __name__)
REVOKED = 20


@pages.get("/agent/me")
@allow("work")
def show() -> str:
    """The agent's own standing and settings."""
    return render_template("dispatch/me.html", **_me())


@pages.get("/agent/standing")
@allow("work")
def standing() -> str:
    """What was last decided about the agent's standing, for the note that a page shows when it happens."""
    newest = standing_changes(db.session(), actor_id())
    return render_template("dispatch/_standing_notice.html", notice=notice(newest[0]) if newest else None)


def _revoked(agent_id: str, held: set[str]) -> list[dict[str, Any]]:
    """Queues that were taken from the agent and not given back: which, when and why."""
    entries = standing_changes(db.session(), agent_id, only=("agent.revoke-skill",), limit=REVOKED)
    newest = {queue_of(entry): entry for entry in reversed(entries)}
    return [
        {"queue": queue, "at": entry.at, "why": why_of(entry)}
        for queue, entry in newest.items()
        if queue not in held
    ]


def _me() -> dict[str, Any]:
    session, now = db.session(), received_at()
    who = feed.standing(session, actor_id(), now)
    agent: Agent = who.agent
    payee = session.scalars(
        sa.select(Payee).where(Payee.agent_id == agent.id).order_by(Payee.id.desc()).limit(1)
    ).first()
    skills = certificates(session, agent.id)
    return {
        "agent": agent,
        "name": principal().name,
        "tier": called(agent.tier, "tier"),
        "score": f"{agent.score_tenths // 10}.{agent.score_tenths % 10}",
        "skills": skills,
        "revoked": _revoked(agent.id, {called(skill.queue, "queue") for skill in skills}),
        "payee": payee,
        "text_size": preferences.text_size() or "normal",
        "hand": preferences.hand() or "right",
    }
