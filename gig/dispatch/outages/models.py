"""Outage windows, how far their excuses have come, and what each excused."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base
from gig.dispatch.states import OUTAGE


class Outage(Base):
    """The platform failed in `[starts_at, ends_at)`.

    The agents are gone through by their ids: `cursor` is the last one done, NULL between two passes; the
    next pass begins at `next_at`. The one that begins at or after `settles_at`, when every clock of the
    window has ended, is the last.
    """

    __tablename__ = "outage"
    __table_args__ = (
        sa.CheckConstraint(OUTAGE.check(), name="state"),
        sa.CheckConstraint("ends_at > starts_at", name="span"),
        sa.CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name="settled"),
        sa.UniqueConstraint("starts_at", "ends_at"),
        sa.Index(
            "ix_outage_next_at",
            "next_at",
            sqlite_where=sa.text("state = 'excusing'"),
            postgresql_where=sa.text("state = 'excusing'"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    reason: Mapped[str]
    recorded_by: Mapped[str | None] = mapped_column(sa.String(26))
    recorded_at: Mapped[dt.datetime]
    settles_at: Mapped[dt.datetime]
    state: Mapped[str]
    next_at: Mapped[dt.datetime]
    cursor: Mapped[str | None] = mapped_column(sa.String(26))
    last_pass: Mapped[bool] = mapped_column(default=False)
    late_turns: Mapped[int] = mapped_column(default=0)
    missed_turns: Mapped[int] = mapped_column(default=0)
    returned_fen: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    settled_at: Mapped[dt.datetime | None]


class Excuse(Base):
    """One late or missed turn that an outage excused; the key makes sure that none does so twice."""

    __tablename__ = "outage_excuse"
    __table_args__ = (
        sa.CheckConstraint("returned_fen >= 0", name="returned"),
        sa.Index("ix_outage_excuse_outage_id", "outage_id", "agent_id"),
    )

    score_event_id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    outage_id: Mapped[str] = mapped_column(sa.ForeignKey("outage.id"))
    agent_id: Mapped[str] = mapped_column(sa.String(26))
    turn_id: Mapped[str] = mapped_column(sa.String(26))
    kind: Mapped[str]
    returned_fen: Mapped[int]
    excused_at: Mapped[dt.datetime]
