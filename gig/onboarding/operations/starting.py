"""What a newly verified agent may serve."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from gig.dispatch.queries.beginners import beginner_queues
from gig.identity.operations.standing import grant_skill


def first_skills(session: Session, agent_id: str, *, granted_by: str, now: dt.datetime) -> list[str]:
    """The agent may serve every queue for beginners; answers those they could not serve before.

    Ops grants the other queues by hand. Joins the caller's transaction.
    """
    queues = sorted(beginner_queues(session))
    return [q for q in queues if grant_skill(agent_id=agent_id, queue=q, now=now, actor_id=granted_by)]
