"""Which events a person's open page may hear."""

from __future__ import annotations

import sqlalchemy as sa
from flask import current_app

from gig.core.clock import really_received_at
from gig.core.db import db
from gig.identity.access import Principal, find_principal
from gig.identity.models import AgentSkill
from gig.identity.values import WORKING
from gig.live.tickets import MOST_TOPICS, issue_ticket


def topics_of(found: Principal) -> list[str]:
    """One's own, those of the queues one may serve now, and those of one's role."""
    topics = [f"agent:{found.id}"]
    if found.stage in WORKING:
        skills = sa.select(AgentSkill.queue).where(AgentSkill.agent_id == found.id).order_by(AgentSkill.queue)
        topics += [f"queue:{queue}" for queue in db.session.scalars(skills)]
    topics += [role for role in ("ops", "finance", "reviewer") if role in found.roles]
    return topics[:MOST_TOPICS]


def live_ticket() -> str | None:
    """A fresh leave to open a stream, for who is asking; None for nobody.

    It is as old as the request, not as its last look: what was revoked meanwhile refuses it.
    """
    found = find_principal()
    if found is None or found.kind != "person":
        return None
    secret: str = current_app.config["SECRET_KEY"]
    return issue_ticket(secret, found.id, found.session_id, topics_of(found), really_received_at())
