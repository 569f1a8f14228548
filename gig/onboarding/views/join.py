"""The applicant's phone: fill in, hand in, follow what becomes of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.masks import mask_name, mask_resident_id
from gig.identity.access import actor_id, allow
from gig.identity.limits import limited
from gig.onboarding import queries
from gig.onboarding.models import Application
from gig.onboarding.operations.applications import latest, live, read_own_photo, save_draft, submit
from gig.onboarding.photos import MAX_BYTES, MEDIA_TYPE
from gig.onboarding.values import SIDE_NAMES, SIDES, Side
from gig.web.filters import say
from gig.web.telling import said

pages = Blueprint("join", __name__, template_folder="../templates")

STATUS, FORM = "/agent/join", "/agent/join/id"


@pages.get(STATUS)
@allow("work")
def status() -> AnyResponse | str:
    """Where the application stands; someone who has handed nothing in is sent to the form."""
    session = db.session()
    application = latest(session, actor_id())
    if application is None or application.state == "draft":
        return redirect(FORM)
    return render_template(
        "onboarding/status.html",
        application=application,
        steps=steps(application),
        ahead=queries.people_ahead(session, application) if application.state == "submitted" else 0,
        usual_s=queries.usual_wait_s(session),
        retake=[_(SIDE_NAMES[side]) for side in SIDES if side in application.retake.split(",")],
    )


@pages.get(FORM)
@allow("work")
def form() -> AnyResponse | str:
    application = live(db.session(), actor_id())
    if application is not None and application.state != "draft":
        return redirect(STATUS)
    return _form({})


@pages.post(FORM)
@allow("work")
@limited("photos", most=60, per_s=600)
def fill() -> AnyResponse | tuple[str, int]:
    """Everything sound is saved; with `do=submit` it is handed in when nothing is missing."""
    given = request.form
    try:
        faults = save_draft(
            person_id=actor_id(),
            name=given.get("name", ""),
            number=given.get("number", ""),
            photos=_photos(),
            now=received_at(),
        )
        if not faults and given.get("do") == "submit":
            submit(person_id=actor_id(), consent=given.get("consent") == "1", now=received_at())
            return redirect(STATUS, code=303)
    except Invalid as invalid:
        return _form(said(invalid)), 422
    except Refused as refused:
        return _refused(refused)
    return (_form(said(Invalid(faults))), 422) if faults else redirect(FORM, code=303)


def _refused(refused: Refused) -> AnyResponse | tuple[str, int]:
    """A second press finds the application handed in; a number that is taken is a fault of that field."""
    if refused.slug == "number-taken":
        return _form({"number": [say(refused)]}), 409
    flash(say(refused))
    return redirect(STATUS, code=303)


@pages.get("/agent/join/photos/<side>")
@allow("work")
def own_photo(side: str) -> Response:
    return photo_response(read_own_photo(person_id=actor_id(), side=side_of(side), now=received_at()))


def side_of(text: str) -> Side:
    for side in SIDES:
        if side == text:
            return side
    raise NotFound


def photo_response(content: bytes) -> Response:
    """The picture, for this reader and this moment only."""
    headers = {"Cache-Control": "no-store, private", "Content-Disposition": "inline; filename=photo.webp"}
    return Response(content, mimetype=MEDIA_TYPE, headers=headers)


def steps(application: Application | None) -> list[dict[str, str]]:
    passed = application is not None and application.state == "approved"
    return [
        {"label": _("手机号"), "state": "done"},
        {"label": _("实名"), "state": "done" if passed else "on"},
        {"label": _("收款"), "state": "on" if passed else "todo"},
        {"label": _("上岗"), "state": "todo"},
    ]


def _photos() -> dict[Side, bytes]:
    """What was chosen now, of the two sides."""
    found: dict[Side, bytes] = {}
    for side in SIDES:
        file = request.files.get(side)
        if file and file.filename:
            found[side] = file.read()
            file.close()
    return found


def _form(errors: dict[str, list[str]]) -> str:
    session, person = db.session(), actor_id()
    draft, before = live(session, person), latest(session, person)
    saved = draft or before
    rejected = before if before is not None and before.state == "rejected" else None
    if draft is not None:
        rejected = queries.last_rejection(session, person)
    retake = rejected.retake.split(",") if rejected else []
    shown: Any = {
        side: {
            "label": _(SIDE_NAMES[side]),
            "done": bool(saved and saved.photo(side)) and not (draft is None and side in retake),
            "again": side in retake and not (draft and draft.photo(side)),
            "errors": errors.get(side, []),
        }
        for side in SIDES
    }
    name = saved.legal_name if saved else None
    number = saved.id_number if saved else None
    return render_template(
        "onboarding/form.html",
        steps=steps(None),
        photos=shown,
        name=mask_name(name) if name else "",
        number=mask_resident_id(number) if number else "",
        typed=request.form,
        errors=errors,
        rejected=rejected,
        missing=sum(not shown[side]["done"] for side in SIDES) + (not name) + (not number) + 1,
        max_mb=MAX_BYTES // 1024 // 1024,
    )
