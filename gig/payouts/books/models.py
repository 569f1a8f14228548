"""What the proofs of the book found."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base


class BookCheck(Base):
    """One proof of the whole book; `asked_by` is NULL for the night's own, of which each day has one.

    `broken` claims did not hold; `found` is their differences as JSON, the first of each.
    """

    __tablename__ = "book_check"
    __table_args__ = (
        sa.CheckConstraint("broken BETWEEN 0 AND claims", name="broken"),
        sa.Index(
            "uq_book_check_night",
            "day",
            unique=True,
            sqlite_where=sa.text("asked_by IS NULL"),
            postgresql_where=sa.text("asked_by IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    day: Mapped[dt.date]
    checked_at: Mapped[dt.datetime]
    asked_by: Mapped[str | None] = mapped_column(sa.String(26))
    claims: Mapped[int]
    broken: Mapped[int]
    found: Mapped[str]
