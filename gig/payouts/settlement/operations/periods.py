"""Which period an instant belongs to, and which one takes a posting.

Periods follow each other without a gap: a new one starts where the newest ended, on the kind then in
force, so a change of kind makes a stub up to the next boundary.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gig.core.businesstime import PeriodKind, period_end, period_start
from gig.core.db import Instant, is_sqlite
from gig.core.prepared import Prepared
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.values import kind_in_force, zone


def ensure_period(session: Session, instant: dt.datetime, *, now: dt.datetime | None = None) -> Period:
    """The period that contains the instant exists, and so do all between it and the newest before it.

    Periods that follow closed ones are never put in front of them: for an instant before all periods,
    once the first of them is no longer open, the answer is that first period.
    """
    found = _containing(session, instant)
    if found is not None:
        return found
    first = session.scalars(sa.select(Period).order_by(Period.starts_at).limit(1)).first()
    if first is not None and instant < first.starts_at and first.state != "open":
        return first
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    rows = list(_missing(session, instant, first, now=now or instant))
    if rows:  # another process may have made them since we looked
        session.execute(insert(Period).values(rows).on_conflict_do_nothing())
    made = _containing(session, instant)
    if made is None:
        raise RuntimeError(f"no period contains {instant}")
    return made


def posting_period(session: Session, at: dt.datetime, now: dt.datetime) -> tuple[str, str | None]:
    """(the period that takes a posting of the instant `at`, the closed one that it belonged to or None).

    The row is share-locked: a close that begins meanwhile waits until this transaction has ended, and
    one that has begun sends the posting to the next open period.
    """
    named: str | None = None
    while True:
        row = _LOCK_CONTAINING.first(session, {"instant": at})
        if row is None:
            period = ensure_period(session, at, now=now)
            row = _LOCK_CONTAINING.first(session, {"instant": max(at, period.starts_at)})
            if row is None:
                raise RuntimeError(f"no period contains {at}")
        if row.state == "open":
            return row.id, named
        named = named or row.id
        at = row.ends_at


def _containing(session: Session, instant: dt.datetime) -> Period | None:
    query = sa.select(Period).where(Period.starts_at <= instant, Period.ends_at > instant)
    return session.scalars(query.execution_options(populate_existing=True)).first()


_INSTANT = sa.bindparam("instant", type_=Instant())
_LOCK_CONTAINING = Prepared(
    sa.select(Period.id, Period.state, Period.ends_at)
    .where(Period.starts_at <= _INSTANT, Period.ends_at > _INSTANT)
    .limit(sa.literal_column("1"))
    .with_for_update(read=True)
)


def _missing(
    session: Session, instant: dt.datetime, first: Period | None, *, now: dt.datetime
) -> Iterator[dict[str, object]]:
    kind = kind_in_force(session)
    day = zone().day_of(instant)
    if first is None:
        yield _row(kind, period_start(kind, day), period_end(kind, day), now=now)
        return
    if instant < first.starts_at:
        end = min(period_end(kind, day), first.first_day)
        yield _row(kind, period_start(kind, day), end, now=now)
        while end < first.first_day:
            following = min(period_end(kind, end), first.first_day)
            yield _row(kind, end, following, now=now)
            end = following
        return
    newest = session.scalars(sa.select(Period).order_by(Period.starts_at.desc()).limit(1)).one()
    start, starts_at = newest.end_day, newest.ends_at
    while starts_at <= instant:
        end = period_end(kind, start)
        yield {**_row(kind, start, end, now=now), "starts_at": starts_at}
        start, starts_at = end, zone().start_of_day(end)


def _row(kind: PeriodKind, first_day: dt.date, end_day: dt.date, *, now: dt.datetime) -> dict[str, object]:
    starts_at, ends_at = zone().span(first_day, end_day)
    return {
        "id": f"{kind.value}-{first_day.isoformat()}",
        "kind": kind.value,
        "first_day": first_day,
        "end_day": end_day,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "state": "open",
        "close_no": 0,
        "created_at": now,
    }
