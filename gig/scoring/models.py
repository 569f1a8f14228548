"""What agents are judged by, what their score was, and why it moved."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base, BigId
from gig.scoring.values import KINDS, WINDOW_MOVED


class ScoreEvent(Base):
    """One observation about one agent; written once per `source_key`, never edited.

    `numerator / denominator` is its value in its part of the score; for a violation it is points.
    It counts from `counts_from`: at once, or for a resolution when the customer's 24 hours are over.
    `scored_at` is when a score first took it in; `struck_at` when an appeal took it out. `imposed_by` is
    the person who judged; NULL where the rules, or the customer, did.
    """

    __tablename__ = "score_event"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN ({', '.join(repr(kind) for kind in KINDS)})", name="kind"),
        sa.CheckConstraint("denominator > 0 AND numerator >= 0", name="fraction"),
        sa.CheckConstraint("counts_from >= at", name="counts_from"),
        sa.Index(
            "ix_score_event_agent_at",
            "agent_id",
            "at",
            "kind",
            "denominator",
            "numerator",
            "scored_at",
            "struck_at",
        ),
        sa.Index(
            "ix_score_event_unscored",
            "counts_from",
            sqlite_where=sa.text("scored_at IS NULL"),
            postgresql_where=sa.text("scored_at IS NULL"),
        ),
        sa.Index(
            "ix_score_event_resolution",
            "inquiry_id",
            "at",
            sqlite_where=sa.text("kind IN ('resolved', 'returned', 'not_solved')"),
            postgresql_where=sa.text("kind IN ('resolved', 'returned', 'not_solved')"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    source_key: Mapped[str] = mapped_column(unique=True)
    agent_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("agent.id"))
    kind: Mapped[str]
    at: Mapped[dt.datetime]
    counts_from: Mapped[dt.datetime]
    numerator: Mapped[int]
    denominator: Mapped[int]
    inquiry_id: Mapped[str | None] = mapped_column(sa.String(26))
    turn_id: Mapped[str | None] = mapped_column(sa.String(26))
    scored_at: Mapped[dt.datetime | None]
    struck_at: Mapped[dt.datetime | None]
    imposed_by: Mapped[str | None] = mapped_column(sa.String(26))


class ScoreDay(Base):
    """An agent's score as the night before the day left it, with its parts as JSON."""

    __tablename__ = "score_day"
    __table_args__ = (sa.CheckConstraint("score_tenths BETWEEN 0 AND 1000", name="score"),)

    agent_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("agent.id"), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    score_tenths: Mapped[int]
    tier: Mapped[str]
    nights_below: Mapped[int]
    parts: Mapped[str]
    computed_at: Mapped[dt.datetime]


class ScoreChange(Base):
    """One move of a score. `reason` is the kind of the event that made it, or that the window moved."""

    __tablename__ = "score_change"
    __table_args__ = (
        sa.CheckConstraint(f"(event_id IS NULL) = (reason = '{WINDOW_MOVED}')", name="named"),
        sa.CheckConstraint("before_tenths <> after_tenths", name="moved"),
        sa.Index("ix_score_change_agent", "agent_id", "at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    agent_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("agent.id"))
    at: Mapped[dt.datetime]
    event_id: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("score_event.id"))
    reason: Mapped[str]
    before_tenths: Mapped[int]
    after_tenths: Mapped[int]
