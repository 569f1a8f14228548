"""派单: which inquiry was pushed to whom, when, and how that ended."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base
from gig.dispatch.states import OFFER

LIVE = sa.literal_column("'live'", sa.Text())
"""Written into the statement: SQLite uses a partial index only for a condition it can read."""


class Offer(Base):
    """The system has pushed an open turn to one agent, who answers before `expires_at` or lets it lapse.

    One live offer per inquiry and one per agent; a turn is offered to an agent once. `free` marks a refusal
    inside the day's allowance. `load`, `score_tenths` and `idle_since` are the agent's own figures as they
    were ranked, `idle_agents` how many idle agents could serve the queue.
    """

    __tablename__ = "offer"
    __table_args__ = (
        sa.CheckConstraint(OFFER.check(), name="state"),
        sa.CheckConstraint("(state = 'live') = (ended_at IS NULL)", name="ended"),
        sa.CheckConstraint("NOT free OR state = 'refused'", name="free"),
        sa.UniqueConstraint("turn_id", "agent_id"),
        sa.Index(
            "uq_offer_live_inquiry",
            "inquiry_id",
            unique=True,
            sqlite_where=sa.text("state = 'live'"),
            postgresql_where=sa.text("state = 'live'"),
        ),
        sa.Index(
            "uq_offer_live_agent",
            "agent_id",
            unique=True,
            sqlite_where=sa.text("state = 'live'"),
            postgresql_where=sa.text("state = 'live'"),
        ),
        sa.Index("ix_offer_agent_id_made_at", "agent_id", "made_at"),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    inquiry_id: Mapped[str] = mapped_column(sa.ForeignKey("inquiry.id"))
    turn_id: Mapped[str] = mapped_column(sa.String(26))
    agent_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("agent.id"))
    state: Mapped[str]
    free: Mapped[bool] = mapped_column(default=False)
    load: Mapped[int]
    score_tenths: Mapped[int]
    idle_since: Mapped[dt.datetime]
    idle_agents: Mapped[int]
    made_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
