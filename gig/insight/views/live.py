"""实时大盘: what is about to go wrong, and what can be done about it."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from gig.core.businesstime import business_zone
from gig.core.clock import received_at
from gig.core.db import db
from gig.identity.access import allow
from gig.insight import shown
from gig.insight.wall import wall
from gig.payouts.rates import queries as rates
from gig.web import numbers

pages = Blueprint("insight", __name__, template_folder="../templates")
HERE = "/console/live"


@pages.get(HERE)
@allow("operate")
def live() -> str:
    """The whole page, read anew; or the part that pages ask for every 2 s, read once for all of them."""
    part = request.args.get("part") == "wall"
    session, now = db.session(), received_at()
    zone = business_zone(rates.business_zone_name())
    found = wall(session, zone, now, shared=part)
    card = rates.card_in_force(session, now)[1]
    template = "insight/_wall.html" if part else "insight/live.html"
    loosenings = [] if part else numbers.one_persons(session)
    return render_template(template, loosenings=loosenings, **shown.page(found, card, zone))
