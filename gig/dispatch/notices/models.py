"""Notices and who has read them."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base

AUDIENCES = ("all", "online", "away", "queue", "agent", "pay")

_ABOUT = sa.text("about IS NOT NULL")
_STANDS = sa.text("about IS NOT NULL AND audience = 'pay' AND withdrawn_at IS NULL")


class Notice(Base):
    """Words shown to an audience until they expire, or until somebody takes them back.

    `online` and `away` are judged when the page is shown. One to a single agent comes from the platform
    (`made_by` NULL) or with something that ops did about them. One about `pay` is read by those whom its
    concerns name, each with the number of places that concern them; `about` is the rate card.
    `params` fills the sentence, as JSON.
    """

    __tablename__ = "notice"
    __table_args__ = (
        sa.CheckConstraint("audience IN ('all', 'online', 'away', 'queue', 'agent', 'pay')", name="audience"),
        sa.CheckConstraint("(audience = 'queue') = (queue IS NOT NULL)", name="queue"),
        sa.CheckConstraint("(audience = 'agent') = (agent_id IS NOT NULL)", name="agent"),
        sa.CheckConstraint("audience <> 'pay' OR about IS NOT NULL", name="about"),
        sa.CheckConstraint("expires_at > made_at", name="span"),
        sa.Index("ix_notice_expires_at", "audience", "expires_at"),
        sa.Index(
            "ix_notice_agent",
            "agent_id",
            "expires_at",
            sqlite_where=sa.text("agent_id IS NOT NULL"),
            postgresql_where=sa.text("agent_id IS NOT NULL"),
        ),
        sa.Index("ix_notice_made_at", "audience", "made_at"),
        sa.Index("ix_notice_about", "about", sqlite_where=_ABOUT, postgresql_where=_ABOUT),
        sa.Index("uq_notice_stands", "about", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    text: Mapped[str]
    params: Mapped[str] = mapped_column(default="{}")
    audience: Mapped[str]
    queue: Mapped[str | None]
    agent_id: Mapped[str | None] = mapped_column(sa.String(26))
    made_by: Mapped[str | None] = mapped_column(sa.String(26))
    made_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    withdrawn_at: Mapped[dt.datetime | None]
    about: Mapped[str | None] = mapped_column(sa.String(26))


class NoticeConcern(Base):
    """Whom a notice about pay concerns, and in how many places: `*` is every queue or tier."""

    __tablename__ = "notice_concern"
    __table_args__ = (sa.CheckConstraint("places > 0", name="places"),)

    notice_id: Mapped[str] = mapped_column(sa.ForeignKey("notice.id"), primary_key=True)
    queue: Mapped[str] = mapped_column(primary_key=True)
    tier: Mapped[str] = mapped_column(primary_key=True)
    places: Mapped[int]


class NoticeRead(Base):
    """The agent has put the notice away."""

    __tablename__ = "notice_read"

    notice_id: Mapped[str] = mapped_column(sa.ForeignKey("notice.id"), primary_key=True)
    agent_id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    read_at: Mapped[dt.datetime]
