"""Who handed which turn on, and where ops lets a queue's inquiries be handed to."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base, BigId
from gig.dispatch.rules.escalation import KINDS, REASONS


class Escalation(Base):
    """An agent handed a turn on to another queue, with what the next one must know.

    `number` counts the inquiry's hand-overs; no queue gets the same inquiry twice, and no agent hands
    the same turn on twice. `fee_fen` is what the escalator was paid for it, by the card of their clock.
    """

    __tablename__ = "escalation"
    __table_args__ = (
        sa.CheckConstraint(f"reason IN ({', '.join(repr(each) for each in REASONS)})", name="reason"),
        sa.CheckConstraint("from_queue <> to_queue", name="elsewhere"),
        sa.CheckConstraint("fee_fen >= 0", name="fee"),
        sa.CheckConstraint("number >= 1", name="number"),
        sa.UniqueConstraint("turn_id", "agent_id"),
        sa.UniqueConstraint("inquiry_id", "number"),
        sa.UniqueConstraint("inquiry_id", "to_queue"),
        sa.Index("ix_escalation_agent_inquiry", "agent_id", "inquiry_id"),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    inquiry_id: Mapped[str] = mapped_column(sa.ForeignKey("inquiry.id"))
    turn_id: Mapped[str] = mapped_column(sa.ForeignKey("turn.id"))
    agent_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("agent.id"))
    number: Mapped[int]
    from_queue: Mapped[str] = mapped_column(sa.ForeignKey("queue.slug"))
    to_queue: Mapped[str] = mapped_column(sa.ForeignKey("queue.slug"))
    reason: Mapped[str]
    summary: Mapped[str]
    card_id: Mapped[str] = mapped_column(sa.String(26))
    fee_fen: Mapped[int]
    escalated_at: Mapped[dt.datetime]


class EscalationRoute(Base):
    """One change to ops' list of who takes whose escalations: put on, or taken off. The newest holds."""

    __tablename__ = "escalation_route"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN ({', '.join(repr(each) for each in KINDS)})", name="kind"),
        sa.CheckConstraint("from_queue <> to_queue", name="elsewhere"),
        sa.Index("ix_escalation_route_from_queue", "from_queue", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    from_queue: Mapped[str] = mapped_column(sa.ForeignKey("queue.slug"))
    to_queue: Mapped[str] = mapped_column(sa.ForeignKey("queue.slug"))
    kind: Mapped[str]
    listed: Mapped[bool]
    reason: Mapped[str]
    changed_by: Mapped[str | None] = mapped_column(sa.String(26))
    changed_at: Mapped[dt.datetime]
