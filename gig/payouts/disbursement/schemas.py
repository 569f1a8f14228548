"""What the API of batches takes and answers."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from gig.api import Schema, fields
from gig.core.businesstime import format_instant
from gig.payouts.disbursement.models import Batch


class BatchIn(Schema):
    """A batch to be made. Without a payment date it is today's."""

    period_id = fields.Text(required=True, most=40)
    template = fields.Text(load_default="generic", most=40)
    payment_date = fields.Date(load_default=None)


class SheetQuery(Schema):
    format = fields.Choice(("xlsx", "csv"), load_default="xlsx")


class BatchOut(ma.Schema):
    id = ma.fields.String(required=True)
    number = ma.fields.String(required=True)
    period_id = ma.fields.String(required=True)
    template = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    payment_date = ma.fields.String(required=True)
    lines = ma.fields.Integer(required=True)
    total_fen = ma.fields.Integer(required=True)
    tax_fen = ma.fields.Integer(
        required=True, allow_none=True, metadata={"description": "Withheld; an estimate before the export."}
    )
    sha256 = ma.fields.String(required=True, allow_none=True)
    exported_at = ma.fields.String(required=True, allow_none=True)


def batch(found: Batch) -> dict[str, Any]:
    """One batch with its control totals."""
    return {
        "id": found.id,
        "number": found.number,
        "period_id": found.period_id,
        "template": found.template,
        "state": found.state,
        "payment_date": found.payment_date.isoformat(),
        "lines": found.lines,
        "total_fen": found.total_fen,
        "tax_fen": found.tax_fen,
        "sha256": found.sheet_sha256,
        "exported_at": format_instant(found.exported_at) if found.exported_at else None,
    }
