"""Setting a day by hand, and going back to what the calendar says."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from gig.core import audit
from gig.core.db import transaction
from gig.core.errors import Errors, Invalid
from gig.core.text import N_
from gig.payouts.holidays.models import HolidayChange

OBJECT = "holiday"
KINDS = ("off", "work", "plain")
NAME_MOST, REASON_MOST = 30, 200


def set_day(
    *, day: dt.date, kind: str, name: str, reason: str, actor_id: str | None, now: dt.datetime
) -> None:
    """The day is what was said, whatever the calendar says. Cards keep the dates that they name."""
    name, reason = name.strip(), reason.strip()
    faults: Errors = {}
    if kind not in KINDS:
        faults["kind"] = [N_("选休息、上班或普通。")]
    if len(name) > NAME_MOST or (kind != "plain" and not name):
        faults["name"] = [N_("写名称，最多 30 个字，例如 中秋。")]
    if not reason or len(reason) > REASON_MOST:
        faults["reason"] = [N_("写明依据，最多 200 个字，例如 国务院通知的文号。")]
    if not 2000 <= day.year <= 2100:
        faults["day"] = [N_("日期要在 2000 到 2100 年之间。")]
    if faults:
        raise Invalid(faults)
    with transaction() as session:
        session.merge(
            HolidayChange(day=day, kind=kind, name=name, reason=reason, changed_by=actor_id, changed_at=now)
        )
        session.flush()
        audit.note(
            session,
            actor_id=actor_id,
            action="holiday.set",
            object_type=OBJECT,
            object_id=day.isoformat(),
            reason=reason,
            detail={"kind": kind, "name": name},
            now=now,
        )


def forget_day(*, day: dt.date, actor_id: str | None, now: dt.datetime) -> None:
    """The day is what the calendar says; the log remembers what it was."""
    with transaction() as session:
        session.execute(sa.delete(HolidayChange).where(HolidayChange.day == day))
        audit.note(
            session,
            actor_id=actor_id,
            action="holiday.forget",
            object_type=OBJECT,
            object_id=day.isoformat(),
            now=now,
        )
