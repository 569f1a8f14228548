"""派单 on the agent's pages: the sheet, the answer to it, the published order, and why not me."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from gig.core import tunables
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Refused
from gig.dispatch.operations import offers as operations
from gig.dispatch.queries import offers, why_offers
from gig.dispatch.views import offers_shown, shown
from gig.dispatch.views.pages_feed import expected, go_to
from gig.identity.access import actor_id, allow
from gig.identity.models import Agent
from gig.web.filters import say
from gig.web.names import called

pages = Blueprint("offers", __name__)


@pages.get("/agent/offers")
@allow("work")
def show() -> str:
    """The published order with the agent's own figures, and how their last offers ended."""
    session, now = db.session(), received_at()
    agent = session.get_one(Agent, actor_id(), populate_existing=True)
    numbers = tunables.values(session)
    zone = current_app.config["GIG_TIMEZONE"]
    return render_template(
        "dispatch/offers.html",
        numbers=numbers,
        order=offers_shown.order(why_offers.figures(session, agent, numbers, now), now),
        left=offers.free_refusals_left(session, agent.id, numbers, zone, now),
        rows=[offers_shown.past(*row) for row in offers.recent(session, agent.id)],
    )


@pages.get("/agent/offers/live")
@allow("work")
def live() -> str:
    """The sheet of the live offer, or its bar where the agent writes; nothing when there is none."""
    return render_template("dispatch/_offer.html", offer=_sheet(), bar="bar" in request.args)


@pages.post("/agent/offers/<offer_id>/acceptance")
@allow("work")
def accept(offer_id: str) -> AnyResponse:
    """The inquiry is the agent's and its conversation opens; or why not."""
    try:
        claimed = operations.accept(
            offer_id=offer_id, agent_id=actor_id(), expected_gross_fen=expected(), now=received_at()
        )
    except Refused as refused:
        flash(say(refused))
        return redirect(url_for("dispatch.feed.show"), code=303)
    return go_to(url_for("dispatch.chat.show", inquiry_id=claimed.inquiry_id))


@pages.post("/agent/offers/<offer_id>/refusal")
@allow("work")
def refuse(offer_id: str) -> AnyResponse | str:
    """The next one is asked."""
    left = operations.refuse(
        offer_id=offer_id, agent_id=actor_id(), zone=current_app.config["GIG_TIMEZONE"], now=received_at()
    )
    words = _("没接，不扣分。今天还可不接 %(n)s 次。", n=left)
    if request.headers.get("HX-Request"):
        return render_template("dispatch/_offer.html", offer=None, said=words)
    flash(words)
    return redirect(url_for("dispatch.feed.show"), code=303)


@pages.get("/agent/inquiries/<inquiry_id>/why-not-me")
@allow("work")
def why_not_me(inquiry_id: str) -> str:
    """The agent's own figures against the published order."""
    now = received_at()
    why = why_offers.why_not(db.session(), inquiry_id, actor_id(), now)
    return render_template(
        "dispatch/why_not_me.html",
        answers=[say(each) for each in why.answers],
        order=offers_shown.order(why.figures, now),
        title=called(why.inquiry.issue_type, "issue_type"),
        side=shown.side(why.inquiry.side),
        open=why.inquiry.state == "open",
    )


def _sheet() -> dict[str, Any] | None:
    return offers_shown.sheet(db.session(), actor_id(), received_at())
