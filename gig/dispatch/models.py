"""Queues, inquiries, their turns and messages, and who holds what at which price."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base, BigId
from gig.dispatch.states import INQUIRY, TURN


class Queue(Base):
    """A line of inquiries of one kind. Retired, never deleted: money refers to it."""

    __tablename__ = "queue"

    slug: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    easy: Mapped[bool] = mapped_column(default=False)
    retired_at: Mapped[dt.datetime | None]


class Inquiry(Base):
    """One customer's question on one queue.

    Open or claimed means that a turn is open, or (claimed only) that the last one was answered.
    `entered_at` is the latest entry to the feed (head starts count from it); `queued_at` orders it;
    `bucket` (0–99, a hash of the id) decides whether trainees have it alone at first. `due_at` is when the
    sweep looks at it next: to abandon, to resolve or to close it.
    `reserved_for` is the former owner who sees it alone until `reserved_until`. `handovers` counts how
    often it was handed on to another queue. `followed` is set once the customer has
    opened its chat page: from then on what happens is told on the topic `inquiry:ID` too.
    """

    __tablename__ = "inquiry"
    __table_args__ = (
        sa.CheckConstraint(INQUIRY.check(), name="state"),
        sa.CheckConstraint("priority BETWEEN 0 AND 9", name="priority"),
        sa.CheckConstraint("(state = 'claimed') = (owner_id IS NOT NULL)", name="owner"),
        sa.CheckConstraint("(state = 'claimed') = (claimed_at IS NOT NULL)", name="claimed"),
        sa.CheckConstraint("state <> 'open' OR open_turn_id IS NOT NULL", name="open_turn"),
        sa.CheckConstraint("state IN ('open', 'claimed') OR open_turn_id IS NULL", name="no_turn"),
        sa.CheckConstraint("state NOT IN ('resolved', 'closed') OR resolved_at IS NOT NULL", name="resolved"),
        sa.CheckConstraint("state <> 'abandoned' OR ended_at IS NOT NULL", name="abandoned"),
        sa.UniqueConstraint("channel_id", "external_id"),
        sa.Index(
            "ix_inquiry_feed",
            "queue",
            sa.text("priority DESC"),
            "queued_at",
            "id",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
        sa.Index(
            "ix_inquiry_emergency",
            "queued_at",
            sqlite_where=sa.text("state = 'open' AND priority = 9"),
            postgresql_where=sa.text("state = 'open' AND priority = 9"),
        ),
        sa.Index(
            "ix_inquiry_owner",
            "owner_id",
            "state",
            sqlite_where=sa.text("owner_id IS NOT NULL"),
            postgresql_where=sa.text("owner_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_inquiry_expires_at",
            "expires_at",
            sqlite_where=sa.text("expires_at IS NOT NULL"),
            postgresql_where=sa.text("expires_at IS NOT NULL"),
        ),
        sa.Index("ix_inquiry_due", "state", "due_at"),
        sa.Index("ix_inquiry_arrived_at", "arrived_at", "queue"),
        sa.Index("ix_inquiry_recontact", "channel_id", "customer_key", "order_key", "resolved_at"),
        sa.Index(
            "ix_inquiry_resolved_by",
            "resolved_by",
            "resolved_at",
            sqlite_where=sa.text("resolved_by IS NOT NULL"),
            postgresql_where=sa.text("resolved_by IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    channel_id: Mapped[str] = mapped_column(sa.ForeignKey("channel.id"))
    external_id: Mapped[str]
    queue: Mapped[str] = mapped_column(sa.ForeignKey("queue.slug"))
    issue_type: Mapped[str]
    side: Mapped[str]
    priority: Mapped[int] = mapped_column(default=0)
    order_kind: Mapped[str | None]
    order_key: Mapped[str | None]
    order_detail: Mapped[str | None]
    customer_key: Mapped[str | None]
    customer_name: Mapped[str | None]
    state: Mapped[str]
    open_turn_id: Mapped[str | None] = mapped_column(sa.String(26))
    length: Mapped[int]
    bucket: Mapped[int]
    turns: Mapped[int] = mapped_column(default=1)
    paid_replies: Mapped[int] = mapped_column(default=0)
    handovers: Mapped[int] = mapped_column(default=0)
    arrived_at: Mapped[dt.datetime]
    queued_at: Mapped[dt.datetime]
    entered_at: Mapped[dt.datetime]
    reserved_for: Mapped[str | None] = mapped_column(sa.String(26))
    reserved_until: Mapped[dt.datetime | None]
    owner_id: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("agent.id"))
    claimed_at: Mapped[dt.datetime | None]
    expires_at: Mapped[dt.datetime | None]
    last_owner_id: Mapped[str | None] = mapped_column(sa.String(26))
    resolved_at: Mapped[dt.datetime | None]
    resolved_by: Mapped[str | None] = mapped_column(sa.String(26))
    ended_at: Mapped[dt.datetime | None]
    due_at: Mapped[dt.datetime | None]
    followed: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)


class InquiryAlias(Base):
    """A later inquiry of the channel that joined this one, so that a retry finds the same place."""

    __tablename__ = "inquiry_alias"

    channel_id: Mapped[str] = mapped_column(sa.ForeignKey("channel.id"), primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    inquiry_id: Mapped[str] = mapped_column(sa.ForeignKey("inquiry.id"))


class Turn(Base):
    """A customer's question inside an inquiry, open until a substantive reply answers it."""

    __tablename__ = "turn"
    __table_args__ = (
        sa.CheckConstraint(TURN.check(), name="state"),
        sa.CheckConstraint("(state = 'answered') = (answered_by IS NOT NULL)", name="answered"),
        sa.CheckConstraint("(state = 'answered') = (answered_at IS NOT NULL)", name="answered_at"),
        sa.Index(
            "uq_turn_open",
            "inquiry_id",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
        sa.Index("ix_turn_inquiry", "inquiry_id", "number"),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    inquiry_id: Mapped[str] = mapped_column(sa.ForeignKey("inquiry.id"))
    number: Mapped[int]
    state: Mapped[str]
    asked_at: Mapped[dt.datetime]
    answered_at: Mapped[dt.datetime | None]
    answered_by: Mapped[str | None] = mapped_column(sa.String(26))


class TurnQuote(Base):
    """The price and the clock of one turn for one owner, kept for as long as the turn lives.

    `ended` says how this owner's hold on the turn last ended; NULL while they hold it, or answered it.
    `surge_fen` is what `surge_id` promised on top of the card; both NULL without a surge.
    """

    __tablename__ = "turn_quote"
    __table_args__ = (
        sa.CheckConstraint(
            "ended IN ('released', 'missed', 'withdrawn', 'returned', 'escalated')", name="ended"
        ),
        sa.Index("ix_turn_quote_agent", "agent_id", "inquiry_id"),
        sa.Index(
            "ix_turn_quote_surge_id",
            "surge_id",
            sqlite_where=sa.text("surge_id IS NOT NULL"),
            postgresql_where=sa.text("surge_id IS NOT NULL"),
        ),
    )

    turn_id: Mapped[str] = mapped_column(sa.ForeignKey("turn.id"), primary_key=True)
    agent_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("agent.id"), primary_key=True)
    inquiry_id: Mapped[str] = mapped_column(sa.String(26))
    clock_started_at: Mapped[dt.datetime]
    deadline_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    card_id: Mapped[str] = mapped_column(sa.String(26))
    tier: Mapped[str]
    base_fen: Mapped[int]
    multiplier_percent: Mapped[int]
    band: Mapped[str | None]
    gross_fen: Mapped[int]
    capped: Mapped[bool]
    why: Mapped[str]
    ended: Mapped[str | None]
    surge_id: Mapped[str | None] = mapped_column(sa.String(26))
    surge_fen: Mapped[int | None]


class Release(Base):
    """An agent gave a turn back, with the reason; counted by the business day."""

    __tablename__ = "release"
    __table_args__ = (sa.Index("ix_release_agent_id_released_at", "agent_id", "released_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    turn_id: Mapped[str] = mapped_column(sa.ForeignKey("turn.id"))
    agent_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("agent.id"))
    inquiry_id: Mapped[str] = mapped_column(sa.String(26))
    reason: Mapped[str]
    released_at: Mapped[dt.datetime]


class Message(Base):
    """One message. `fingerprint` is of the normalised words of an agent's message, to know a repeat.

    `script_id` is the script that the words began as. No foreign key: scripts are never deleted, and a reply
    checks it with what it reads anyway.
    A customer's photo is the message `PHOTO_WORDS` that names its blob.
    """

    __tablename__ = "message"
    __table_args__ = (
        sa.CheckConstraint("author IN ('customer', 'agent', 'system')", name="author"),
        sa.CheckConstraint("(author = 'agent') = (agent_id IS NOT NULL)", name="whose"),
        sa.Index("ix_message_inquiry", "inquiry_id", "sent_at", "id"),
        sa.Index(
            "ix_message_script",
            "sent_at",
            "script_id",
            sqlite_where=sa.text("script_id IS NOT NULL"),
            postgresql_where=sa.text("script_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_message_script_agent",
            "agent_id",
            "sent_at",
            "script_id",
            sqlite_where=sa.text("script_id IS NOT NULL"),
            postgresql_where=sa.text("script_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_message_photo",
            "sent_at",
            sqlite_where=sa.text("photo_blob_id IS NOT NULL"),
            postgresql_where=sa.text("photo_blob_id IS NOT NULL"),
        ),
        sa.Index(
            "uq_message_external",
            "inquiry_id",
            "external_id",
            unique=True,
            sqlite_where=sa.text("external_id IS NOT NULL"),
            postgresql_where=sa.text("external_id IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    inquiry_id: Mapped[str] = mapped_column(sa.ForeignKey("inquiry.id"))
    turn_id: Mapped[str | None] = mapped_column(sa.String(26))
    author: Mapped[str]
    agent_id: Mapped[str | None] = mapped_column(sa.String(26))
    text: Mapped[str]
    external_id: Mapped[str | None]
    fingerprint: Mapped[str | None] = mapped_column(sa.String(64))
    script_id: Mapped[str | None] = mapped_column(sa.String(26))
    unpaid_reason: Mapped[str | None]
    photo_blob_id: Mapped[str | None] = mapped_column(sa.String(26))
    sent_at: Mapped[dt.datetime]


class Draft(Base):
    """What an agent has typed and not sent; theirs alone, and theirs still after the inquiry left them."""

    __tablename__ = "draft"

    inquiry_id: Mapped[str] = mapped_column(sa.ForeignKey("inquiry.id"), primary_key=True)
    agent_id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    text: Mapped[str]
    saved_at: Mapped[dt.datetime]


class Rating(Base):
    """What the customer thought; the first of an inquiry counts for the score."""

    __tablename__ = "rating"
    __table_args__ = (sa.CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),)

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    inquiry_id: Mapped[str] = mapped_column(sa.ForeignKey("inquiry.id"), index=True)
    agent_id: Mapped[str | None] = mapped_column(sa.String(26))
    stars: Mapped[int]
    resolved: Mapped[bool]
    comment: Mapped[str]
    first: Mapped[bool]
    rated_at: Mapped[dt.datetime]
