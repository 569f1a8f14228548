"""Who waits for whom on PostgreSQL: first the agent, then the inquiry, so that no two wait in a circle.

An agent's row is the mutex of all that the agent does; whoever changes it or counts by it locks it before
any inquiry, and whoever holds one agent never waits for another. On SQLite one writer is at work at a time.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import is_sqlite
from gig.identity.models import Agent


def lock_agent(session: Session, agent_id: str, *, wait: bool = True) -> bool:
    """The agent's row is ours until the transaction ends; without `wait`, False if somebody else has it."""
    if is_sqlite(session):
        return True
    row = sa.select(Agent.id).where(Agent.id == agent_id)
    return session.execute(row.with_for_update(key_share=True, skip_locked=not wait)).first() is not None


def free_agents(*conditions: sa.ColumnElement[bool]) -> sa.Select[str]:
    """The agents that meet the conditions and that nobody else is changing; for an UPDATE of many."""
    return (
        sa.select(Agent.id)
        .where(*conditions)
        .order_by(Agent.id)
        .with_for_update(key_share=True, skip_locked=True)
    )
