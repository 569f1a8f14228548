"""Rate cards for programs."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from gig.api import answer, api_blueprint, idempotent, mark, page, read_mark
from gig.api.body import read_json
from gig.api.cursors import PageQuery
from gig.core.clock import received_at
from gig.core.db import db
from gig.identity.access import actor_id, allow
from gig.payouts.rates import queries
from gig.payouts.rates.operations.drafts import create_draft, discard_draft
from gig.payouts.rates.operations.publication import publish, withdraw
from gig.payouts.rates.operations.review import give_back, submit
from gig.payouts.rates.rules.document import remembered
from gig.payouts.rates.schemas import PublicationIn, SubmissionIn, WithdrawalQuery, card_out

blueprint = api_blueprint("rate_cards", description="What work is worth, by version")

A_CARD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A card as GET /rate-cards/{id} answers it. Every fault is listed by JSON pointer.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


def _shown(id: str) -> dict[str, Any]:
    version = queries.version(db.session(), id)
    active_id = db.session.scalar(sa.select(queries.card_in_force_id(received_at())))
    return card_out(version, active_id)


def _created(ref: dict[str, Any]) -> Any:
    return answer(_shown(ref["rate_card_id"]), 201)


def _published(ref: dict[str, Any]) -> Any:
    return answer(_shown(ref["id"]), 201)


@blueprint.get("/rate-cards")
@allow("operate")
@blueprint.arguments(PageQuery, location="query")
@blueprint.answers(200)
def get_rate_cards(query: dict[str, Any]) -> dict[str, Any]:
    """Every version, the newest first."""
    seen: Any = read_mark(query["cursor"], dt.datetime, str)
    versions = queries.newest(db.session(), after=seen, limit=query["limit"] + 1)
    active_id = db.session.scalar(sa.select(queries.card_in_force_id(received_at())))
    return page(
        versions,
        query["limit"],
        lambda version: mark(version.created_at.isoformat(), version.id),
        lambda version: card_out(version, active_id),
    )


@blueprint.post("/rate-cards")
@allow("operate")
@idempotent(reread=_created)
@blueprint.doc(**A_CARD)
@blueprint.answers(201)
@blueprint.refuses(422)
def post_rate_card() -> dict[str, Any]:
    """A draft of the card that the body says."""
    return _shown(create_draft(document=read_json(remembered), now=received_at(), actor_id=actor_id()))


@blueprint.get("/rate-cards/<id>")
@allow("operate")
@blueprint.answers(200)
@blueprint.refuses(404)
def get_rate_card(id: str) -> dict[str, Any]:
    """One version; what `gig price --card` reads and the editor imports."""
    return _shown(id)


@blueprint.delete("/rate-cards/<id>")
@allow("operate")
@idempotent()
@blueprint.answers(204)
@blueprint.refuses(404, 409)
def delete_rate_card(id: str) -> None:
    """A draft is thrown away."""
    discard_draft(id=id, now=received_at(), actor_id=actor_id())


@blueprint.post("/rate-cards/<id>/submission")
@allow("operate")
@idempotent(reread=_published)
@blueprint.arguments(SubmissionIn)
@blueprint.answers(201)
@blueprint.refuses(404, 409, 422)
def post_submission(body: dict[str, Any], id: str) -> dict[str, Any]:
    """The draft waits for another person's review: their publication."""
    submit(id=id, why=body["why"], revision=body["revision"], now=received_at(), actor_id=actor_id())
    return _shown(id)


@blueprint.delete("/rate-cards/<id>/submission")
@allow("operate")
@idempotent()
@blueprint.arguments(WithdrawalQuery, location="query")
@blueprint.answers(204)
@blueprint.refuses(404, 409, 422)
def delete_submission(query: dict[str, Any], id: str) -> None:
    """What waits for its review is a draft again."""
    give_back(id=id, reason=query["reason"], now=received_at(), actor_id=actor_id())


@blueprint.post("/rate-cards/<id>/publication")
@allow("operate")
@idempotent(reread=_published)
@blueprint.arguments(PublicationIn)
@blueprint.answers(201)
@blueprint.refuses(404, 409, 422)
def post_publication(body: dict[str, Any], id: str) -> dict[str, Any]:
    """The review that says yes: the card holds from an instant in the future, and never changes again."""
    publish(
        id=id,
        valid_from=body["valid_from"],
        revision=body["revision"],
        why=body["why"],
        now=received_at(),
        actor_id=actor_id(),
    )
    return _shown(id)


@blueprint.delete("/rate-cards/<id>/publication")
@allow("operate")
@idempotent()
@blueprint.arguments(WithdrawalQuery, location="query")
@blueprint.answers(204)
@blueprint.refuses(404, 409, 422)
def delete_publication(query: dict[str, Any], id: str) -> None:
    """A scheduled card never comes into force."""
    withdraw(id=id, reason=query["reason"], now=received_at(), actor_id=actor_id())
