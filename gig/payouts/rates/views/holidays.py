"""Fills the editor's dates from the table of holidays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from gig.core.db import db
from gig.payouts.holidays import queries
from gig.payouts.rates.views.form import DATE_BAND, CardForm, Row

LIKE = ("sun", "sat", "mon")
OWN = "own"


def fill(form: CardForm, given: Mapping[str, str], today: dt.date) -> tuple[str, str]:
    """The year's coming holidays are dates of the form, with the hours that were asked for; and what to say.

    A worked weekend gets the hours of a Monday. Dates that stand in the form already stay as they are.
    """
    number = given.get("hol-year", "")
    year = queries.year(db.session(), int(number) if number.isdecimal() and len(number) == 4 else today.year)
    if not year.in_calendar and not year.days:
        words = _(
            "%(y)s 年的节假日还没有数据，一天也没有填：这一年按星期几计价。可以先到节假日表里补上。",
            y=year.year,
        )
        return "w", words
    known = {row["date"] for row in form.tables["dates"]}
    coming = [day for day in year.days if day.day > today and day.day.isoformat() not in known]
    added = [(day, _hours(form, given, day)) for day in coming if day.kind in ("off", "work")]
    rows = [{"date": day.day.isoformat(), "bands": hours} for day, hours in added]
    form.tables["dates"] = sorted([*form.tables["dates"], *rows], key=lambda row: str(row["date"]))
    if not year.in_calendar:
        words = ngettext(
            "%(y)s 年的节假日还没有数据，只填了手工定的 %(n)s 天，还没有保存；其余的日子按星期几计价。",
            "%(y)s 年的节假日还没有数据，只填了手工定的 %(n)s 天，还没有保存；其余的日子按星期几计价。",
            len(added),
            y=year.year,
            n=len(added),
        )
        return "w", words
    if not added:
        return "", _("%(y)s 年没有还要填的节假日。", y=year.year)
    return "g", ngettext(
        "填入了 %(n)s 天，还没有保存。", "填入了 %(n)s 天，还没有保存。", len(added), n=len(added)
    )


def _hours(form: CardForm, given: Mapping[str, str], day: queries.Day) -> list[Row]:
    like = given.get("hol-like", "sun") if day.kind == "off" else "mon"
    if like == OWN:
        own = {name: given.get(f"hol-{name}", "").strip() for name in ("from", "to", "times")}
        return [{**DATE_BAND, **own, "name": day.name}]
    like = like if like in LIKE else "sun"
    return [{name: band[name] for name in DATE_BAND} for band in form.tables["bands"] if like in band["days"]]


def years(today: dt.date) -> list[dict[str, Any]]:
    """This year and the next, whether the calendar has their holidays, and how many days were set by hand."""
    found = (queries.year(db.session(), number) for number in (today.year, today.year + 1))
    return [
        {"year": each.year, "known": each.in_calendar, "by_hand": sum(day.by_hand for day in each.days)}
        for each in found
    ]
