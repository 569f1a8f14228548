"""Result files that came back from a bank, and which of their columns mean what."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base
from gig.payouts.disbursement.states import RESULT


class ResultImport(Base):
    """One uploaded file, kept as it came. Of equal files only one is ever posted.

    `counts` and `problems` are what was found when it was last read; `skipped` says why rows that did not
    match were left out, if they were.
    """

    __tablename__ = "result_import"
    __table_args__ = (
        sa.CheckConstraint(RESULT.check(), name="state"),
        sa.CheckConstraint("(state = 'posted') = (posted_at IS NOT NULL)", name="posted"),
        sa.Index("ix_result_import_batch_id", "batch_id", "uploaded_at"),
        sa.Index(
            "uq_result_import_posted",
            "sha256",
            unique=True,
            sqlite_where=sa.text("state = 'posted'"),
            postgresql_where=sa.text("state = 'posted'"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    batch_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("batch.id"))
    state: Mapped[str]
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    blob_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("blob.id"))
    headers: Mapped[str]
    mapping: Mapped[str]
    counts: Mapped[str]
    problems: Mapped[str]
    uploaded_by: Mapped[str] = mapped_column(sa.String(26))
    uploaded_at: Mapped[dt.datetime]
    posted_by: Mapped[str | None] = mapped_column(sa.String(26))
    posted_at: Mapped[dt.datetime | None]
    skipped: Mapped[str | None]


class ResultMapping(Base):
    """How the result files of a template are read, remembered from the last one that was posted."""

    __tablename__ = "result_mapping"

    template: Mapped[str] = mapped_column(primary_key=True)
    mapping: Mapped[str]
    saved_by: Mapped[str] = mapped_column(sa.String(26))
    saved_at: Mapped[dt.datetime]
