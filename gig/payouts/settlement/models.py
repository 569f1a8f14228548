"""Periods and the statements cut over them."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base


class Period(Base):
    """A half-open span of business days, [first_day, end_day); the id is `KIND-FIRST_DAY`.

    `starts_at` and `ends_at` are those days' instants in the business zone, fixed when it is made.
    A close fixes `closing_at` and `minimum_fen` when it begins, so that resuming it decides the same;
    `close_after` is the last agent whose statement it has cut.
    """

    __tablename__ = "period"
    __table_args__ = (
        sa.CheckConstraint(
            "state IN ('open', 'closing', 'closed', 'approved', 'exported', 'settled')", name="state"
        ),
        sa.CheckConstraint("kind IN ('day', 'week', 'half_month', 'month')", name="kind"),
        sa.CheckConstraint("starts_at < ends_at", name="span"),
        sa.CheckConstraint(
            "(state IN ('approved', 'exported', 'settled')) = (approved_at IS NOT NULL)", name="approved"
        ),
        sa.CheckConstraint(
            "approved_by IS NULL OR closed_by IS NULL OR approved_by <> closed_by", name="two_people"
        ),
        sa.Index("ix_period_state", "state", "ends_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    first_day: Mapped[dt.date]
    end_day: Mapped[dt.date]
    starts_at: Mapped[dt.datetime] = mapped_column(unique=True)
    ends_at: Mapped[dt.datetime] = mapped_column(unique=True)
    state: Mapped[str]
    close_no: Mapped[int] = mapped_column(default=0)
    close_after: Mapped[str | None]
    closing_at: Mapped[dt.datetime | None]
    minimum_fen: Mapped[int | None]
    closed_at: Mapped[dt.datetime | None]
    closed_by: Mapped[str | None] = mapped_column(sa.String(26))
    approved_at: Mapped[dt.datetime | None]
    approved_by: Mapped[str | None] = mapped_column(sa.String(26))
    created_at: Mapped[dt.datetime]


class Statement(Base):
    """One agent's account over one period. The id is `PERIOD.CLOSE_NO.AGENT`: a close cannot cut it twice.

    Statements and the lines below them refer upwards without foreign keys: a close writes thousands at
    once and each key would be a look-up. What they refer to is never deleted, and `gig audit` proves it.
    An agent's statements are found period by period.
    """

    __tablename__ = "statement"
    __table_args__ = (
        sa.CheckConstraint(
            "gross_fen = base_fen + peak_fen - late_fen"
            " + adjustments_fen + awards_fen + triage_fen + reversals_fen",
            name="gross",
        ),
        sa.CheckConstraint("available_fen = carried_in_fen + gross_fen", name="available"),
        sa.CheckConstraint("payable_fen >= 0 AND payable_fen IN (0, available_fen)", name="payable"),
        sa.CheckConstraint("carried_out_fen = available_fen - payable_fen", name="carried_out"),
        sa.Index(
            "uq_statement_period_agent",
            "period_id",
            "agent_id",
            unique=True,
            sqlite_where=sa.text("voided_at IS NULL"),
            postgresql_where=sa.text("voided_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    period_id: Mapped[str]
    agent_id: Mapped[str] = mapped_column(sa.String(26))
    close_no: Mapped[int]
    turns: Mapped[int]
    late_turns: Mapped[int]
    peak_turns: Mapped[int]
    base_fen: Mapped[int] = mapped_column(sa.BigInteger)
    peak_fen: Mapped[int] = mapped_column(sa.BigInteger)
    late_fen: Mapped[int] = mapped_column(sa.BigInteger)
    adjustments_fen: Mapped[int] = mapped_column(sa.BigInteger)
    awards_fen: Mapped[int] = mapped_column(sa.BigInteger)
    triage_fen: Mapped[int] = mapped_column(sa.BigInteger)
    reversals_fen: Mapped[int] = mapped_column(sa.BigInteger)
    gross_fen: Mapped[int] = mapped_column(sa.BigInteger)
    carried_in_fen: Mapped[int] = mapped_column(sa.BigInteger)
    available_fen: Mapped[int] = mapped_column(sa.BigInteger)
    payable_fen: Mapped[int] = mapped_column(sa.BigInteger)
    carried_out_fen: Mapped[int] = mapped_column(sa.BigInteger)
    cut_at: Mapped[dt.datetime]
    voided_at: Mapped[dt.datetime | None]
