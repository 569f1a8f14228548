"""Whom the money goes to, the lines that carry it, and the batches that take them to the bank."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.crypto import Sealed
from gig.core.db import Base, BigId
from gig.payouts.disbursement.states import TEMPLATE

LINE_STATES = ("planned", "held", "in_transit", "settled", "failed", "returned", "voided")


class Payee(Base):
    """Where an agent's money goes. Every change is a new row; the newest holds."""

    __tablename__ = "payee"
    __table_args__ = (
        sa.CheckConstraint("kind IN ('bank', 'alipay')", name="kind"),
        sa.Index("ix_payee_agent", "agent_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    agent_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("agent.id"))
    kind: Mapped[str]
    holder: Mapped[str] = mapped_column(Sealed("payee.holder"))
    account: Mapped[str] = mapped_column(Sealed("payee.account"))
    account_index: Mapped[str] = mapped_column(sa.String(32), index=True)
    account_mask: Mapped[str]
    bank_name: Mapped[str | None]
    first: Mapped[bool]
    changed_at: Mapped[dt.datetime]


class PayoutLine(Base):
    """One amount owed to one agent by one statement; a retry is a new line that names the old.

    The payee is copied when the line is made (NULL: there was none). The id of a statement's first
    line is the statement's own id, so that a close cannot make it twice. What the bank last said of it is
    the result that answered it; `failure` is its reason in our words, `failure_words` in the bank's.
    """

    __tablename__ = "payout_line"
    __table_args__ = (
        sa.CheckConstraint("state IN ('" + "', '".join(LINE_STATES) + "')", name="state"),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.CheckConstraint("(state = 'held') = (hold_reason IS NOT NULL)", name="held"),
        sa.CheckConstraint("state NOT IN ('in_transit', 'settled') OR batch_id IS NOT NULL", name="in_batch"),
        sa.Index("ix_payout_line_period", "period_id", "agent_id"),
        *(
            sa.Index(
                name, *columns, unique=unique, sqlite_where=sa.text(given), postgresql_where=sa.text(given)
            )
            for name, columns, unique, given in (
                ("ix_payout_line_batch", ("batch_id", "number"), False, "batch_id IS NOT NULL"),
                ("uq_payout_line_number", ("number",), True, "number IS NOT NULL"),
                ("uq_payout_line_retry_of", ("retry_of",), True, "retry_of IS NOT NULL"),
            )
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    statement_id: Mapped[str]
    period_id: Mapped[str]
    agent_id: Mapped[str] = mapped_column(sa.String(26))
    amount_fen: Mapped[int] = mapped_column(sa.BigInteger)
    state: Mapped[str]
    hold_reason: Mapped[str | None]
    payee_id: Mapped[int | None] = mapped_column(BigId)
    batch_id: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("batch.id"))
    number: Mapped[str | None]
    retry_of: Mapped[str | None] = mapped_column(sa.ForeignKey("payout_line.id"))
    made_at: Mapped[dt.datetime]
    failure: Mapped[str | None]
    failure_words: Mapped[str | None] = mapped_column(Sealed("payout_line.failure_words"))
    result_id: Mapped[str | None] = mapped_column(sa.String(26))
    answered_at: Mapped[dt.datetime | None]


class PayHold(Base):
    """A question about an agent's pay of one inquiry that a person has to decide; it holds payouts meanwhile.

    It holds nothing before the agent has earned something in the inquiry. `forfeited`: all was taken
    back, and the inquiry pays this agent nothing any more, whatever is paid for its replies later.
    """

    __tablename__ = "pay_hold"
    __table_args__ = (
        sa.CheckConstraint("NOT forfeited OR ended_at IS NOT NULL", name="forfeited"),
        sa.Index(
            "ix_pay_hold_open",
            "agent_id",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    agent_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("agent.id"), primary_key=True)
    inquiry_id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    began_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    forfeited: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


class Batch(Base):
    """A set of lines that go to the bank together. The maker never approves it; the export freezes it.

    `total_fen` is what we owe on them; `tax_fen` what is withheld of it: an estimate before the export.
    The files pay the difference. `sheet_sha256` is that of the file, or of the archive of its parts, that
    `GET …/sheet` answers with. The two blobs are of batches exported before files had rows of their own.
    `checked_at`: when the lines were held against the template, whose version is that of the making (NULL:
    the first).
    """

    __tablename__ = "batch"
    __table_args__ = (
        sa.CheckConstraint("state IN ('draft', 'approved', 'exported', 'cancelled')", name="state"),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> maker_id", name="two_people"),
        sa.CheckConstraint(
            "(state = 'exported') = (sheet_sha256 IS NOT NULL AND exported_at IS NOT NULL)", name="frozen"
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    period_id: Mapped[str] = mapped_column(sa.ForeignKey("period.id"), index=True)
    template: Mapped[str]
    state: Mapped[str]
    payment_date: Mapped[dt.date]
    lines: Mapped[int]
    total_fen: Mapped[int] = mapped_column(sa.BigInteger)
    tax_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    maker_id: Mapped[str] = mapped_column(sa.String(26))
    made_at: Mapped[dt.datetime]
    approved_by: Mapped[str | None] = mapped_column(sa.String(26))
    approved_at: Mapped[dt.datetime | None]
    exported_by: Mapped[str | None] = mapped_column(sa.String(26))
    exported_at: Mapped[dt.datetime | None]
    sheet_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    xlsx_blob_id: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("blob.id"))
    csv_blob_id: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("blob.id"))
    template_version: Mapped[int | None]
    checked_at: Mapped[dt.datetime | None]


class BatchFile(Base):
    """One frozen file of an exported batch; one for each part where a template's limit splits it."""

    __tablename__ = "batch_file"
    __table_args__ = (sa.CheckConstraint("lines > 0 AND total_fen > 0", name="totals"),)

    batch_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("batch.id"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    blob_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("blob.id"))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    lines: Mapped[int]
    total_fen: Mapped[int] = mapped_column(sa.BigInteger)


class BatchFault(Base):
    """Why a line of a batch cannot be written by its template; while there is one, nobody can approve."""

    __tablename__ = "batch_fault"

    batch_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("batch.id"), primary_key=True)
    line_id: Mapped[str] = mapped_column(primary_key=True)
    fault: Mapped[str] = mapped_column(primary_key=True)


class DownloadLink(Base):
    """A way to one download that works once and for minutes. `what` is a file's name, `all` or `vouchers`."""

    __tablename__ = "download_link"
    __table_args__ = (
        sa.CheckConstraint("(used_at IS NULL) = (used_by IS NULL)", name="used"),
        sa.Index("ix_download_link_batch_id", "batch_id", "made_at"),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    batch_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("batch.id"))
    what: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_by: Mapped[str] = mapped_column(sa.String(26))
    made_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
    used_by: Mapped[str | None] = mapped_column(sa.String(26))


class SheetTemplate(Base):
    """A version of a payout template that finance wrote. Version 1 of the shipped ones is in the code.

    A batch is made with it once another person than those who wrote it has approved it; so it is when a
    version only says that the template is retired, or used again. `decided_by` is NULL for what was approved
    before that was asked for.
    """

    __tablename__ = "sheet_template"
    __table_args__ = (
        sa.CheckConstraint(TEMPLATE.check(), name="state"),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided"),
        sa.CheckConstraint("state <> 'approved' OR decided_by <> made_by", name="two_people"),
        sa.CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refused"),
        sa.Index(
            "uq_sheet_template_waiting",
            "slug",
            unique=True,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        ),
    )

    slug: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    layout: Mapped[str]
    retired: Mapped[bool]
    reason: Mapped[str]
    made_by: Mapped[str] = mapped_column(sa.String(26))
    made_at: Mapped[dt.datetime]
    state: Mapped[str]
    decided_by: Mapped[str | None] = mapped_column(sa.String(26))
    decided_at: Mapped[dt.datetime | None]
    refusal: Mapped[str | None]


class BankHint(Base):
    """Which bank a card's first digits hint at; without a name, the shipped hint is taken back."""

    __tablename__ = "bank_hint"

    prefix: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    bank_name: Mapped[str | None]
    changed_by: Mapped[str] = mapped_column(sa.String(26))
    changed_at: Mapped[dt.datetime]
