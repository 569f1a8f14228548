"""What the API of batches takes and answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import marshmallow as ma

from gig.api import Schema, fields
from gig.core.businesstime import format_instant
from gig.payouts.disbursement.models import Batch
from gig.payouts.disbursement.queries import FileRow
from gig.payouts.disbursement.results.models import ResultImport


class BatchIn(Schema):
    """A batch to be made. Without a payment date it is today's."""

    period_id = fields.Text(required=True, most=40)
    template = fields.Text(load_default="generic", most=40)
    payment_date = fields.Date(load_default=None)


class SheetQuery(Schema):
    """Which file: without a format the template's first, without a part all parts (an archive if several)."""

    format = fields.Choice(("xlsx", "csv"), load_default=None)
    part = fields.Int(least=1, most=100_000, digits=True, load_default=None)


class FileOut(ma.Schema):
    name = ma.fields.String(required=True)
    part = ma.fields.Integer(required=True)
    format = ma.fields.String(required=True)
    lines = ma.fields.Integer(required=True)
    total_fen = ma.fields.Integer(required=True)
    sha256 = ma.fields.String(required=True)


class ResultOut(ma.Schema):
    """What a bank result came to: rows by verdict, and the batch's lines by state after it."""

    id = ma.fields.String(required=True)
    batch_id = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    sha256 = ma.fields.String(required=True)
    rows = ma.fields.Integer(required=True)
    counts = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    problems = ma.fields.List(ma.fields.Dict(), required=True)
    lines = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    posted_at = ma.fields.String(required=True, allow_none=True)


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
    template_version = ma.fields.Integer(required=True)
    unwritable = ma.fields.Integer(required=True)
    files = ma.fields.List(ma.fields.Nested(FileOut), required=True)


def batch(found: Batch, files: Sequence[FileRow], unwritable: int) -> dict[str, Any]:
    """One batch with its control totals, its files, and how many lines its template cannot write."""
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
        "template_version": found.template_version or 1,
        "unwritable": unwritable,
        "files": [
            {
                "name": each.name,
                "part": each.part,
                "format": each.kind,
                "lines": each.lines,
                "total_fen": each.total_fen,
                "sha256": each.sha256,
            }
            for each in files
        ],
    }


def result(found: ResultImport, lines: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """A result file as it was last judged."""
    said = json.loads(found.counts)
    return {
        "id": found.id,
        "batch_id": found.batch_id,
        "state": found.state,
        "sha256": found.sha256,
        "rows": said["rows"],
        "counts": said["counts"],
        "problems": json.loads(found.problems),
        "lines": {state: count for state, (count, _fen) in lines.items()},
        "posted_at": format_instant(found.posted_at) if found.posted_at else None,
    }
