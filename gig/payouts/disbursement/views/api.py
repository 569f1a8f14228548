"""The API of batches, for finance."""

from __future__ import annotations

from typing import Any

from flask import Response

from gig.api import answer, api_blueprint, idempotent
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import NotFound
from gig.identity.access import actor_id, allow
from gig.payouts.disbursement import schemas
from gig.payouts.disbursement.models import Batch
from gig.payouts.disbursement.operations.batches import approve_batch, create_batch
from gig.payouts.disbursement.operations.exporting import download_sheet, export_batch
from gig.payouts.disbursement.views.pages import attachment

blueprint = api_blueprint("disbursement", description="Batches and their sheets")


@blueprint.post("/batches")
@allow("settle")
@idempotent(reread=lambda ref: answer(_shown(ref["batch_id"]), 201))
@blueprint.arguments(schemas.BatchIn)
@blueprint.answers(201, schemas.BatchOut)
@blueprint.refuses(404, 409)
def post_batch(body: dict[str, Any]) -> dict[str, Any]:
    """A draft batch holds every line of the period that may be paid now."""
    batch_id = create_batch(
        period_id=body["period_id"],
        template=body["template"],
        payment_date=body["payment_date"],
        actor_id=actor_id(),
        now=received_at(),
    )
    return _shown(batch_id)


@blueprint.get("/batches/<batch_id>")
@allow("settle")
@blueprint.answers(200, schemas.BatchOut)
@blueprint.refuses(404)
def get_batch(batch_id: str) -> dict[str, Any]:
    return _shown(batch_id)


@blueprint.post("/batches/<batch_id>/approval")
@allow("settle")
@idempotent(reread=lambda ref: answer(_shown(ref["batch_id"]), 201))
@blueprint.answers(201, schemas.BatchOut)
@blueprint.refuses(404, 409)
def post_approval(batch_id: str) -> dict[str, Any]:
    """The batch may be exported."""
    approve_batch(batch_id=batch_id, actor_id=actor_id(), now=received_at())
    return _shown(batch_id)


@blueprint.post("/batches/<batch_id>/export")
@allow("settle")
@idempotent(reread=lambda ref: answer(_shown(ref["batch_id"]), 201))
@blueprint.answers(201, schemas.BatchOut)
@blueprint.refuses(404, 409)
def post_export(batch_id: str) -> dict[str, Any]:
    """The batch is frozen and its lines are on their way; again, it changes nothing."""
    export_batch(batch_id=batch_id, actor_id=actor_id(), now=received_at())
    return _shown(batch_id)


@blueprint.get("/batches/<batch_id>/sheet")
@allow("settle")
@blueprint.arguments(schemas.SheetQuery, location="query")
@blueprint.refuses(404, 409)
def get_sheet(query: dict[str, Any], batch_id: str) -> Response:
    """The exported file: the same bytes, always."""
    return attachment(
        download_sheet(batch_id=batch_id, kind=query["format"], actor_id=actor_id(), now=received_at())
    )


def _shown(batch_id: str) -> dict[str, Any]:
    batch = db.session.get(Batch, batch_id, populate_existing=True)
    if batch is None:
        raise NotFound()
    return schemas.batch(batch)
