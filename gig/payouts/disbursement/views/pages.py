"""Finance: batches, from making one to its export; a refusal is said on the page where the form stood."""

from __future__ import annotations

import datetime as dt
from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid
from gig.core.text import N_
from gig.identity.access import actor_id, allow
from gig.payouts.disbursement import queries
from gig.payouts.disbursement.operations.batches import (
    approve_batch,
    cancel_batch,
    create_batch,
    remove_unwritable,
)
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.disbursement.operations.retries import retry_lines
from gig.payouts.disbursement.rules.shipped import GENERIC
from gig.payouts.disbursement.views import shown
from gig.payouts.disbursement.views.telling import batch_or_404, home_of
from gig.web.telling import done, tell

pages = Blueprint("batches", __name__, template_folder="../templates")

PAGE = 50


@pages.get("/console/batches")
@allow("settle")
def index() -> str:
    """Every batch, the newest first, a page at a time."""
    session, before = db.session(), request.args.get("before", "")[:40]
    rows = queries.batches(session, before=before or None, limit=PAGE + 1)
    return render_template(
        "disbursement/batches.html",
        rows=rows[:PAGE],
        older=rows[PAGE - 1].number if len(rows) > PAGE else None,
        later=bool(before),
        names=shown.people(session, rows),
        templates=shown.template_names(session),
    )


@pages.get("/console/batches/<batch_id>")
@allow("settle")
def show(batch_id: str) -> str:
    """One batch: who stands behind it, what cannot be written, its files, what the bank said."""
    return shown.batch_page(batch_or_404(batch_id), me=actor_id(), now=received_at())


@pages.post("/console/periods/<period_id>/batches")
@allow("settle")
def create(period_id: str) -> Response:
    """The new batch, on its own page: who has to approve it, and what cannot be written."""
    form, made = request.form, list[str]()

    def work() -> None:
        try:
            payment_date = dt.date.fromisoformat(form.get("payment_date", ""))
        except ValueError as error:
            raise Invalid({"payment_date": [N_("付款日期要写成 2026-11-01 这样。")]}) from error
        id = create_batch(
            period_id=period_id,
            template=form.get("template", GENERIC),
            payment_date=payment_date,
            actor_id=actor_id(),
            now=received_at(),
        )
        made.append(id)
        flash(_("已制单，等另一位财务审批。"))

    refused = tell(work, url_for("settlement.period", period_id=period_id))
    return redirect(url_for("batches.show", batch_id=made[0]), code=303) if made else refused


@pages.post("/console/batches/<batch_id>/approve")
@allow("settle")
def approve(batch_id: str) -> Response:
    """Another person's word on the batch."""
    back = home_of(batch_or_404(batch_id))
    work = partial(approve_batch, batch_id=batch_id, actor_id=actor_id(), now=received_at())
    return done(back, work, _("已审批，可以导出并冻结了。"))


@pages.post("/console/batches/<batch_id>/cancel")
@allow("settle")
def cancel(batch_id: str) -> Response:
    """The draft's lines are free for another batch."""
    back = home_of(batch_or_404(batch_id))
    work = partial(cancel_batch, batch_id=batch_id, actor_id=actor_id(), now=received_at())
    return done(back, work, _("已取消，这些款可以重新制单。"))


@pages.post("/console/batches/<batch_id>/unwritable")
@allow("settle")
def remove(batch_id: str) -> Response:
    """The rows that cannot be written leave the draft."""

    def work() -> None:
        count = remove_unwritable(batch_id=batch_id, actor_id=actor_id(), now=received_at())
        flash(
            ngettext(
                "移出了 %(n)s 行，钱仍记在本人名下，可以换一个模板再付。",
                "移出了 %(n)s 行，钱仍记在本人名下，可以换一个模板再付。",
                count,
                n=count,
            )
        )

    return tell(work, url_for("batches.show", batch_id=batch_or_404(batch_id).id))


@pages.post("/console/batches/<batch_id>/export")
@allow("settle")
def export(batch_id: str) -> Response:
    back = home_of(batch_or_404(batch_id))

    def work() -> None:
        export_batch(batch_id=batch_id, actor_id=actor_id(), now=received_at())
        flash(_("已导出并冻结。每次下载都是同一份文件。"))

    return tell(work, back)


@pages.post("/console/batches/<batch_id>/retries")
@allow("settle")
def retry(batch_id: str) -> Response:
    """What failed or came back may be paid again, by a new line that names the old one."""
    batch, anyway = batch_or_404(batch_id), request.form.get("anyway") == "1"

    def work() -> None:
        made = retry_lines(period_id=batch.period_id, anyway=anyway, actor_id=actor_id(), now=received_at())
        if made:
            flash(_("%(n)s 笔可以重付了，到周期页制单。", n=made))
        else:
            flash(_("没有可以重付的：账号被银行退回的，要等本人换了收款账户；暂缓的原因也要先解除。"))

    return tell(work, url_for("batches.show", batch_id=batch.id))
