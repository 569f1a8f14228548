"""The console's holidays: a year at a time, corrected by ops."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gig.core.businesstime import business_zone
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid
from gig.core.text import N_
from gig.identity.access import actor_id, allow
from gig.payouts.holidays import queries
from gig.payouts.holidays.operations import forget_day, set_day
from gig.payouts.rates.queries import business_zone_name
from gig.web.telling import said

blueprint = Blueprint("holidays", __name__, template_folder="templates", url_prefix="/console/holidays")


@blueprint.get("")
@allow("operate")
def index() -> str:
    """One year's days that are not just their weekday."""
    return _page({})


@blueprint.post("")
@allow("operate")
def change() -> Response | tuple[str, int]:
    """A day is set by hand."""
    form = request.form
    try:
        day = _day(form.get("day", ""))
        set_day(
            day=day,
            kind=form.get("kind", ""),
            name=form.get("name", ""),
            reason=form.get("reason", ""),
            actor_id=actor_id(),
            now=received_at(),
        )
    except Invalid as error:
        return _page(said(error)), 422
    flash(_("已保存。已有的费率卡不变，新填日期时按它。"))
    return redirect(url_for("holidays.index", year=day.year), code=303)


@blueprint.post("/forget")
@allow("operate")
def forget() -> Response:
    """A day is again what the calendar says."""
    day = _day(request.form.get("day", ""))
    forget_day(day=day, actor_id=actor_id(), now=received_at())
    flash(_("已恢复为日历上的。"))
    return redirect(url_for("holidays.index", year=day.year), code=303)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Invalid({"day": [N_("选一个日期。")]}) from error


def _page(errors: dict[str, list[str]]) -> str:
    this = business_zone(business_zone_name()).day_of(received_at()).year
    number = request.args.get("year", this, type=int)
    number = number if 2000 <= number <= 2100 else this
    return render_template(
        "holidays/page.html",
        year=queries.year(db.session(), number),
        years=range(this - 1, this + 3),
        given=request.form,
        errors=errors,
    )
