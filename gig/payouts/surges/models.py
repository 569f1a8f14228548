"""Surges as dated entries: what they promise is fixed when they begin; only their end is added later."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base

LIVE = "ended_at IS NULL"


class Surge(Base):
    """`percent` points more on the queue's multiplier for clocks that start in `[starts_at, ends_at)`.

    `promised_fen` is what its quotes promised beyond the card, and grows with each of them; it never
    passes the budget. A queue has at most one that nobody has ended. The database refuses other changes.
    """

    __tablename__ = "surge"
    __table_args__ = (
        sa.CheckConstraint("percent BETWEEN 10 AND 400", name="percent"),
        sa.CheckConstraint("ends_at > starts_at", name="span"),
        sa.CheckConstraint("budget_fen >= 4 * percent", name="budget"),
        sa.CheckConstraint("promised_fen BETWEEN 0 AND budget_fen", name="promised"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_reason IS NULL)", name="ended"),
        sa.Index(
            "uq_surge_live",
            "queue",
            unique=True,
            sqlite_where=sa.text(LIVE),
            postgresql_where=sa.text(LIVE),
        ),
        sa.Index("ix_surge_starts_at", "starts_at"),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    queue: Mapped[str]
    percent: Mapped[int]
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    budget_fen: Mapped[int]
    promised_fen: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str]
    made_by: Mapped[str | None] = mapped_column(sa.String(26))
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str | None] = mapped_column(sa.String(26))
    ended_reason: Mapped[str | None]
