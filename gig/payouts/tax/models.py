"""Which policy holds from when, who may be taxed by it, what each payment bore, what the office was told."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base, BigId
from gig.payouts.tax.rules.withholding import POLICIES
from gig.payouts.tax.states import CHOICE
from gig.payouts.tax.values import DOCUMENTS, FILINGS

POLICY = f"policy IN ({', '.join(repr(policy) for policy in POLICIES)})"
GAP = "(policy = 'platform_2025') = (gap IS NOT NULL) AND (gap IS NULL OR gap IN ('reset', 'continue'))"


class TaxChoice(Base):
    """Finance's word that a policy holds from the first day of a month on, for one payer.

    It holds once a second person has confirmed it. Of those confirmed that have begun, the latest month's
    newest holds. What was proposed never changes: the database refuses it.
    """

    __tablename__ = "tax_choice"
    __table_args__ = (
        sa.CheckConstraint(CHOICE.check(), name="state"),
        sa.CheckConstraint(POLICY, name="policy"),
        sa.CheckConstraint(GAP, name="gap"),
        sa.CheckConstraint("state = 'proposed' OR decided_at IS NOT NULL", name="decided"),
        sa.CheckConstraint("state <> 'confirmed' OR decided_by <> proposed_by", name="two_people"),
        sa.CheckConstraint("policy = 'none' OR (payer_code <> '' AND payer_name <> '')", name="payer"),
        sa.Index(
            "uq_tax_choice_proposed",
            "state",
            unique=True,
            sqlite_where=sa.text("state = 'proposed'"),
            postgresql_where=sa.text("state = 'proposed'"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    state: Mapped[str]
    policy: Mapped[str]
    gap: Mapped[str | None]
    from_month: Mapped[dt.date]
    payer_name: Mapped[str]
    payer_code: Mapped[str]
    reason: Mapped[str]
    proposed_by: Mapped[str] = mapped_column(sa.String(26))
    proposed_at: Mapped[dt.datetime]
    decided_by: Mapped[str | None] = mapped_column(sa.String(26))
    decided_at: Mapped[dt.datetime | None]


class TaxResidency(Base):
    """Whether a worker may be taxed by the tables of residents.

    Learnt once from the document they were verified by; of those whose document leaves it open, finance
    says so, with a reason.
    """

    __tablename__ = "tax_residency"
    __table_args__ = (
        sa.CheckConstraint(f"document IN ({', '.join(map(repr, DOCUMENTS))})", name="document"),
        sa.CheckConstraint("(stated_by IS NULL) = (reason IS NULL)", name="stated"),
        sa.CheckConstraint("document = 'resident_id' OR stated_by IS NOT NULL OR NOT resident", name="open"),
    )

    agent_id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    resident: Mapped[bool]
    document: Mapped[str]
    reason: Mapped[str | None]
    stated_by: Mapped[str | None] = mapped_column(sa.String(26))
    changed_at: Mapped[dt.datetime]


class TaxRecord(Base):
    """One payment with every input of its tax, or, negative, one that came back and the tax with it.

    A payout line has one at most, and each is taken back once at most. `month` is the first day of the
    payment's month; `cumulative_fen`, `months` and `due_fen` hold this payment. The database refuses to
    change or delete it.
    """

    __tablename__ = "tax_record"
    __table_args__ = (
        sa.CheckConstraint(POLICY, name="policy"),
        sa.CheckConstraint(GAP, name="gap"),
        sa.CheckConstraint("(reverses_id IS NULL) = (gross_fen > 0)", name="gross"),
        sa.CheckConstraint("abs(withheld_fen) < abs(gross_fen) OR withheld_fen = 0", name="withheld"),
        sa.CheckConstraint("withheld_fen = 0 OR (withheld_fen > 0) = (reverses_id IS NULL)", name="sign"),
        sa.CheckConstraint("policy <> 'none' OR withheld_fen = 0", name="none"),
        *(
            sa.Index(name, column, unique=True, sqlite_where=sa.text(given), postgresql_where=sa.text(given))
            for name, column, given in (
                ("uq_tax_record_line", "line_id", "reverses_id IS NULL"),
                ("uq_tax_record_reverses_id", "reverses_id", "reverses_id IS NOT NULL"),
            )
        ),
        sa.Index("ix_tax_record_agent", "agent_id", "month"),
        sa.Index("ix_tax_record_month", "month", "agent_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    line_id: Mapped[str]
    agent_id: Mapped[str] = mapped_column(sa.String(26))
    choice_id: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("tax_choice.id"))
    payer_code: Mapped[str]
    policy: Mapped[str]
    gap: Mapped[str | None]
    rule_version: Mapped[str]
    paid_on: Mapped[dt.date]
    month: Mapped[dt.date]
    gross_fen: Mapped[int] = mapped_column(sa.BigInteger)
    cumulative_fen: Mapped[int] = mapped_column(sa.BigInteger)
    months: Mapped[int]
    segment_start: Mapped[dt.date]
    percent: Mapped[int]
    quick_fen: Mapped[int] = mapped_column(sa.BigInteger)
    due_fen: Mapped[int] = mapped_column(sa.BigInteger)
    before_fen: Mapped[int] = mapped_column(sa.BigInteger)
    withheld_fen: Mapped[int] = mapped_column(sa.BigInteger)
    reverses_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("tax_record.id"))
    made_at: Mapped[dt.datetime]


class TaxFiling(Base):
    """A file for the tax office over a month or a quarter, frozen; a correction is the next number.

    The database refuses to change or delete it.
    """

    __tablename__ = "tax_filing"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN ({', '.join(map(repr, FILINGS))})", name="kind"),
        sa.UniqueConstraint("kind", "first_day", "number", name="uq_tax_filing_number"),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    kind: Mapped[str]
    first_day: Mapped[dt.date]
    number: Mapped[int]
    up_to_record: Mapped[int] = mapped_column(BigId)
    people: Mapped[int]
    income_fen: Mapped[int] = mapped_column(sa.BigInteger)
    withheld_fen: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    blob_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("blob.id"))
    reason: Mapped[str]
    made_by: Mapped[str] = mapped_column(sa.String(26))
    made_at: Mapped[dt.datetime]
