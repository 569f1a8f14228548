"""平台故障: windows on record, what each excused, and the form that shows the effect before it is had."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

from gig.core import tunables
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid
from gig.core.text import N_
from gig.dispatch.outages import operations, queries
from gig.dispatch.outages.values import MOST_MINUTES
from gig.identity.access import actor_id, allow, may
from gig.payouts.settlement.values import zone
from gig.web.telling import Answer, Faults, said

pages = Blueprint("outages", __name__)
HERE = "/console/outages"
Window = tuple[dt.datetime, dt.datetime]


@pages.get(HERE)
@allow("operate", "settle")
def show() -> str:
    return _page({})


@pages.post(HERE)
@allow("operate")
def record() -> Answer:
    """The first press shows what the window would excuse; the second records it."""
    now = received_at()
    try:
        window = _window()
        if request.form.get("do") != "record":
            faults = operations.window_faults(db.session(), *window, now)
            if faults:
                raise Invalid(faults)
            return _page({}, window)
        operations.record_outage(
            starts_at=window[0],
            ends_at=window[1],
            reason=request.form.get("reason", ""),
            actor_id=actor_id(),
            now=now,
        )
    except Invalid as error:
        return _page(said(error)), 422
    flash(_("已记录，正在逐个返还，会告诉每位客服。"))
    return redirect(HERE, code=303)


def _window() -> Window:
    """The typed wall-clock times of the business zone."""
    found, faults = {}, {}
    for name in ("from", "until"):
        try:
            wall = dt.datetime.fromisoformat(request.form.get(name, ""))
            found[name] = zone().instants_of(wall)[0] if wall.tzinfo is None else wall.astimezone(dt.UTC)
        except (ValueError, OverflowError):
            faults[name] = [N_("选一个日期和时间。")]
    if faults:
        raise Invalid({name: list(words) for name, words in faults.items()})
    return found["from"], found["until"]


def _page(errors: Faults, window: Window | None = None) -> str:
    session = db.session()
    given: Any = request.form
    return render_template(
        "dispatch/console/outages.html",
        rows=queries.recorded(session),
        preview=queries.preview(session, *window) if window else None,
        window=window,
        most=tunables.values(session)[MOST_MINUTES.name],
        zone_name=zone().name,
        errors=errors,
        given=given,
        ops=may("operate"),
    )
