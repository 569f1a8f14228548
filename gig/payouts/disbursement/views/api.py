"""The API of batches, for finance."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request

from gig.api import answer, api_blueprint, idempotent, remember, sized
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, NotFound
from gig.core.text import N_
from gig.identity.access import actor_id, allow
from gig.payouts.disbursement import queries, schemas
from gig.payouts.disbursement.models import Batch
from gig.payouts.disbursement.operations.batches import approve_batch, create_batch
from gig.payouts.disbursement.operations.downloads import download_sheet
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.disbursement.results.models import ResultImport
from gig.payouts.disbursement.results.operations import import_results
from gig.payouts.disbursement.results.receiving import LARGEST
from gig.payouts.disbursement.views.answers import attachment

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
    """The exported file: the same bytes, always. Several parts come as one archive unless one is named."""
    sheet = download_sheet(
        batch_id=batch_id, kind=query["format"], part=query["part"], actor_id=actor_id(), now=received_at()
    )
    return attachment(sheet)


@blueprint.post("/batches/<batch_id>/results")
@allow("settle")
@sized(LARGEST + 64 * 1024)
@idempotent(reread=lambda ref: answer(_result(ref["result_id"]), 201))
@blueprint.answers(201, schemas.ResultOut)
@blueprint.refuses(404, 409, 413, 422)
def post_results(batch_id: str) -> dict[str, Any]:
    """What the bank said, as XLSX or CSV: the body itself, or the part `file` of a form.

    Posted as a whole, once; the same file again changes nothing. A form may bring `mapping` (JSON: which
    header means what) and `skip` (why rows that do not match are left out).
    """
    name, content, mapping, skip = _given()
    result_id = import_results(
        batch_id=batch_id,
        name=name,
        content=content,
        mapping=mapping,
        skip=skip,
        actor_id=actor_id(),
        now=received_at(),
    )
    remember(result_id=result_id)
    return _result(result_id)


def _given() -> tuple[str, bytes, Any, str]:
    file = request.files.get("file")
    if file is None:
        return "results", request.get_data(), None, ""
    try:
        mapping = json.loads(request.form.get("mapping") or "null")
    except (ValueError, RecursionError) as error:
        raise Invalid({"mapping": [N_("这不是有效的 JSON。")]}) from error
    return file.filename or "results", file.read(), mapping, request.form.get("skip", "")


def _result(result_id: str) -> dict[str, Any]:
    session = db.session()
    found = session.get(ResultImport, result_id, populate_existing=True)
    if found is None:
        raise NotFound()
    return schemas.result(found, queries.by_state(session, found.batch_id))


def _shown(batch_id: str) -> dict[str, Any]:
    session = db.session()
    batch = session.get(Batch, batch_id, populate_existing=True)
    if batch is None:
        raise NotFound()
    return schemas.batch(batch, queries.files_of(session, batch), queries.faulty(session, batch_id))
