"""临时加成: more on one queue for a while, as long as its budget lasts."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

from gig.core import tunables
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.core.money import parse_yuan
from gig.core.text import N_
from gig.dispatch.operations import surges as operations
from gig.dispatch.queries import surges
from gig.dispatch.queries.queues import slugs_in_use
from gig.identity.access import actor_id, allow, may
from gig.payouts.surges.values import MOST_BUDGET, MOST_MINUTES, MOST_PERCENT
from gig.web.filters import say
from gig.web.names import called
from gig.web.telling import Answer, Faults, done, said

pages = Blueprint("surges", __name__)
HERE = "/console/surges"


@pages.get(HERE)
@allow("operate", "settle")
def show() -> str:
    """What is in force, what was, what each promised and paid; the form to begin one."""
    return _page({})


@pages.post(HERE)
@allow("operate")
def begin() -> Answer:
    """The queue pays more from now on."""
    form = request.form
    try:
        operations.begin_surge(
            queue=form.get("queue", ""),
            percent=_whole("percent"),
            minutes=_whole("minutes"),
            budget_fen=_budget(),
            reason=form.get("reason", ""),
            actor_id=actor_id(),
            now=received_at(),
        )
    except Invalid as error:
        return _page(said(error)), 422
    except Refused as error:
        return _page({"queue": [say(error)]}), 409
    flash(_("加成开始了，之后抢到的按它计价。"))
    return redirect(HERE, code=303)


@pages.post(f"{HERE}/<id>/end")
@allow("operate")
def end(id: str) -> Answer:
    """The next clock does not get it."""
    reason = request.form.get("reason", "")
    return done(
        HERE,
        lambda: operations.end_surge(id=id, reason=reason, actor_id=actor_id(), now=received_at()),
        _("已结束。已经抢到的仍按说好的价付。"),
    )


def _whole(name: str) -> int:
    text = request.form.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise Invalid({name: [N_("要填整数。")]})
    return int(text)


def _budget() -> int:
    try:
        return parse_yuan(request.form.get("budget", ""))
    except ValueError as error:
        raise Invalid({"budget": [str(error)]}) from error


def _page(errors: Faults) -> str:
    session, now = db.session(), received_at()
    numbers = tunables.values(session)
    given = request.form or {"queue": request.args.get("queue", ""), "percent": "50", "minutes": "60"}
    return render_template(
        "dispatch/console/surges.html",
        rows=surges.rows(session, now),
        queues=[(slug, called(slug, "queue")) for slug in slugs_in_use(session)],
        bounds={
            "percent": numbers[MOST_PERCENT.name],
            "minutes": numbers[MOST_MINUTES.name],
            "budget": numbers[MOST_BUDGET.name],
        },
        errors=errors,
        given=given,
        ops=may("operate"),
    )
