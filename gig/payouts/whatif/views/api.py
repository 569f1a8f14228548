"""What-ifs for programs."""

from __future__ import annotations

from typing import Any

from gig.api import answer, api_blueprint, idempotent
from gig.core.clock import received_at
from gig.core.db import db
from gig.identity.access import actor_id, allow
from gig.payouts.whatif import queries
from gig.payouts.whatif.operations.asking import ask, cancel
from gig.payouts.whatif.operations.running import work
from gig.payouts.whatif.schemas import WhatIfIn, run_out
from gig.payouts.whatif.values import IN_A_REQUEST_S

blueprint = api_blueprint("what_ifs", description="What a card would have paid")


def _answer(card_id: str, id: str) -> Any:
    found = run_out(db.session(), queries.one(db.session(), card_id, id))
    return answer(found, 202 if found["state"] == "running" else 200)


def _asked(ref: dict[str, Any]) -> Any:
    return _answer(ref["id"], ref["what_if_id"])


@blueprint.post("/rate-cards/<id>/what-if")
@allow("operate")
@idempotent(reread=_asked)
@blueprint.arguments(WhatIfIn)
@blueprint.answers(200)
@blueprint.refuses(404, 422)
def post_what_if(body: dict[str, Any], id: str) -> Any:
    """What the card would have paid for the replies of a past span. 202 with its id if that takes longer."""
    run_id = ask(card_id=id, since=body["since"], until=body["until"], actor_id=actor_id(), now=received_at())
    work(id=run_id, for_s=IN_A_REQUEST_S, now=received_at())
    return _answer(id, run_id)


@blueprint.get("/rate-cards/<id>/what-if/<run_id>")
@allow("operate")
@blueprint.answers(200)
@blueprint.refuses(404)
def get_what_if(id: str, run_id: str) -> dict[str, Any]:
    """How far it is, or what it found."""
    return run_out(db.session(), queries.one(db.session(), id, run_id))


@blueprint.delete("/rate-cards/<id>/what-if/<run_id>")
@allow("operate")
@idempotent()
@blueprint.answers(204)
@blueprint.refuses(404, 409)
def delete_what_if(id: str, run_id: str) -> None:
    """Nobody works at it any more."""
    cancel(card_id=id, id=run_id, now=received_at())
