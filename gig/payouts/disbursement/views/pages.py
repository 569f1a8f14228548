"""Finance: making, approving, exporting and fetching batches; their forms stand on the period's page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Blueprint, flash, redirect, request, url_for
from flask import Response as Answer
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import GigError, Invalid, NotFound
from gig.core.ids import is_id
from gig.core.text import N_
from gig.identity.access import actor_id, allow
from gig.payouts.disbursement.models import Batch
from gig.payouts.disbursement.operations.batches import approve_batch, cancel_batch, create_batch
from gig.payouts.disbursement.operations.exporting import Sheet, download_sheet, export_batch
from gig.web.filters import say

pages = Blueprint("batches", __name__)


@pages.post("/console/periods/<period_id>/batches")
@allow("settle")
def create(period_id: str) -> Response:
    form = request.form

    def work() -> None:
        try:
            payment_date = dt.date.fromisoformat(form.get("payment_date", ""))
        except ValueError as error:
            raise Invalid({"payment_date": [N_("付款日期要写成 2026-11-01 这样。")]}) from error
        create_batch(
            period_id=period_id,
            template=form.get("template", "generic"),
            payment_date=payment_date,
            actor_id=actor_id(),
            now=received_at(),
        )
        flash(_("已制单，等另一位财务审批。"))

    return _then(period_id, work)


@pages.post("/console/batches/<batch_id>/approve")
@allow("settle")
def approve(batch_id: str) -> Response:
    return _on(batch_id, lambda: approve_batch(batch_id=batch_id, actor_id=actor_id(), now=received_at()))


@pages.post("/console/batches/<batch_id>/cancel")
@allow("settle")
def cancel(batch_id: str) -> Response:
    return _on(batch_id, lambda: cancel_batch(batch_id=batch_id, actor_id=actor_id(), now=received_at()))


@pages.post("/console/batches/<batch_id>/export")
@allow("settle")
def export(batch_id: str) -> Response:
    def work() -> None:
        export_batch(batch_id=batch_id, actor_id=actor_id(), now=received_at())
        flash(_("已导出并冻结。每次下载都是同一份文件。"))

    return _on(batch_id, work)


@pages.get("/console/batches/<batch_id>/sheet")
@allow("settle")
def sheet(batch_id: str) -> Response:
    """The frozen file; each fetch is in the log."""
    kind = request.args.get("format", "xlsx")
    if kind not in ("xlsx", "csv") or not is_id(batch_id):
        raise NotFound()
    return attachment(download_sheet(batch_id=batch_id, kind=kind, actor_id=actor_id(), now=received_at()))


def attachment(sheet: Sheet) -> Answer:
    """The file as a download that no cache keeps."""
    return Answer(
        sheet.content,
        mimetype=sheet.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{sheet.name}"',
            "Cache-Control": "no-store",
            "Digest": f"sha-256={sheet.sha256}",
        },
    )


def _on(batch_id: str, work: Callable[[], None]) -> Response:
    batch = db.session.get(Batch, batch_id) if is_id(batch_id) else None
    if batch is None:
        raise NotFound()
    return _then(batch.period_id, work)


def _then(period_id: str, work: Callable[[], None]) -> Response:
    """Does the work and goes back to the period; what the rules refuse is said there."""
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
    return redirect(url_for("settlement.period", period_id=period_id), code=303)
