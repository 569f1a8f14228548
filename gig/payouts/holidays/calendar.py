"""The published calendar: days off and worked weekends of the years that are known."""

from __future__ import annotations

import datetime as dt
from functools import cache

from chinese_calendar import Holiday
from chinese_calendar.constants import holidays, workdays

_NAMES = {each.value: each.chinese for each in Holiday}


@cache
def years() -> range:
    """The years that it knows; the next one is published towards the end of the year before it."""
    known = {day.year for day in holidays}
    return range(min(known), max(known) + 1)


@cache
def days(year: int) -> dict[dt.date, tuple[str, str]]:
    """Day → (off or work, the feast's Chinese name); weekends that are only weekends are not there."""
    found = {day: ("off", _NAMES.get(name, name)) for day, name in holidays.items() if day.year == year}
    return found | {
        day: ("work", _NAMES.get(name, name)) for day, name in workdays.items() if day.year == year
    }
