"""改派: who could take a customer over, and the one press that hands them on."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _

from gig.core import tunables
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import is_id
from gig.dispatch.models import Inquiry, TurnQuote
from gig.dispatch.operations.reassignment import reassign
from gig.dispatch.queries.candidates import candidates
from gig.dispatch.views import shown
from gig.identity.access import actor_id, allow
from gig.identity.models import Person
from gig.web.filters import say
from gig.web.telling import Answer, Faults, done, said

pages = Blueprint("reassign", __name__)
WALL = "/console/live"
HERE = f"{WALL}/inquiries/<inquiry_id>/reassignment"


@pages.get(HERE)
@allow("operate")
def show(inquiry_id: str) -> str:
    """Who has it, how long they have left, and who is free."""
    return _page(inquiry_id, {})


@pages.post(HERE)
@allow("operate")
def hand_on(inquiry_id: str) -> Answer:
    """Another agent has it to themself for a while; the best one from the wall, or the one chosen here."""
    form = request.form

    def act() -> None:
        reassign(
            inquiry_id=inquiry_id,
            to_agent_id=form.get("agent") or None,
            reason=form.get("reason", ""),
            actor_id=actor_id(),
            now=received_at(),
        )

    if form.get("from") == "wall":
        return done(WALL, act, _("已改派，原来的客服不受影响。"))
    try:
        act()
    except Invalid as error:
        return _page(inquiry_id, said(error)), 422
    except Refused as error:
        return _page(inquiry_id, {"agent": [say(error)]}), 409
    return redirect(WALL, code=303)


def _page(inquiry_id: str, errors: Faults) -> str:
    session, now = db.session(), received_at()
    inquiry = session.get(Inquiry, inquiry_id, populate_existing=True) if is_id(inquiry_id) else None
    if inquiry is None:
        raise NotFound
    quote = session.get(TurnQuote, (inquiry.open_turn_id, inquiry.owner_id)) if inquiry.owner_id else None
    owner = session.get(Person, inquiry.owner_id) if inquiry.owner_id else None
    numbers = tunables.values(session)
    waits = inquiry.open_turn_id is not None
    return render_template(
        "dispatch/console/reassign.html",
        inquiry=inquiry,
        quote=quote,
        left_s=shown.seconds_left(quote.deadline_at, now) if quote else None,
        owner=owner,
        able=candidates(session, inquiry, numbers, now) if waits else [],
        waits=waits,
        reserve_s=numbers["reassign_s"],
        errors=errors,
        given=request.form,
    )
