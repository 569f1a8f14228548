"""Doing what a form asks and going back; what the rules refuse is said there."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from gig.core.db import db
from gig.core.errors import GigError, Invalid, NotFound
from gig.core.ids import is_id
from gig.payouts.disbursement.models import Batch
from gig.web.filters import say


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


def tell(work: Callable[[], None], back: str) -> Response:
    """Does the work and goes back; a refusal is shown on the page that follows."""
    try:
        work()
    except NotFound:
        raise
    except Invalid as error:
        for sentences in error.errors.values():
            for sentence in sentences:
                flash(say(sentence))
    except GigError as error:
        flash(say(error))
    return redirect(back, code=303)
