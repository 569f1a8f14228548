"""Links, greetings, embedding, what was sent lately, and who looks like their own customer.

Phones, devices and addresses are kept as blind indexes alone: equal ones can be told, nothing else.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.channels.states import SUSPICION
from gig.core.db import Base, BigId

MARK_KINDS = "kind IN ('phone', 'device', 'address')"


class ChatLink(Base):
    """How often an inquiry's link was renewed, and whether it is shut; no row: never renewed, open."""

    __tablename__ = "chat_link"

    inquiry_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("inquiry.id"), primary_key=True)
    generation: Mapped[int]
    shut_at: Mapped[dt.datetime | None]
    changed_at: Mapped[dt.datetime]


class Embedding(Base):
    """Which sites may show the chat page of a channel in a frame, separated by spaces; no row: none."""

    __tablename__ = "channel_embedding"

    channel_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("channel.id"), primary_key=True)
    sites: Mapped[str]
    changed_by: Mapped[str | None] = mapped_column(sa.String(26))
    changed_at: Mapped[dt.datetime]


class Greeting(Base):
    """What a customer is told when they first open the page of a queue. The newest row holds; '' is none."""

    __tablename__ = "greeting"
    __table_args__ = (sa.Index("ix_greeting_queue_id", "queue", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    queue: Mapped[str] = mapped_column(sa.ForeignKey("queue.slug"))
    text: Mapped[str]
    text_en: Mapped[str]
    changed_by: Mapped[str | None] = mapped_column(sa.String(26))
    changed_at: Mapped[dt.datetime]


class ChatSend(Base):
    """One thing sent from a chat page, counted for an inquiry, a customer or an address; kept an hour."""

    __tablename__ = "chat_send"
    __table_args__ = (sa.Index("ix_chat_send_scope_at", "scope", "at"), sa.Index("ix_chat_send_at", "at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    scope: Mapped[str] = mapped_column(sa.String(40))
    at: Mapped[dt.datetime]


class CustomerMark(Base):
    """A phone, device or address from which an inquiry's customer came."""

    __tablename__ = "customer_mark"
    __table_args__ = (
        sa.CheckConstraint(MARK_KINDS, name="kind"),
        sa.Index("ix_customer_mark_mark", "kind", "mark", "seen_at"),
        sa.Index("ix_customer_mark_seen_at", "seen_at"),
    )

    inquiry_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("inquiry.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    mark: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    seen_at: Mapped[dt.datetime]


class AgentMark(Base):
    """A device or address from which an agent used their pages, and when last."""

    __tablename__ = "agent_mark"
    __table_args__ = (
        sa.CheckConstraint(MARK_KINDS, name="kind"),
        sa.Index("ix_agent_mark_mark", "kind", "mark", "seen_at"),
        sa.Index("ix_agent_mark_seen_at", "seen_at"),
    )

    agent_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("agent.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    mark: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    seen_at: Mapped[dt.datetime]


class Suspicion(Base):
    """An agent looks like the customer of an inquiry; it matters once they answer in it.

    `signals` is a sorted, comma-separated list of kinds; `strong` when one of them is more than the
    address. `taken_back_fen` is what a decision against the agent reversed.
    """

    __tablename__ = "suspicion"
    __table_args__ = (
        sa.CheckConstraint(SUSPICION.check(), name="state"),
        sa.CheckConstraint("(state = 'undecided') = (decided_at IS NULL)", name="decided"),
        sa.CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decider"),
        sa.CheckConstraint("(decided_at IS NULL) = (reason IS NULL)", name="reason"),
        sa.CheckConstraint("(state = 'own_customer') = (taken_back_fen IS NOT NULL)", name="taken_back"),
        sa.CheckConstraint("decided_by <> agent_id", name="two_people"),
        sa.UniqueConstraint("inquiry_id", "agent_id"),
        sa.Index("ix_suspicion_state", "state", "id"),
        sa.Index("ix_suspicion_agent", "agent_id", "state"),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    inquiry_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("inquiry.id"))
    agent_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("agent.id"))
    signals: Mapped[str]
    strong: Mapped[bool]
    noticed_at: Mapped[dt.datetime]
    state: Mapped[str]
    decided_by: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("person.id"))
    decided_at: Mapped[dt.datetime | None]
    reason: Mapped[str | None]
    taken_back_fen: Mapped[int | None]
