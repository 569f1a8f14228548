"""Reading holidays: the calendar, corrected by what was set by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.identity.models import Person
from gig.payouts.holidays import calendar
from gig.payouts.holidays.models import HolidayChange


@dataclass(frozen=True)
class Day:
    """One day that is not just its weekday. `by_hand`: ops set it, with a reason, over the calendar."""

    day: dt.date
    kind: str
    name: str
    by_hand: bool = False
    reason: str = ""
    who: str = ""


@dataclass(frozen=True)
class Year:
    """The days of a year. One that is not in the calendar has no days but those that were set by hand."""

    year: int
    in_calendar: bool
    days: tuple[Day, ...]

    def of_kind(self, kind: str) -> list[Day]:
        return [day for day in self.days if day.kind == kind]


def year(session: Session, number: int) -> Year:
    """The year's holidays, in order."""
    found = {day: Day(day, kind, name) for day, (kind, name) in calendar.days(number).items()}
    rows = session.execute(
        sa.select(HolidayChange, Person.name)
        .outerjoin(Person, Person.id == HolidayChange.changed_by)
        .where(HolidayChange.day >= dt.date(number, 1, 1), HolidayChange.day <= dt.date(number, 12, 31))
    )
    for change, who in rows:
        found[change.day] = Day(
            change.day, change.kind, change.name, by_hand=True, reason=change.reason, who=who or ""
        )
    return Year(number, number in calendar.years(), tuple(found[day] for day in sorted(found)))
