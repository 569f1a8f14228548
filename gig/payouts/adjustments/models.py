"""Adjustments and back-pay runs."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base

WAITING = "state = 'proposed' AND run_id IS NULL"


class Adjustment(Base):
    """A decision about an agent's money. Posted ⇔ its entry is in the book; the database then keeps it.

    `amount_fen` is positive: a clawback takes it, a reversal takes back as much of the entry
    `reverses_id`, every other kind gives it. `earning_id` is the reply that it is about, if any. What is
    above the limit is posted by a second person, `decided_by`.
    """

    __tablename__ = "adjustment"
    __table_args__ = (
        sa.CheckConstraint(
            "kind IN ('bonus', 'award', 'goodwill', 'clawback', 'back_pay', 'reversal')", name="kind"
        ),
        sa.CheckConstraint("state IN ('proposed', 'posted', 'refused', 'withdrawn')", name="state"),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided"),
        sa.CheckConstraint("state <> 'posted' OR decided_by IS NULL OR decided_by <> maker_id", name="maker"),
        sa.CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refused"),
        sa.CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reversal"),
        sa.CheckConstraint("(kind = 'back_pay') = (run_id IS NOT NULL)", name="run"),
        sa.CheckConstraint("(evidence_blob_id IS NULL) = (evidence_name IS NULL)", name="evidence"),
        sa.Index("ix_adjustment_agent", "agent_id", "id"),
        sa.Index("ix_adjustment_kind", "kind", "id"),
        *(
            sa.Index(
                name, *columns, unique=unique, sqlite_where=sa.text(given), postgresql_where=sa.text(given)
            )
            for name, columns, unique, given in (
                ("ix_adjustment_waiting", ("id",), False, WAITING),
                ("ix_adjustment_earning", ("earning_id",), False, "earning_id IS NOT NULL"),
                ("ix_adjustment_reverses", ("reverses_id",), False, "reverses_id IS NOT NULL"),
                ("uq_adjustment_run_agent", ("run_id", "agent_id"), True, "run_id IS NOT NULL"),
            )
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    kind: Mapped[str]
    agent_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("agent.id"))
    amount_fen: Mapped[int] = mapped_column(sa.BigInteger)
    replies: Mapped[int | None]
    earning_id: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("earning.id"))
    reverses_id: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("ledger_entry.id"))
    run_id: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("back_pay_run.id"))
    reason: Mapped[str]
    evidence: Mapped[str]
    evidence_blob_id: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("blob.id"))
    evidence_name: Mapped[str | None]
    state: Mapped[str]
    maker_id: Mapped[str] = mapped_column(sa.String(26))
    made_at: Mapped[dt.datetime]
    decided_by: Mapped[str | None] = mapped_column(sa.String(26))
    decided_at: Mapped[dt.datetime | None]
    refusal: Mapped[str | None]


class BackPayRun(Base):
    """More pay for the replies of `[starts_at, ends_at)`, the business days `[first_day, end_day)`.

    It is counted agent by agent up to `counted_after`; what was counted is what is posted. `figure` is
    the fen of mode `fixed`, the percent of mode `percent`; mode `card` names a rate card. `by_reply`: what
    it gives for each reply is kept (it was not always). Runs are started one after the other, as `started_no`
    says; one by a card counts with those up to `drafted_after`, the last before it was drafted.
    `takes_places`: it may pay replies that were priced at 0, beyond the paid ones of their inquiries.
    """

    __tablename__ = "back_pay_run"
    __table_args__ = (
        sa.CheckConstraint("state IN ('counting', 'ready', 'posting', 'posted', 'cancelled')", name="state"),
        sa.CheckConstraint("mode IN ('fixed', 'percent', 'card')", name="mode"),
        sa.CheckConstraint("(mode = 'card') = (card_id IS NOT NULL)", name="card"),
        sa.CheckConstraint("(mode = 'card') = (figure IS NULL)", name="figure"),
        sa.CheckConstraint("starts_at < ends_at", name="span"),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> maker_id", name="two_people"),
        sa.CheckConstraint("(state = 'posted') = (finished_at IS NOT NULL)", name="finished"),
        sa.CheckConstraint("outdated_by IS NULL OR state NOT IN ('posting', 'posted')", name="outdated"),
        sa.CheckConstraint("(started_no IS NULL) = (started_at IS NULL)", name="started"),
        sa.Index("ix_back_pay_run_state", "state", "id"),
        sa.Index("ix_back_pay_run_ends_at", "ends_at"),
        sa.Index("uq_back_pay_run_started_no", "started_no", unique=True),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    first_day: Mapped[dt.date]
    end_day: Mapped[dt.date]
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    mode: Mapped[str]
    card_id: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("rate_card.id"))
    figure: Mapped[int | None]
    reason: Mapped[str]
    evidence: Mapped[str]
    state: Mapped[str]
    counted_after: Mapped[str]
    by_reply: Mapped[bool] = mapped_column(server_default=sa.false())
    # read and written by the version before alone, which serves on while an update goes from host to host
    outdated_by: Mapped[str | None] = mapped_column(sa.String(26))
    takes_places: Mapped[bool] = mapped_column(server_default=sa.false())
    drafted_after: Mapped[int] = mapped_column(server_default=sa.literal_column("0"))
    maker_id: Mapped[str] = mapped_column(sa.String(26))
    made_at: Mapped[dt.datetime]
    approved_by: Mapped[str | None] = mapped_column(sa.String(26))
    started_no: Mapped[int | None]
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]


class BackPayShare(Base):
    """What an agent's back pay gives for one reply; the shares of an adjustment sum to it. Never changed."""

    __tablename__ = "back_pay_share"
    __table_args__ = (sa.CheckConstraint("fen > 0", name="fen"),)

    adjustment_id: Mapped[str] = mapped_column(sa.ForeignKey("adjustment.id"), primary_key=True)
    earning_id: Mapped[str] = mapped_column(sa.ForeignKey("earning.id"), primary_key=True)
    fen: Mapped[int]


class BackPayTaken(Base):
    """What a reversal took of what back pay had given for one reply. Never changed.

    `source_key` is that of the reversal's entry, to which its parts sum.
    """

    __tablename__ = "back_pay_taken"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["adjustment_id", "earning_id"], ["back_pay_share.adjustment_id", "back_pay_share.earning_id"]
        ),
        sa.CheckConstraint("fen > 0", name="fen"),
        sa.Index("ix_back_pay_taken_share", "adjustment_id", "earning_id"),
    )

    source_key: Mapped[str] = mapped_column(primary_key=True)
    adjustment_id: Mapped[str] = mapped_column(sa.String(26))
    earning_id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    fen: Mapped[int]
