"""Finance: fetching files by links that work once, for minutes, each fetch in the log."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gig.core.clock import received_at
from gig.identity.access import actor_id, allow
from gig.payouts.disbursement.operations.downloads import LinkGone, make_link, open_vouchers, use_link
from gig.payouts.disbursement.values import MEDIA_TYPES
from gig.payouts.disbursement.views import shown
from gig.payouts.disbursement.views.answers import attachment, streamed
from gig.payouts.disbursement.views.telling import batch_or_404
from gig.web.filters import say

pages = Blueprint("files", __name__, template_folder="../templates")


@pages.post("/console/batches/<batch_id>/links")
@allow("settle")
def link(batch_id: str) -> Response | str:
    """A new link; it is followed at once, or shown to be handed to a colleague of finance."""
    batch, now = batch_or_404(batch_id), received_at()
    what = request.form.get("what", "")[:80]
    secret = make_link(batch_id=batch_id, what=what, actor_id=actor_id(), now=now)
    if request.form.get("do") == "share":
        address = url_for("files.download", secret=secret, _external=True)
        return shown.batch_page(batch, me=actor_id(), now=now, link=address)
    return redirect(url_for("files.download", secret=secret), code=303)


@pages.get("/console/downloads/<secret>")
@allow("settle")
def download(secret: str) -> Response | tuple[str, int]:
    """The file, once; afterwards, and when its time is over, a page that says so and where to get another."""
    if request.method == "HEAD":
        abort(405)
    now = received_at()
    try:
        sheet, batch_id = use_link(secret=secret, actor_id=actor_id(), now=now)
    except LinkGone as gone:
        back = url_for("batches.show", batch_id=gone.batch_id)
        return render_template("disbursement/link_gone.html", cause=say(gone), back=back), 410
    if sheet is None:
        name, file = open_vouchers(batch_id, now=now)
        return streamed(name, MEDIA_TYPES["zip"], file)
    return attachment(sheet)
