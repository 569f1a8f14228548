"""Lists of words that ops keeps: the kinds of question by name, and the phrases that answer nothing."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base, BigId


class IssueType(Base):
    """The kinds of question, with the names that people read; one not listed here is shown by its slug."""

    __tablename__ = "issue_type"

    slug: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]


class HoldingPhrase(Base):
    """One change to ops' list of phrases that answer nothing: added or taken off. The newest holds."""

    __tablename__ = "holding_phrase"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    phrase: Mapped[str]
    listed: Mapped[bool]
    changed_by: Mapped[str | None] = mapped_column(sa.String(26))
    changed_at: Mapped[dt.datetime]
