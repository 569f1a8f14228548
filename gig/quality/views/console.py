"""申诉 at the reviewers' desk: what waits, what the server knows of it, and the ruling."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gig.api import mark, read_mark
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.core.money import parse_yuan
from gig.identity.access import actor_id, allow
from gig.payouts.settlement import shown as settlement
from gig.payouts.settlement.lists import open_period_at
from gig.quality.operations.deciding import Ruling, decide
from gig.quality.queries import desk
from gig.quality.rules.deadlines import clock
from gig.quality.values import CAUSES, REPLY_MOST
from gig.quality.views import shown
from gig.web.filters import say, yuan
from gig.web.telling import Answer, said

pages = Blueprint("appeals_desk", __name__, template_folder="../templates")

HERE = "/console/appeals"
Errors = dict[str, list[str]]


@pages.get(HERE)
@allow("review")
def show() -> str:
    """What waits, what is due first on top; or what was decided, the newest first."""
    session, now = db.session(), received_at()
    decided = request.args.get("decided") == "1"
    cursor = read_mark(request.args.get("after"), dt.datetime, str)
    limit = desk.PAGE + 1
    rows = (
        desk.decided_rows(session, before=cursor, limit=limit)
        if decided
        else desk.open_rows(session, after=cursor, limit=limit)
    )
    last = rows[desk.PAGE - 1].appeal if len(rows) > desk.PAGE else None
    return render_template(
        "quality/console/appeals.html",
        rows=rows[: desk.PAGE],
        further=mark(last.decided_at or last.due_at, last.id) if last else None,
        decided=decided,
        overdue=0 if decided else desk.overdue(session, now),
        clock=lambda appeal: clock(appeal.due_at, now),
        shown=shown,
    )


@pages.get(f"{HERE}/ring")
@allow("review")
def ring() -> str:
    """The toast of a console page that has just heard of an overdue one."""
    return render_template("quality/console/_ring.html", url=HERE)


@pages.get(f"{HERE}/<id>")
@allow("review")
def show_one(id: str) -> str:
    return _one(id, {})


@pages.post(f"{HERE}/<id>/ruling")
@allow("review")
def rule(id: str) -> Answer:
    """The appeal is decided, once; the agent is told."""
    try:
        fen = decide(appeal_id=id, ruling=_ruling(), actor_id=actor_id(), now=received_at())
    except Invalid as error:
        return _one(id, said(error)), 422
    except Refused as error:
        flash(say(error))
        return redirect(url_for("appeals_desk.show_one", id=id), code=303)
    flash(
        _("已裁定，返还 %(yuan)s，客服已收到回复。", yuan=yuan(fen)) if fen else _("已裁定，客服已收到回复。")
    )
    return redirect(url_for("appeals_desk.show_one", id=id), code=303)


def _ruling() -> Ruling:
    form = request.form
    try:
        part = parse_yuan(form.get("part", "")) if form.get("verdict") == "partly" else None
    except ValueError as error:
        raise Invalid({"part": [str(error)]}) from error
    return Ruling(
        verdict=form.get("verdict", ""),
        cause=form.get("cause", ""),
        reply=form.get("reply", ""),
        part_fen=part,
        strike=form.get("strike") == "1",
    )


def _stated(left_fen: int) -> int:
    """What the entry would say: the part that the form states, if it can be; else all that is left."""
    if request.form.get("verdict") != "partly":
        return left_fen
    try:
        part = parse_yuan(request.form.get("part", ""))
    except ValueError:
        return left_fen
    return part if 0 < part < left_fen else left_fen


def _one(id: str, errors: Errors) -> str:
    session, now = db.session(), received_at()
    case = desk.case(session, id, now)
    beside = desk.open_rows(session, limit=desk.BESIDE)
    following = next((row.appeal.id for row in beside if row.appeal.id != id), None)
    period = open_period_at(session, now)
    context: dict[str, Any] = {
        "case": case,
        "appeal": case.appeal,
        "clock": clock(case.appeal.due_at, now),
        "clock_of": lambda appeal: clock(appeal.due_at, now),
        "beside": beside,
        "waiting": desk.waiting(session),
        "following": following,
        "record": shown.record(case.record),
        "joined_days": max((now - case.agent.created_at).days, 0),
        "match": shown.matched(case),
        "bar": shown.timeline(case.turn) if case.turn else None,
        "moments": shown.moments(case.turn) if case.turn else [],
        "posted_in": settlement.title(period) if period else "",
        "own": actor_id() == case.appeal.imposed_by,
        "causes": CAUSES,
        "most": REPLY_MOST,
        "errors": errors,
        "form": request.form,
        "stated_fen": _stated(case.left_fen),
        "shown": shown,
    }
    return render_template("quality/console/appeal.html", **context)
