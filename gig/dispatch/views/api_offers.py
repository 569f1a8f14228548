"""派单 over the API: the live offer, and the agent's answer to it."""

from __future__ import annotations

from typing import Any

from flask import current_app

from gig.api import answer, api_blueprint, idempotent
from gig.core.clock import received_at
from gig.core.db import db
from gig.dispatch import schemas
from gig.dispatch.models_offers import Offer
from gig.dispatch.operations import offers as operations
from gig.dispatch.queries import feed, offers
from gig.dispatch.queries.threads import thread
from gig.dispatch.views import offers_shown
from gig.identity.access import actor_id, allow

blueprint = api_blueprint("dispatch_offers", description="What the system pushes to an agent")


@blueprint.get("/me/offers")
@allow("work")
@blueprint.answers(200)
def get_offers() -> dict[str, Any]:
    """The offers that the agent may answer now: one, or none."""
    offer = offers.live(db.session(), actor_id(), received_at())
    return {"items": [_shown(offer)] if offer else []}


def _shown(offer: Offer) -> dict[str, Any]:
    session, now = db.session(), received_at()
    row = feed.row(session, feed.standing(session, offer.agent_id, now), offer.inquiry_id, now)
    return {
        "id": offer.id,
        "made_at": offer.made_at,
        "expires_at": offer.expires_at,
        "inquiry": schemas.feed_row(row),
        "why": {
            "load": offer.load,
            "score": offers_shown.score(offer.score_tenths),
            "idle_since": offer.idle_since,
            "idle_agents": offer.idle_agents,
            "words": offers_shown.why(offer, row.queue, offers.asked_before(session, offer)),
        },
    }


def _accept_again(ref: dict[str, Any]) -> Any:
    offer = offers.own(db.session(), ref["offer_id"], actor_id())
    shown = schemas.claimed_out(thread(db.session(), offer.inquiry_id, actor_id()))
    return answer(shown, 200 if "already" in ref else 201)


@blueprint.post("/offers/<offer_id>/acceptance")
@allow("work")
@idempotent(reread=_accept_again)
@blueprint.arguments(schemas.ClaimIn)
@blueprint.answers(201)
@blueprint.refuses(404, 409)
def post_acceptance(body: dict[str, Any], offer_id: str) -> tuple[dict[str, Any], int]:
    """The inquiry is the agent's, as after a claim."""
    claimed = operations.accept(
        offer_id=offer_id,
        agent_id=actor_id(),
        expected_gross_fen=body["expected_gross_fen"],
        now=received_at(),
    )
    return schemas.claimed_out(claimed.thread), 200 if claimed.already else 201


@blueprint.delete("/offers/<offer_id>")
@allow("work")
@idempotent()
@blueprint.answers(204)
@blueprint.refuses(404, 409)
def delete_offer(offer_id: str) -> None:
    """The next one is asked."""
    zone = current_app.config["GIG_TIMEZONE"]
    operations.refuse(offer_id=offer_id, agent_id=actor_id(), zone=zone, now=received_at())
