"""Proving the book by night, and whenever finance asks."""

from __future__ import annotations

import datetime as dt
import json
import time

import sqlalchemy as sa

from gig.core import outbox
from gig.core.db import db, snapshot, transaction
from gig.core.ids import new_id
from gig.payouts.books.models import BookCheck
from gig.payouts.books.queries import found_since
from gig.payouts.books.told import kept
from gig.payouts.ledger.audit import audit
from gig.payouts.settlement.values import zone

AT_HOUR = 3
"""The hour of the business day after which the night's proof is due."""


def check_night(*, now: dt.datetime) -> str | None:
    """The business day has its own proof once its third hour has begun; a second run changes nothing."""
    day = zone().day_of(now)
    if zone().local(now).hour < AT_HOUR:
        return None
    done = sa.select(BookCheck.id).where(BookCheck.day == day, BookCheck.asked_by.is_(None))
    if db.session.scalar(done) is not None:
        return None
    return check_book(asked_by=None, now=now)


def check_book(*, asked_by: str | None, now: dt.datetime) -> str:
    """Every claim of `gig audit` was tried on one view of the database, and what was found is kept.

    Of a rule that did not hold in the proof before either, the first day is kept on.
    What does not hold raises the alarm on every page of finance and operations until a proof holds again.
    """
    started = time.perf_counter()
    session = snapshot()
    findings = audit(session)
    before = found_since(session)
    session.rollback()
    took_ms = round((time.perf_counter() - started) * 1000)
    broken = [finding for finding in findings if finding.count]
    rules = [kept(each, since=before.get(each.check.name) or now.isoformat()) for each in broken]
    with transaction() as session:
        session.add(
            BookCheck(
                id=new_id(),
                day=zone().day_of(now),
                checked_at=now,
                asked_by=asked_by,
                claims=len(findings),
                broken=len(broken),
                found=json.dumps({"took_ms": took_ms, "rules": rules}, ensure_ascii=False),
            )
        )
        session.flush()
        if broken:
            outbox.emit(session, "finance", "book.broken", {"claims": len(broken)}, now=now)
    return f"{len(findings)} checks, {len(broken)} broken"
