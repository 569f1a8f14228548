"""Finance: back pay for many replies at once, looked at before anything is posted."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, NotFound
from gig.core.ids import is_id, new_id
from gig.core.money import parse_yuan
from gig.core.text import N_
from gig.identity.access import actor_id, allow
from gig.payouts.adjustments import given, queries, shown
from gig.payouts.adjustments.models import BackPayRun
from gig.payouts.adjustments.operations import back_pay
from gig.payouts.adjustments.views.console import PAGE
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.settlement.shown import names
from gig.payouts.settlement.values import zone
from gig.web.telling import Faults, said, told

pages = Blueprint("back_pay", __name__, template_folder="../templates")


@pages.get("/console/back-pay")
@allow("settle")
def runs() -> str:
    """The newest runs, and the form for another."""
    return _list({})


def _list(errors: Faults) -> str:
    session = db.session()
    cards = session.scalars(
        sa.select(RateCardVersion)
        .where(RateCardVersion.state == "published")
        .order_by(RateCardVersion.valid_from.desc())
        .limit(50)
    ).all()
    newest = queries.runs(session)
    return render_template(
        "adjustments/runs.html",
        runs=newest,
        card_names=queries.card_names(session, newest),
        cards=[(card.id, card.name) for card in cards],
        shown=shown,
        form=request.form,
        errors=errors,
        new_id=new_id(),
        yesterday=zone().day_of(received_at()) - dt.timedelta(days=1),
    )


@pages.post("/console/back-pay")
@allow("settle")
def create() -> Response | tuple[str, int]:
    """A run begins to be counted; posted twice it is one. What is refused stays in the form."""
    try:
        id = _draft(request.form)
    except Invalid as error:
        faults = said(error)
        days = {"first_day": faults.pop("span")} if "span" in faults else {}
        return _list(days | faults), 422
    return redirect(url_for("back_pay.run", run_id=id), code=303)


def _draft(form: MultiDict[str, str]) -> str:
    return back_pay.draft_run(
        first_day=_day(form.get("first_day", "")),
        last_day=_day(form.get("last_day", "")),
        mode=form.get("mode", ""),
        figure=_figure(form.get("mode", ""), form.get("figure", "")),
        card_id=form.get("card") or None,
        reason=form.get("reason", ""),
        evidence=form.get("evidence", ""),
        id=form["id"] if is_id(form.get("id", "")) else None,
        actor_id=actor_id(),
        now=received_at(),
    )


@pages.get("/console/back-pay/<run_id>")
@allow("settle")
def run(run_id: str) -> str:
    """One run: what it pays each agent, before and after it is posted."""
    session = db.session()
    found = session.get(BackPayRun, run_id) if is_id(run_id) else None
    if found is None:
        raise NotFound()
    before = request.args.get("before", "")
    earlier = given.earlier(session, found) if found.state == "ready" else []
    rows = queries.adjustments(session, run_id=run_id, before=before if is_id(before) else "", limit=PAGE + 1)
    return render_template(
        "adjustments/run.html",
        run=found,
        last_day=found.end_day - dt.timedelta(days=1),
        counted=queries.counted(session, run_id),
        rows=rows[:PAGE],
        earlier=earlier,
        card_names=queries.card_names(session, [found, *(each.run for each in earlier)]),
        on_top={each.run.id for each in given.to_confirm(found, earlier)},
        outdated_by=given.overtook(session, found) if found.state == "ready" else None,
        more=rows[PAGE - 1].adjustment.id if len(rows) > PAGE else None,
        shown=shown,
        names=names(session, found.maker_id, found.approved_by),
        me=actor_id(),
    )


@pages.post("/console/back-pay/<run_id>/start")
@allow("settle")
def start(run_id: str) -> Response:
    """The run is posted; `seen` are the runs over its days on top of which it pays."""
    seen = request.form.getlist("seen")
    told(lambda: back_pay.start_run(run_id=run_id, seen=seen, actor_id=actor_id(), now=received_at()))
    return redirect(url_for("back_pay.run", run_id=run_id), code=303)


@pages.post("/console/back-pay/<run_id>/cancel")
@allow("settle")
def cancel(run_id: str) -> Response:
    told(lambda: back_pay.cancel_run(run_id=run_id, actor_id=actor_id(), now=received_at()))
    return redirect(url_for("back_pay.run", run_id=run_id), code=303)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Invalid({"span": [N_("日期要写成 2026-11-26 这样。")]}) from error


def _figure(mode: str, text: str) -> int | None:
    """Fen for a fixed amount, percent for a share; what cannot be read is left to the rules to refuse."""
    if mode == "fixed":
        try:
            return parse_yuan(text)
        except ValueError as error:
            raise Invalid({"figure": [str(error)]}) from error
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 5 else None
