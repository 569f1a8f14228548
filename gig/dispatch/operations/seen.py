"""Signs of life: an open stream, and typing. Online lasts while there are some."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.dispatch.operations.locks import free_agents
from gig.identity.models import Agent

CHUNK = 500
TYPING_EVERY = dt.timedelta(seconds=30)


def note_seen(*, person_ids: Collection[str], now: dt.datetime) -> None:
    """Of these people, the agents who are online were last seen now, in short transactions."""
    people = sorted(person_ids)
    for start in range(0, len(people), CHUNK):
        with transaction() as session:
            session.execute(
                sa.update(Agent)
                .where(
                    Agent.id.in_(
                        free_agents(
                            Agent.id.in_(people[start : start + CHUNK]),
                            Agent.presence == "online",
                            Agent.last_seen_at < now,
                        )
                    )
                )
                .execution_options(synchronize_session=False)
                .values(last_seen_at=now)
            )


def note_typing(session: Session, agent_id: str, now: dt.datetime) -> None:
    """Whoever types is there, even on a phone whose stream was put to sleep."""
    session.execute(
        sa.update(Agent)
        .where(Agent.id == agent_id, Agent.last_seen_at < now - TYPING_EVERY)
        .values(last_seen_at=now)
        .execution_options(synchronize_session=False)
    )
