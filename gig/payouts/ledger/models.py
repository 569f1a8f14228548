"""The book: one row an entry, each with one debit and one credit account and a positive amount.

An entry so shaped cannot fail to balance. The database refuses to change or delete it.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base

OTHER = "kind <> 'earning' AND kind <> 'penalty' AND payable_fen <> 0"
"""The few entries that a close sums from the book; earnings and penalties it sums from the earnings. An
index serves whoever says so in these words. That the bank has paid changes nothing owed, and is not in it."""


class LedgerEntry(Base):
    """`payable_fen` is what the entry adds to AgentPayable of `agent_id`, signed, or 0."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        sa.CheckConstraint("amount_fen > 0", name="positive"),
        sa.CheckConstraint("debit <> credit", name="two_accounts"),
        sa.CheckConstraint("payable_fen IN (amount_fen, -amount_fen, 0)", name="payable"),
        sa.CheckConstraint("payable_fen = 0 OR agent_id IS NOT NULL", name="whose"),
        sa.CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reversal"),
        sa.Index("ix_ledger_entry_period", "period_id", "payable_fen"),
        *(
            sa.Index(name, *columns, sqlite_where=sa.text(given), postgresql_where=sa.text(given))
            for name, columns, given in (
                ("ix_ledger_entry_period_other", ("period_id", "agent_id", "kind", "payable_fen"), OTHER),
                ("ix_ledger_entry_agent_posted", ("agent_id", "posted_at"), "agent_id IS NOT NULL"),
                ("ix_ledger_entry_reverses_id", ("reverses_id",), "reverses_id IS NOT NULL"),
            )
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    source_key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    debit: Mapped[str]
    credit: Mapped[str]
    amount_fen: Mapped[int] = mapped_column(sa.BigInteger)
    agent_id: Mapped[str | None] = mapped_column(sa.String(26))
    payable_fen: Mapped[int] = mapped_column(sa.BigInteger)
    period_id: Mapped[str]
    late_for_period_id: Mapped[str | None]
    posted_at: Mapped[dt.datetime]
    memo: Mapped[str]
    reverses_id: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("ledger_entry.id"))
