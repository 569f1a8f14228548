"""Making the files for the tax office, once, and fetching them; both with a reason that stays in the log."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit, blobs
from gig.core.db import db, one_at_a_time, transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.core.text import N_
from gig.payouts.tax.models import TaxFiling, TaxRecord
from gig.payouts.tax.reports import platform, returns, workbook
from gig.payouts.tax.values import LOCK, FilingKind, zone

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REASON_MOST = 200
MONTHS = {"withholding": 1, "platform": 3}


@dataclass(frozen=True)
class Filing:
    """A frozen file."""

    name: str
    media_type: str
    content: bytes
    sha256: str


def make_filing(*, kind: FilingKind, first_day: dt.date, reason: str, actor_id: str, now: dt.datetime) -> str:
    """The file of the month or quarter is frozen; its id. Nothing new since the last one: that one's id.

    It holds identities, so it is sealed, and who made it and why is in the log. Refused before the span
    is over, and when nobody was paid in it.
    """
    reason = _reason(reason)
    if first_day.day != 1 or (first_day.month - 1) % MONTHS[kind]:
        raise NotFound
    if zone().day_of(now) < _end(kind, first_day):
        raise Refused("span-not-over", N_("这段时间还没有结束，结束后才能做申报表。"))
    session = db.session()
    newest = _newest_record(session, kind, first_day)
    last = last_filing(session, kind, first_day)
    if last is not None and last.up_to_record >= newest:
        return last.id
    build = returns.table if kind == "withholding" else platform.table
    table, income_fen, withheld_fen = build(session, first_day)
    if not table.rows:
        raise Refused("nobody-paid", N_("这段时间没有要申报的付款。"))
    content = workbook.write(table, now)
    session.rollback()
    with transaction() as writing:
        one_at_a_time(writing, LOCK)
        last = last_filing(writing, kind, first_day)
        if _newest_record(writing, kind, first_day) != newest:
            raise Refused("records-changed", N_("刚刚有付款变化，请再做一次。"))
        if last is not None and last.up_to_record >= newest:
            return last.id
        blob = blobs.keep(writing, content, media_type=XLSX, now=now)
        filing = TaxFiling(
            id=new_id(),
            kind=kind,
            first_day=first_day,
            number=last.number + 1 if last else 1,
            up_to_record=newest,
            people=len(table.rows),
            income_fen=income_fen,
            withheld_fen=withheld_fen,
            sha256=blob.sha256,
            blob_id=blob.id,
            reason=reason,
            made_by=actor_id,
            made_at=now,
        )
        writing.add(filing)
        writing.flush()
        _note(writing, filing, "tax.filing.make", actor_id, reason, now)
        return filing.id


def fetch_filing(*, filing_id: str, reason: str, actor_id: str, now: dt.datetime) -> Filing:
    """The bytes that were frozen, the same every time; the log holds who fetched them and why."""
    reason = _reason(reason)
    with transaction() as session:
        filing = session.get(TaxFiling, filing_id)
        if filing is None:
            raise NotFound
        content = blobs.content(session, filing.blob_id)
        _note(session, filing, "tax.filing.fetch", actor_id, reason, now)
    return Filing(name_of(filing), XLSX, content, filing.sha256)


def name_of(filing: TaxFiling) -> str:
    span = f"{filing.first_day:%Y-%m}" if filing.kind == "withholding" else platform.quarter(filing.first_day)
    return f"tax-{filing.kind}-{span}-{filing.number}.xlsx"


def last_filing(session: Session, kind: str, first_day: dt.date) -> TaxFiling | None:
    query = sa.select(TaxFiling).where(TaxFiling.kind == kind, TaxFiling.first_day == first_day)
    return session.scalars(query.order_by(TaxFiling.number.desc()).limit(1)).first()


def _newest_record(session: Session, kind: FilingKind, first_day: dt.date) -> int:
    """The newest record that the file would hold; a return reckons with the year so far."""
    first = first_day.replace(month=1) if kind == "withholding" else first_day
    query = sa.select(sa.func.coalesce(sa.func.max(TaxRecord.id), 0)).where(
        TaxRecord.month >= first, TaxRecord.month < _end(kind, first_day)
    )
    return session.execute(query).scalar_one()


def _end(kind: FilingKind, first_day: dt.date) -> dt.date:
    number = first_day.year * 12 + first_day.month - 1 + MONTHS[kind]
    return dt.date(number // 12, number % 12 + 1, 1)


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > REASON_MOST:
        raise Invalid({"reason": [N_("写明原因，最多 200 个字。")]})
    return reason


def _note(
    session: Session, filing: TaxFiling, action: str, actor_id: str, reason: str, now: dt.datetime
) -> None:
    audit.note(
        session,
        actor_id=actor_id,
        action=action,
        object_type="tax_filing",
        object_id=filing.id,
        reason=reason,
        detail={"file": name_of(filing), "people": filing.people, "sha256": filing.sha256},
        now=now,
    )
