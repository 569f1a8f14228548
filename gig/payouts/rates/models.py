"""Rate cards as immutable, dated versions."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base
from gig.payouts.rates.states import CARD


class RateCardVersion(Base):
    """A draft, one that waits for its review, or a published version that the database refuses to change
    (but to withdraw).

    `body` is the JSON of CONTRACT.md, last written by `changed_by`. Whoever submitted it says `why`; what
    waits for its review does not change. The card in force at an instant is the published one with the
    largest `valid_from` not after it.
    """

    __tablename__ = "rate_card"
    __table_args__ = (
        sa.CheckConstraint(CARD.check(), name="state"),
        sa.CheckConstraint("(state IN ('draft', 'submitted')) = (published_at IS NULL)", name="published"),
        sa.CheckConstraint("state <> 'submitted' OR submitted_at IS NOT NULL", name="submitted"),
        sa.CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn"),
        sa.CheckConstraint("state = 'draft' OR valid_from IS NOT NULL", name="dated"),
        sa.Index(
            "uq_rate_card_valid_from",
            "valid_from",
            unique=True,
            sqlite_where=sa.text("state = 'published'"),
            postgresql_where=sa.text("state = 'published'"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    name: Mapped[str]
    state: Mapped[str]
    valid_from: Mapped[dt.datetime | None]
    body: Mapped[str]
    revision: Mapped[int] = mapped_column(default=1)
    based_on: Mapped[str | None] = mapped_column(sa.String(26))
    created_by: Mapped[str | None] = mapped_column(sa.String(26))
    created_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime]
    changed_by: Mapped[str | None] = mapped_column(sa.String(26))
    submitted_by: Mapped[str | None] = mapped_column(sa.String(26))
    submitted_at: Mapped[dt.datetime | None]
    why: Mapped[str | None]
    published_by: Mapped[str | None] = mapped_column(sa.String(26))
    published_at: Mapped[dt.datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(sa.String(26))
    withdrawn_at: Mapped[dt.datetime | None]
    withdrawn_reason: Mapped[str | None]


class CardEditor(Base):
    """Somebody has the editor of a draft open: since when, and when their page last said so."""

    __tablename__ = "rate_card_editor"
    __table_args__ = (sa.CheckConstraint("seen_at >= since", name="span"),)

    card_id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    since: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]


class CardWriter(Base):
    """Somebody wrote on the card or handed it in, first at `since`: they never review it.

    Kept here and not read from the log, so that no shortening of the log lets a writer approve their work.
    """

    __tablename__ = "rate_card_writer"

    card_id: Mapped[str] = mapped_column(sa.ForeignKey("rate_card.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    since: Mapped[dt.datetime]
