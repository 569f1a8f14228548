"""申诉 on an agent's phone: what can be appealed and until when, the appeal, and what came of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, NotFound, Refused
from gig.identity.access import actor_id, allow
from gig.payouts.earnings.values import APPEAL_WITHIN, appeal_until
from gig.payouts.settlement import shown as settlement
from gig.payouts.settlement.models import Period
from gig.quality.operations.filing import file_appeal
from gig.quality.queries import appealable
from gig.quality.queries.outcome import returned_in
from gig.quality.rules.deadlines import clock
from gig.quality.values import CAUSES, TEXT_MOST
from gig.quality.views import shown
from gig.web.filters import say
from gig.web.telling import Answer

pages = Blueprint("appeals", __name__, template_folder="../templates")

HERE = "/agent/appeals"


@pages.get(HERE)
@allow("work")
def show() -> str:
    """What the last seven days, or a period that was asked for, hold against the agent; and the appeals."""
    session, now = db.session(), received_at()
    period = _period(request.args.get("period"))
    span = (period.starts_at, period.ends_at) if period else (now - APPEAL_WITHIN, now + dt.timedelta(days=1))
    found = appealable.held_against(session, actor_id(), *span)
    return render_template(
        "quality/appeals.html",
        rows=[(each, clock(appeal_until(each.event.at), now)) for each in found],
        appeals=[] if period else appealable.appeals_of(session, actor_id()),
        period=period,
        title=settlement.title(period) if period else "",
        clock=lambda appeal: clock(appeal.due_at, now),
        shown=shown,
    )


@pages.get(f"{HERE}/turns/<turn_id>")
@allow("work")
def of_turn(turn_id: str) -> Response:
    """From a reply to the appeal against what it lost."""
    event_id = appealable.event_of_turn(db.session(), turn_id, actor_id())
    return redirect(url_for("appeals.new", event_id=event_id), code=303)


@pages.get(f"{HERE}/new/<event_id>")
@allow("work")
def new(event_id: str) -> Answer:
    found = appealable.held(db.session(), event_id, actor_id())
    if found.appeal is not None:
        return redirect(url_for("appeals.show_one", id=found.appeal.id), code=303)
    return _form(found)


@pages.post(f"{HERE}/new/<event_id>")
@allow("work")
def put_down(event_id: str) -> Answer:
    """The appeal is filed; the page says until when it is decided."""
    text = request.form.get("text", "")
    try:
        id = file_appeal(event_id=event_id, agent_id=actor_id(), text=text, now=received_at())
    except (Invalid, Refused) as error:
        found = appealable.held(db.session(), event_id, actor_id())
        errors = error.errors if isinstance(error, Invalid) else {"text": [error]}
        said = {name: [say(each) for each in faults] for name, faults in errors.items()}
        return _form(found, text=text, errors=said), 422
    return redirect(url_for("appeals.show_one", id=id), code=303)


@pages.get(f"{HERE}/<id>")
@allow("work")
def show_one(id: str) -> str:
    """The agent's own appeal: its state, what is left of its time, the answer and the money."""
    session, now = db.session(), received_at()
    appeal = appealable.own(session, id, actor_id())
    return render_template(
        "quality/appeal.html",
        appeal=appeal,
        held=appealable.held(session, appeal.event_id, actor_id()),
        clock=clock(appeal.due_at, now),
        returned_in=returned_in(session, appeal) if appeal.returned_fen else None,
        period_title=settlement.title,
        causes=CAUSES,
        shown=shown,
    )


def _form(found: appealable.Held, *, text: str = "", errors: dict[str, list[str]] | None = None) -> str:
    context: dict[str, Any] = {
        "held": found,
        "clock": clock(appeal_until(found.event.at), received_at()),
        "text": text,
        "errors": errors or {},
        "most": TEXT_MOST,
        "shown": shown,
    }
    return render_template("quality/new.html", **context)


def _period(id: str | None) -> Period | None:
    if id is None:
        return None
    found = db.session.get(Period, id)
    if found is None:
        raise NotFound
    return found
