"""The reviewer's desk: one application at a time, evidence in the middle, the decision at the right."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, NotFound
from gig.core.ids import is_id
from gig.identity.access import actor_id, allow, principal
from gig.onboarding import queries
from gig.onboarding.models import Application
from gig.onboarding.operations import reviews
from gig.onboarding.operations.applications import business_day
from gig.onboarding.values import LOCK, REASONS, SIDE_NAMES, SIDES
from gig.onboarding.views.join import photo_response, side_of
from gig.web.filters import date_time
from gig.web.telling import said

pages = Blueprint("review", __name__, template_folder="../templates")

DESK = "/console/review"
TABS = ("submitted", "rejected", "approved")


@pages.get(DESK)
@allow("review")
def desk() -> str:
    """The list; nothing is taken and nothing of any document is shown until one is opened."""
    return _desk(None)


@pages.get(f"{DESK}/<id>")
@allow("review")
def open_one(id: str) -> AnyResponse | str:
    """Opening an application takes it for ten minutes."""
    held = reviews.open_review(application_id=_id(id), actor_id=actor_id(), now=received_at())
    return _desk(id, held=held)


@pages.get(f"{DESK}/<id>/photos/<side>")
@allow("review")
def photo(id: str, side: str) -> Response:
    content = reviews.read_photo(
        application_id=_id(id), side=side_of(side), actor_id=actor_id(), now=received_at()
    )
    return photo_response(content)


@pages.post(f"{DESK}/<id>/reveal")
@allow("review")
def reveal(id: str) -> str | tuple[str, int]:
    """The whole number on this one page; the next page shows it masked again."""
    reason = request.form.get("reveal_reason", "")
    try:
        number = reviews.reveal_number(
            application_id=_id(id), actor_id=actor_id(), reason=reason, now=received_at()
        )
    except Invalid as invalid:
        return _desk(id, held=True, errors=said(invalid)), 422
    return _desk(id, held=True, number=number)


@pages.post(f"{DESK}/<id>/approval")
@allow("review")
def approve(id: str) -> AnyResponse:
    reviews.approve(application_id=_id(id), actor_id=actor_id(), now=received_at())
    flash(_("已通过，对方现在可以接单。"))
    return _next(id)


@pages.post(f"{DESK}/<id>/rejection")
@allow("review")
def reject(id: str) -> AnyResponse | tuple[str, int]:
    try:
        reviews.reject(
            application_id=_id(id),
            actor_id=actor_id(),
            code=request.form.get("code", ""),
            text=request.form.get("text", ""),
            retake=request.form.getlist("retake"),
            now=received_at(),
        )
    except Invalid as invalid:
        return _desk(id, held=True, errors=said(invalid)), 422
    flash(_("已退回，对方会看到你写的原因。"))
    return _next(id)


@pages.post(f"{DESK}/<id>/release")
@allow("review")
def release(id: str) -> AnyResponse:
    reviews.release_review(application_id=_id(id), actor_id=actor_id(), now=received_at())
    return redirect(DESK, code=303)


def _id(text: str) -> str:
    if not is_id(text):
        raise NotFound
    return text


def _next(after: str) -> AnyResponse:
    following = queries.next_waiting(db.session(), actor_id=actor_id(), now=received_at(), skip=after)
    return redirect(f"{DESK}/{following}" if following else DESK, code=303)


def _desk(
    id: str | None, *, held: bool = False, number: str = "", errors: dict[str, list[str]] | None = None
) -> str:
    session, now = db.session(), received_at()
    tab = request.args.get("state", "")
    application = session.get(Application, id, populate_existing=True) if id else None
    if application is not None and application.state in TABS:
        tab = application.state
    tab = tab if tab in TABS else "submitted"
    rows = queries.waiting(session, actor_id=actor_id(), now=now)
    shown = rows if tab == "submitted" else queries.decided(session, tab)
    return render_template(
        "onboarding/review.html",
        tab=tab,
        tabs=_tabs(tab, queries.count_waiting(session)),
        rows=shown,
        application=application,
        held=held,
        number=number,
        errors=errors or {},
        typed=request.form,
        facts=queries.facts(session, application, business_day(now)) if application and held else None,
        log=queries.log_of(session, application.id) if application else [],
        usual_s=queries.usual_wait_s(session),
        reasons=[{"code": code, "label": _(label)} for code, label in REASONS.items()],
        sides=[{"key": side, "label": _(SIDE_NAMES[side])} for side in SIDES],
        watermark=_("仅供应声实名核验 · %(name)s · %(time)s", name=principal().name, time=date_time(now)),
        lock_minutes=LOCK // dt.timedelta(minutes=1),
        **_view(),
        **_neighbours(shown, id),
    )


def _tabs(tab: str, count: int) -> list[dict[str, Any]]:
    labels = {
        "submitted": _("待审 %(n)s", n=count),
        "rejected": _("已退回"),
        "approved": _("已通过"),
    }
    return [{"label": labels[name], "url": f"{DESK}?state={name}", "on": name == tab} for name in TABS]


def _view() -> dict[str, Any]:
    """Which side is large, how it is turned, and whether it is enlarged; kept in the address."""
    side = request.args.get("side", "front")
    turn = request.args.get("turn", "0")
    return {
        "side": side if side in SIDES else "front",
        "turn": int(turn) % 4 if turn.isascii() and turn.isdigit() and len(turn) < 4 else 0,
        "zoom": request.args.get("zoom") == "1",
    }


def _neighbours(rows: list[queries.Row], id: str | None) -> dict[str, str]:
    ids = [row.id for row in rows]
    at = ids.index(id) if id in ids else -1
    following = ids[at + 1] if at + 1 < len(ids) else ""
    return {"previous_id": ids[at - 1] if at > 0 else "", "following_id": following}
