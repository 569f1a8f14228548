"""A what-if as a row: what is asked, how far it has come, and what it found."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base
from gig.payouts.whatif.states import WHAT_IF

RUNNING = "state = 'running'"


class WhatIf(Base):
    """`body` is the card as it was when the question was asked; a draft may have changed since.

    `tally` holds everything that was counted up to `reached_at`, so that any process can go on from
    there. `step` counts the times it was saved: whoever saves over another's step saves nothing.
    """

    __tablename__ = "what_if"
    __table_args__ = (
        sa.CheckConstraint(WHAT_IF.check(), name="state"),
        sa.CheckConstraint("(state = 'running') = (ended_at IS NULL)", name="ended"),
        sa.CheckConstraint("until > since", name="span"),
        sa.CheckConstraint("reached_at BETWEEN since AND until", name="reached"),
        sa.Index("ix_what_if_card_id", "card_id", "made_at"),
        sa.Index(
            "ix_what_if_running",
            "busy_until",
            sqlite_where=sa.text(RUNNING),
            postgresql_where=sa.text(RUNNING),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    card_id: Mapped[str] = mapped_column(sa.String(26))
    card_name: Mapped[str]
    revision: Mapped[int]
    body: Mapped[str]
    since: Mapped[dt.datetime]
    until: Mapped[dt.datetime]
    state: Mapped[str]
    step: Mapped[int] = mapped_column(default=0)
    replies: Mapped[int] = mapped_column(default=0)
    reached_at: Mapped[dt.datetime]
    tally: Mapped[str]
    busy_until: Mapped[dt.datetime]
    made_by: Mapped[str | None] = mapped_column(sa.String(26))
    made_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
