"""Agents for the tests of scoring, with stated defaults."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.ids import new_id
from gig.identity.models import Agent, Person
from gig.scoring.operations.events import note_event
from gig.scoring.rules.score import Grade
from gig.scoring.values import Kind

NOW = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)
"""Noon of Friday in Shanghai."""


def an_agent(**changes: Any) -> str:
    """An active silver agent with 100 answered turns."""
    id = new_id()
    standing = {
        "stage": "active",
        "tier": "silver",
        "presence": "online",
        "last_seen_at": NOW,
        "verified_at": NOW,
        "created_at": NOW,
        "answered_turns": 100,
    }
    with transaction() as session:
        session.add(
            Person(
                id=id, phone=id, phone_index=id, name="林", roles="agent", password_hash=None, created_at=NOW
            )
        )
        session.flush()
        session.add(Agent(id=id, **(standing | changes)))
        session.flush()
    return id


def happened(
    agent_id: str,
    kind: Kind,
    at: dt.datetime = NOW,
    *,
    times: int = 1,
    key: str | None = None,
    inquiry_id: str | None = None,
    stars: int | None = None,
    solved: bool | None = None,
    grade: Grade | None = None,
) -> None:
    with transaction() as session:
        for _ in range(times):
            note_event(
                session,
                agent_id=agent_id,
                kind=kind,
                source_key=key or new_id(),
                at=at,
                inquiry_id=inquiry_id,
                stars=stars,
                solved=solved,
                grade=grade,
            )


def standing(session: Session, agent_id: str) -> Agent:
    return session.get_one(Agent, agent_id, populate_existing=True)
