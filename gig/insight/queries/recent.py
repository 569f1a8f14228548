"""What ops did last, from the newest lines of the log."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.identity.models import Person

LOOKED_AT = 200
ACTIONS = (
    "inquiry.reassign",
    "surge.begin",
    "surge.end",
    "notice.send",
    "outage.record",
    "agent.suspend",
    "rate_card.publish",
)


@dataclass(frozen=True, slots=True)
class Done:
    at: dt.datetime
    action: str
    reason: str | None
    by: str | None


def done_lately(session: Session, limit: int = 4) -> list[Done]:
    """The newest first, of the last 200 lines of the log. One statement."""
    newest = sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(LOOKED_AT).subquery()
    rows = session.execute(
        sa.select(newest.c.at, newest.c.action, newest.c.reason, Person.name)
        .outerjoin(Person, Person.id == newest.c.actor_id)
        .where(newest.c.action.in_(ACTIONS))
        .order_by(newest.c.id.desc())
        .limit(limit)
    )
    return [Done(*row) for row in rows]
