"""What operations know better than the calendar."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base


class HolidayChange(Base):
    """A day set by hand: off, worked although it is a weekend, or plainly the day of the week that it is."""

    __tablename__ = "holiday"
    __table_args__ = (sa.CheckConstraint("kind IN ('off', 'work', 'plain')", name="kind"),)

    day: Mapped[dt.date] = mapped_column(sa.Date, primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    reason: Mapped[str]
    changed_by: Mapped[str | None] = mapped_column(sa.String(26))
    changed_at: Mapped[dt.datetime]
