"""紧急咨询: what waits in the emergency lane, and whether anybody who may take it is there."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from gig.core.clock import received_at
from gig.core.db import db
from gig.dispatch.queries import emergencies
from gig.dispatch.views import frame
from gig.identity.access import allow

pages = Blueprint("emergencies", __name__)
HERE = "/console/emergencies"


@pages.get(HERE)
@allow("operate")
def show() -> str:
    """The list as a page, or the line that stands above every page of ops."""
    if request.args.get("part") == "banner":
        return render_template("web/_emergency.html", emergency=frame.emergency())
    rows = emergencies.unclaimed(db.session())
    return render_template("dispatch/console/emergencies.html", rows=rows, now=received_at())
