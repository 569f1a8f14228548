"""What a newly verified agent may serve."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.dispatch.queries.beginners import beginner_queues
from gig.identity.models import AgentSkill


def first_skills(session: Session, agent_id: str, *, granted_by: str, now: dt.datetime) -> set[str]:
    """The agent may serve every queue for beginners; answers those they could not serve before.

    Ops grants the other queues by hand. Joins the caller's transaction.
    """
    held = set(session.scalars(sa.select(AgentSkill.queue).where(AgentSkill.agent_id == agent_id)))
    new = beginner_queues(session) - held
    session.add_all(
        AgentSkill(agent_id=agent_id, queue=queue, granted_by=granted_by, granted_at=now) for queue in new
    )
    session.flush()
    return new
