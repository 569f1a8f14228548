"""Queues and issue types as ops see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.errors import NotFound
from gig.dispatch.models import Inquiry, Queue
from gig.dispatch.models_lists import IssueType
from gig.dispatch.values import CLAIMED, OPEN
from gig.identity.models import Agent, AgentSkill
from gig.identity.queries import LogRow, log_of
from gig.identity.values import WORKING

HISTORY = 20


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queue, how many inquiries wait in it or are being answered, and how many may serve it."""

    queue: Queue
    waiting: int
    claimed: int
    agents: int


def queue_rows(session: Session) -> list[QueueRow]:
    """Queues in use by slug, then the retired ones."""
    waiting = _counts(session, sa.select(Inquiry.queue, sa.func.count()).where(Inquiry.state == OPEN))
    claimed = _counts(session, sa.select(Inquiry.queue, sa.func.count()).where(Inquiry.state == CLAIMED))
    skilled = sa.select(AgentSkill.queue, sa.func.count()).join(Agent, Agent.id == AgentSkill.agent_id)
    agents = _counts(session, skilled.where(Agent.stage.in_(WORKING)))
    queues = session.scalars(
        sa.select(Queue)
        .order_by(Queue.retired_at.is_not(None), Queue.slug)
        .execution_options(populate_existing=True)
    )
    return [
        QueueRow(each, waiting.get(each.slug, 0), claimed.get(each.slug, 0), agents.get(each.slug, 0))
        for each in queues
    ]


def _counts(session: Session, counted: sa.Select[str, int]) -> dict[str, int]:
    name = counted.selected_columns[0]
    return {slug: count for slug, count in session.execute(counted.group_by(name))}  # noqa: C416


def queue(session: Session, slug: str) -> Queue:
    """NotFound for a slug that is no queue."""
    found = session.get(Queue, slug, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def slugs_in_use(session: Session) -> list[str]:
    """The queues that take inquiries."""
    return list(session.scalars(sa.select(Queue.slug).where(Queue.retired_at.is_(None)).order_by(Queue.slug)))


def issue_types(session: Session) -> Sequence[IssueType]:
    everything = sa.select(IssueType).order_by(IssueType.slug).execution_options(populate_existing=True)
    return session.scalars(everything).all()


def issue_type(session: Session, slug: str) -> IssueType:
    """NotFound for a slug without names."""
    found = session.get(IssueType, slug, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def history(session: Session, kind: str, slug: str) -> list[LogRow]:
    """Who changed it, the newest first."""
    about = sa.and_(AuditEntry.object_type == kind, AuditEntry.object_id == slug)
    return log_of(session, about, limit=HISTORY)
