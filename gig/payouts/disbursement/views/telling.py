"""The batch that a form is about, and where the form stood."""

from __future__ import annotations

from flask import request, url_for

from gig.core.db import db
from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.payouts.disbursement.models import Batch


def batch_or_404(batch_id: str) -> Batch:
    """The batch; NotFound for anything else."""
    found = db.session.get(Batch, batch_id, populate_existing=True) if is_id(batch_id) else None
    if found is None:
        raise NotFound()
    return found


def home_of(batch: Batch) -> str:
    """Where the form stood: the batch's own page, or its period's."""
    if request.form.get("back") == "batch":
        return url_for("batches.show", batch_id=batch.id)
    return url_for("settlement.period", period_id=batch.period_id)
