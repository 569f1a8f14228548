"""What each answered turn earned, with every step of its price."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base


class Earning(Base):
    """Unique per turn. A `gross_fen` of 0 (beyond the card's paid replies) posts nothing."""

    __tablename__ = "earning"
    __table_args__ = (
        sa.CheckConstraint("base_fen BETWEEN 50 AND 400", name="base"),
        sa.CheckConstraint("gross_fen >= 0 AND penalty_fen BETWEEN 0 AND gross_fen", name="bounds"),
        sa.CheckConstraint("pay_fen = gross_fen - penalty_fen", name="pay"),
        sa.Index("ix_earning_period_agent", "period_id", "agent_id", "base_fen", "gross_fen", "penalty_fen"),
        sa.Index("ix_earning_agent_received", "agent_id", "received_at"),
        sa.Index("ix_earning_inquiry_id", "inquiry_id"),
        sa.Index(
            "ix_earning_received",
            "received_at",
            "queue",
            "on_time",
            "latency_us",
            "gross_fen",
            "base_fen",
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    turn_id: Mapped[str] = mapped_column(sa.String(26), unique=True)
    inquiry_id: Mapped[str] = mapped_column(sa.String(26))
    agent_id: Mapped[str] = mapped_column(sa.String(26))
    period_id: Mapped[str]
    queue: Mapped[str]
    issue_type: Mapped[str]
    tier: Mapped[str]
    card_id: Mapped[str] = mapped_column(sa.String(26))
    base_fen: Mapped[int]
    multiplier_percent: Mapped[int]
    band: Mapped[str | None]
    gross_fen: Mapped[int]
    late_percent: Mapped[int]
    penalty_fen: Mapped[int]
    pay_fen: Mapped[int]
    capped: Mapped[bool] = mapped_column(default=False)
    on_time: Mapped[bool]
    clock_started_at: Mapped[dt.datetime]
    received_at: Mapped[dt.datetime]
    latency_us: Mapped[int] = mapped_column(sa.BigInteger)
    why: Mapped[str]
