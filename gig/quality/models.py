"""Appeals: what an agent says was wrongly held against them, and what came of it."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base
from gig.quality.states import APPEAL
from gig.quality.values import CAUSES


class Appeal(Base):
    """One appeal against one score event; the event is unique, so that nothing is appealed twice.

    `kind`, `turn_id`, `inquiry_id` and `happened_at` are the event's. `penalty_id` is the ledger entry of the
    money that was taken with it, `penalty_fen` its amount; both NULL where none was. `period_id` is where the
    penalty was posted, or the event happened. `struck` says whether the decision took the event out of the
    score; `returned_fen` what it gave back, as the reversal `reversal:appeal-ID:ENTRY`. `rung_at` is set when
    the reviewers were told that it is overdue.
    """

    __tablename__ = "appeal"
    __table_args__ = (
        sa.CheckConstraint(APPEAL.check(), name="state"),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
        sa.CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decider"),
        sa.CheckConstraint("(decided_at IS NULL) = (reply IS NULL)", name="reply"),
        sa.CheckConstraint("(decided_at IS NULL) = (cause IS NULL)", name="cause"),
        sa.CheckConstraint(f"cause IN ({', '.join(repr(cause) for cause in CAUSES)})", name="causes"),
        sa.CheckConstraint("(decided_at IS NULL) = (returned_fen IS NULL)", name="returned"),
        sa.CheckConstraint("returned_fen BETWEEN 0 AND coalesce(penalty_fen, 0)", name="no_more"),
        sa.CheckConstraint("(penalty_id IS NULL) = (penalty_fen IS NULL)", name="penalty"),
        sa.CheckConstraint("state <> 'rejected' OR (returned_fen = 0 AND NOT struck)", name="rejected"),
        sa.CheckConstraint("state <> 'partly' OR returned_fen > 0", name="partly"),
        sa.CheckConstraint("decided_by <> agent_id", name="not_oneself"),
        sa.CheckConstraint("decided_by <> imposed_by", name="two_people"),
        sa.CheckConstraint("due_at > filed_at", name="due"),
        sa.Index("ix_appeal_agent_id", "agent_id", "filed_at"),
        sa.Index("ix_appeal_period_id", "period_id", "state"),
        sa.Index("ix_appeal_decided_at", "decided_at", "kind"),
        sa.Index(
            "ix_appeal_due_at",
            "due_at",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    event_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("score_event.id"), unique=True)
    agent_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("agent.id"))
    kind: Mapped[str]
    happened_at: Mapped[dt.datetime]
    turn_id: Mapped[str | None] = mapped_column(sa.String(26))
    inquiry_id: Mapped[str | None] = mapped_column(sa.String(26))
    penalty_id: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("ledger_entry.id"))
    penalty_fen: Mapped[int | None]
    period_id: Mapped[str] = mapped_column(sa.ForeignKey("period.id"))
    imposed_by: Mapped[str | None] = mapped_column(sa.String(26))
    text: Mapped[str]
    filed_at: Mapped[dt.datetime]
    due_at: Mapped[dt.datetime]
    rung_at: Mapped[dt.datetime | None]
    state: Mapped[str]
    decided_by: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("person.id"))
    decided_at: Mapped[dt.datetime | None]
    cause: Mapped[str | None]
    reply: Mapped[str | None]
    returned_fen: Mapped[int | None]
    struck: Mapped[bool] = mapped_column(default=False)

    @property
    def number(self) -> str:
        """AP-7QK3ZZ: what people call it by."""
        return f"AP-{self.id[-6:].upper()}"
