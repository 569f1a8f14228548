"""The console's what-ifs of one card: asking, watching, and the list of who gains and who loses."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from gig.core.cells import plain
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.core.money import yuan
from gig.core.text import N_
from gig.identity.access import actor_id, allow
from gig.payouts.rates import queries as rates
from gig.payouts.whatif import queries
from gig.payouts.whatif.operations.asking import ask, cancel
from gig.payouts.whatif.operations.running import work
from gig.payouts.whatif.schemas import named, winners_and_losers
from gig.payouts.whatif.tally import read_tally
from gig.payouts.whatif.values import ON_A_PAGE_S
from gig.payouts.whatif.views import shown
from gig.web.filters import say
from gig.web.telling import said

blueprint = Blueprint(
    "whatif", __name__, template_folder="../templates", url_prefix="/console/rates/<id>/what-if"
)
PAGE = 50


@blueprint.get("")
@allow("operate")
def index(id: str) -> str:
    """The card's runs, and the form for another one."""
    return _page(id, None)


@blueprint.post("")
@allow("operate")
def start(id: str) -> AnyResponse | tuple[str, int]:
    """The question is asked; the page waits a moment for its answer and then shows how far it is."""
    try:
        since, until = _span()
        run_id = ask(card_id=id, since=since, until=until, actor_id=actor_id(), now=received_at())
    except Invalid as error:
        return _page(id, None, errors=said(error)), 422
    work(id=run_id, for_s=ON_A_PAGE_S, now=received_at())
    return redirect(url_for("whatif.show", id=id, run_id=run_id), code=303)


@blueprint.get("/<run_id>")
@allow("operate")
def show(id: str, run_id: str) -> str:
    """What the run found, or how far it is."""
    return _page(id, run_id)


@blueprint.post("/<run_id>/cancel")
@allow("operate")
def stop(id: str, run_id: str) -> AnyResponse:
    """Nobody works at it any more."""
    try:
        cancel(card_id=id, id=run_id, now=received_at())
        flash(_("已取消试算。"))
    except Refused as error:
        flash(say(error))
    return redirect(url_for("whatif.show", id=id, run_id=run_id), code=303)


@blueprint.get("/<run_id>/agents.csv")
@allow("operate")
def agents(id: str, run_id: str) -> Response:
    """Everybody whose pay would have been another, as a file."""
    session = db.session()
    run = queries.one(session, id, run_id)
    up, down = winners_and_losers(read_tally(run.tally))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("客服"), _("客服编号"), _("原来（元）"), _("试算（元）"), _("变化（元）")])
    everyone = [*down, *up]
    for start in range(0, len(everyone), 500):
        for person in named(session, run, everyone[start : start + 500]).values():
            amounts = [yuan(person[name]) for name in ("old_fen", "new_fen", "change_fen")]
            writer.writerow([plain(person["name"]), person["agent_id"], *amounts])
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="what-if-{run_id}.csv"'
    return answer


def _span() -> tuple[dt.datetime, dt.datetime]:
    """The days of the form, as instants: from the first one's midnight to the last one's end."""
    days, errors = {}, {}
    for field in ("from", "to"):
        try:
            days[field] = dt.date.fromisoformat(request.form.get(field, ""))
        except ValueError:
            errors[field] = [N_("选一个日期。")]
    if errors:
        raise Invalid(dict(errors))
    if days["to"] < days["from"]:
        raise Invalid({"to": [N_("结束要在开始之后。")]})
    try:
        since, until = shown.zone().span(days["from"], days["to"] + dt.timedelta(days=1))
    except OverflowError as error:
        raise Invalid({"to": [N_("选一个日期。")]}) from error
    return since, min(until, received_at()) if days["to"] == shown.zone().day_of(received_at()) else until


def _page(id: str, run_id: str | None, **state: Any) -> str:
    session = db.session()
    version = rates.version(session, id)
    run = queries.one(session, id, run_id) if run_id else None
    first, last = shown.last_week(received_at())
    people, pages = _people(run) if run and run.state == "done" else ([], {})
    return render_template(
        "whatif/page.html",
        version=version,
        run=run,
        runs=queries.of_card(session, id),
        found=shown.found(session, run) if run and run.state == "done" else None,
        people=people,
        given={"from": request.form.get("from") or first, "to": request.form.get("to") or last},
        **{"errors": {}, **pages, **state},
    )


def _people(run: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """One page of the list: those who lose first, then those who gain."""
    up, down = winners_and_losers(read_tally(run.tally))
    everyone = {"down": down, "up": up}.get(request.args.get("who", ""), [*down, *up])
    start = max(0, request.args.get("start", 0, type=int))
    some = everyone[start : start + PAGE]
    here = {"id": run.card_id, "run_id": run.id, "who": request.args.get("who")}
    return list(named(db.session(), run, some).values()), {
        "first": start + 1 if some else 0,
        "last": start + len(some),
        "count": len(everyone),
        "previous_url": url_for("whatif.show", **here, start=start - PAGE) if start >= PAGE else "",
        "next_url": url_for("whatif.show", **here, start=start + PAGE)
        if start + PAGE < len(everyone)
        else "",
    }
