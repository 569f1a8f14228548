"""The lists of the check, as the changes that were made to them."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base, BigId
from gig.dispatch.wording.rules.lists import KINDS


class WordingChange(Base):
    """One change to one of ops' lists: a phrase put on or taken off. The newest of a phrase holds.

    The database refuses to change or delete any.
    """

    __tablename__ = "wording_change"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN ({', '.join(repr(kind) for kind in KINDS)})", name="kind"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    kind: Mapped[str]
    phrase: Mapped[str]
    listed: Mapped[bool]
    changed_by: Mapped[str | None] = mapped_column(sa.String(26))
    changed_at: Mapped[dt.datetime]
