"""Batches, their files, faults, results and history, for the pages of finance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.blobs import Blob
from gig.identity.models import Person
from gig.payouts.disbursement.amounts import sent_fen
from gig.payouts.disbursement.models import Batch, BatchFault, BatchFile, DownloadLink, Payee, PayoutLine
from gig.payouts.disbursement.results.models import ResultImport
from gig.payouts.disbursement.rules.layout import Layout
from gig.payouts.disbursement.rules.rows import unwritable


@dataclass(frozen=True)
class FileRow:
    """A frozen file of a batch."""

    part: int
    kind: str
    name: str
    blob_id: str
    sha256: str
    lines: int
    total_fen: int


def files_of(session: Session, batch: Batch) -> list[FileRow]:
    """The files of an exported batch, part by part, the template's first kind first."""
    query = sa.select(BatchFile).where(BatchFile.batch_id == batch.id)
    rows = sorted(session.scalars(query), key=lambda each: (each.part, each.kind == "csv"))
    if rows:
        return [
            FileRow(each.part, each.kind, each.name, each.blob_id, each.sha256, each.lines, each.total_fen)
            for each in rows
        ]
    blobs = [(batch.xlsx_blob_id, "xlsx"), (batch.csv_blob_id, "csv")]
    return [
        FileRow(
            1,
            kind,
            f"{batch.number}.{kind}",
            blob_id,
            session.scalars(sa.select(Blob.sha256).where(Blob.id == blob_id)).one(),
            batch.lines,
            batch.total_fen,
        )
        for blob_id, kind in blobs
        if blob_id
    ]


def batches(session: Session, *, before: str | None, limit: int) -> Sequence[Batch]:
    """Batches, the newest first, if asked those with a smaller number."""
    query = sa.select(Batch).order_by(Batch.number.desc()).limit(limit)
    return session.scalars(query.where(Batch.number < before) if before else query).all()


def faulty(session: Session, batch_id: str) -> int:
    """How many lines of the batch its template cannot write."""
    count = sa.select(sa.func.count(sa.distinct(BatchFault.line_id))).where(BatchFault.batch_id == batch_id)
    return session.scalar(count) or 0


@dataclass(frozen=True)
class FaultyRow:
    """A line that a template cannot write: whose, and why; `characters` are those its encoding lacks."""

    number: str | None
    agent_id: str
    name: str
    account: str
    fen: int
    faults: list[str]
    characters: str


def faulty_rows(session: Session, batch_id: str, layout: Layout, *, limit: int) -> list[FaultyRow]:
    """The first lines of the batch that cannot be written."""
    faults: dict[str, list[str]] = {}
    query = sa.select(BatchFault.line_id, BatchFault.fault).where(BatchFault.batch_id == batch_id)
    for line_id, fault in session.execute(query.order_by(BatchFault.line_id).limit(8 * limit)):
        faults.setdefault(line_id, []).append(fault)
    chosen = list(faults)[:limit]
    lines = (
        sa.select(
            PayoutLine.id,
            PayoutLine.number,
            PayoutLine.agent_id,
            sa.func.coalesce(Person.name, ""),
            Payee.account_mask,
            sent_fen(),
            Payee.holder,
            Payee.bank_name,
        )
        .join(Payee, Payee.id == PayoutLine.payee_id)
        .outerjoin(Person, Person.id == PayoutLine.agent_id)
        .where(PayoutLine.id.in_(chosen))
        .order_by(PayoutLine.number)
    )
    return [
        FaultyRow(
            number,
            agent,
            name,
            mask,
            int(fen),
            faults[id],
            unwritable(holder + (bank or ""), layout.encoding),
        )
        for id, number, agent, name, mask, fen, holder, bank in session.execute(lines)
    ]


@dataclass(frozen=True)
class LineRow:
    """A line of a batch as its page lists it; the account is masked.

    `retried` is the line that pays it again, `retry_of` the number of the one that it pays again itself, each
    with the batch that it is in: a new line has neither number nor batch before it enters one.
    """

    id: str
    number: str
    agent_id: str
    name: str
    account: str
    bank: str | None
    kind: str
    fen: int
    state: str
    failure: str | None
    failure_words: str | None
    answered_at: dt.datetime | None
    retried: str | None
    retried_number: str | None
    retried_in: str | None
    retry_of: str | None
    retry_of_in: str | None


def lines(session: Session, batch_id: str, *, state: str | None, after: str, limit: int) -> list[LineRow]:
    """Lines of the batch in the order of their numbers, from behind a number, if asked those in a state."""
    retry, first = (sa.alias(PayoutLine.__table__, name) for name in ("retry", "first"))
    query = (
        sa.select(
            PayoutLine.id,
            PayoutLine.number,
            PayoutLine.agent_id,
            sa.func.coalesce(Person.name, ""),
            Payee.account_mask,
            Payee.bank_name,
            Payee.kind,
            sent_fen(),
            PayoutLine.state,
            PayoutLine.failure,
            PayoutLine.failure_words,
            PayoutLine.answered_at,
            retry.c.id,
            retry.c.number,
            retry.c.batch_id,
            first.c.number,
            first.c.batch_id,
        )
        .join(Payee, Payee.id == PayoutLine.payee_id)
        .outerjoin(Person, Person.id == PayoutLine.agent_id)
        .outerjoin(retry, retry.c.retry_of == PayoutLine.id)
        .outerjoin(first, first.c.id == PayoutLine.retry_of)
        .where(PayoutLine.batch_id == batch_id, PayoutLine.number > after)
        .order_by(PayoutLine.number)
        .limit(limit)
    )
    if state:
        query = query.where(PayoutLine.state == state)
    return [LineRow(*tuple(row)) for row in session.execute(query)]


def by_state(session: Session, batch_id: str) -> dict[str, tuple[int, int]]:
    """How many lines of the batch are in each state, and their sum."""
    rows = session.execute(
        sa.select(PayoutLine.state, sa.func.count(), sa.func.sum(sent_fen()))
        .where(PayoutLine.batch_id == batch_id)
        .group_by(PayoutLine.state)
    )
    return {state: (count, int(fen)) for state, count, fen in rows}


def results_of(session: Session, batch_id: str) -> Sequence[ResultImport]:
    """The batch's result files that were not dropped, the newest first."""
    query = sa.select(ResultImport).where(ResultImport.batch_id == batch_id, ResultImport.state != "dropped")
    return session.scalars(
        query.order_by(ResultImport.uploaded_at.desc(), ResultImport.id.desc()).limit(50)
    ).all()


def links_of(session: Session, batch_id: str) -> Sequence[DownloadLink]:
    """The latest links to the batch's files."""
    query = sa.select(DownloadLink).where(DownloadLink.batch_id == batch_id)
    return session.scalars(
        query.order_by(DownloadLink.made_at.desc(), DownloadLink.id.desc()).limit(20)
    ).all()


def log_of(session: Session, batch_id: str) -> Sequence[AuditEntry]:
    """Who did what to the batch, downloads included, the newest first."""
    query = sa.select(AuditEntry).where(AuditEntry.object_type == "batch", AuditEntry.object_id == batch_id)
    return session.scalars(query.order_by(AuditEntry.id.desc()).limit(100)).all()
