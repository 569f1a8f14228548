"""Where a newly verified agent may begin."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.dispatch.models import Queue

GENERAL = "general"


def beginner_queues(session: Session) -> set[str]:
    """The queues marked easy, and the general one, as long as they are not retired."""
    wanted = sa.or_(Queue.easy.is_(True), Queue.slug == GENERAL)
    return set(session.scalars(sa.select(Queue.slug).where(Queue.retired_at.is_(None), wanted)))
