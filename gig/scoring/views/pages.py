"""服务分: the score, what it is made of, and what moved it."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

from gig.core.clock import received_at
from gig.core.db import db
from gig.identity.access import actor_id, allow
from gig.scoring.queries import score_card

blueprint = Blueprint("scoring", __name__, template_folder="../templates")


@blueprint.get("/agent/score")
@allow("work")
def score() -> str:
    now = received_at()
    card = score_card(db.session(), actor_id(), timezone=current_app.config["GIG_TIMEZONE"], now=now)
    return render_template("scoring/score.html", card=card, now=now)
