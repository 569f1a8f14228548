"""Finance: a bank's result file, looked at before it is posted."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import is_id
from gig.core.text import N_
from gig.identity.access import actor_id, allow
from gig.payouts.disbursement.models import Batch
from gig.payouts.disbursement.results.models import ResultImport
from gig.payouts.disbursement.results.operations import (
    VERDICTS,
    drop_results,
    map_results,
    post_results,
    upload_results,
)
from gig.payouts.disbursement.results.staging import PROBLEMS
from gig.payouts.disbursement.rules.results import COLUMNS, WORDS, ColumnMap
from gig.payouts.disbursement.values import FAILURES
from gig.payouts.disbursement.views import shown
from gig.payouts.disbursement.views.telling import batch_or_404
from gig.payouts.settlement.shown import names
from gig.web.filters import say
from gig.web.telling import said, tell

pages = Blueprint("results", __name__, template_folder="../templates")

OUTCOMES = {
    "paid": N_("算成功的说法"),
    "failed": N_("算失败的说法"),
    "returned": N_("算退票的说法"),
    "pending": N_("算处理中的说法"),
}


@pages.post("/console/batches/<batch_id>/results")
@allow("settle")
def upload(batch_id: str) -> Response | tuple[str, int]:
    """The file is kept and judged; its page shows what posting it would do."""
    batch, file = batch_or_404(batch_id), request.files.get("file")
    try:
        id = upload_results(
            batch_id=batch_id,
            name=file.filename or "" if file else "",
            content=file.read() if file else b"",
            mapping=_mapping(),
            actor_id=actor_id(),
            now=received_at(),
        )
    except Invalid as error:
        return _refused(batch, error, said(error)), 422
    except Refused as error:
        if error.slug != "other-batch":
            raise
        return _refused(batch, error, {}), 409
    return redirect(url_for("results.show", result_id=id), code=303)


@pages.get("/console/results/<result_id>")
@allow("settle")
def show(result_id: str) -> str:
    return _page(_found(result_id), {})


@pages.post("/console/results/<result_id>/mapping")
@allow("settle")
def remap(result_id: str) -> Response | tuple[str, int]:
    """The file is read again with these columns."""
    result = _found(result_id)
    try:
        map_results(result_id=result_id, mapping=_mapping(), actor_id=actor_id(), now=received_at())
    except Invalid as error:
        return _page(result, said(error)), 422
    return redirect(url_for("results.show", result_id=result_id), code=303)


@pages.post("/console/results/<result_id>/posting")
@allow("settle")
def post(result_id: str) -> Response | tuple[str, int]:
    """What the file says is in the book."""
    result, skip = _found(result_id), request.form.get("skip", "")
    try:
        post_results(result_id=result_id, skip=skip, actor_id=actor_id(), now=received_at())
    except Invalid as error:
        return _page(result, said(error)), 422
    flash(_("银行结果已入账。"))
    return redirect(url_for("batches.show", batch_id=result.batch_id), code=303)


@pages.post("/console/results/<result_id>/drop")
@allow("settle")
def drop(result_id: str) -> Response:
    back = url_for("batches.show", batch_id=_found(result_id).batch_id)
    return tell(lambda: drop_results(result_id=result_id, actor_id=actor_id(), now=received_at()), back)


def _mapping() -> dict[str, Any] | None:
    """What the form says of columns and words of status; None if it says nothing."""
    form = request.form
    columns = {name: form.get(f"column-{name}", "").strip() for name in COLUMNS}
    words = {
        name: [w for w in form.get(f"words-{name}", "").replace("，", ",").split(",") if w.strip()]
        for name in WORDS
    }
    given: dict[str, Any] = {name: value for name, value in columns.items() if value}
    return given | {name: [w.strip() for w in value] for name, value in words.items() if value} or None


def _found(result_id: str) -> ResultImport:
    found = db.session.get(ResultImport, result_id, populate_existing=True) if is_id(result_id) else None
    if found is None:
        raise NotFound()
    return found


def _refused(batch: Batch, error: Invalid | Refused, errors: dict[str, list[str]]) -> str:
    return render_template(
        "disbursement/result_refused.html",
        batch=batch,
        cause=say(error),
        errors=errors,
        outcomes=_outcomes(),
    )


def _outcomes() -> list[tuple[str, str]]:
    return [(name, _(words)) for name, words in OUTCOMES.items()]


def _page(result: ResultImport, errors: dict[str, list[str]]) -> str:
    session = db.session()
    said, mapping = json.loads(result.counts), ColumnMap.loads(result.mapping)
    headers = json.loads(result.headers)
    return render_template(
        "disbursement/result.html",
        result=result,
        batch=session.get_one(Batch, result.batch_id),
        rows=said["rows"],
        verdicts=shown.verdict_rows(result),
        unsound=sum(said["counts"].get(each, 0) for each in PROBLEMS),
        problems=json.loads(result.problems),
        problem_words=VERDICTS,
        mapping=mapping,
        missing=mapping.missing(headers),
        columns=[(name, _(words)) for name, (words, _likely) in COLUMNS.items()],
        options=[("", _("没有这一列")), *((each, each) for each in headers)],
        outcomes=_outcomes(),
        errors=errors,
        unpaid=(unpaid := said.get("unpaid", [])),
        unpaid_all=sum(said["counts"].get(each, 0) for each in ("failed", "returned")),
        failure_words=FAILURES,
        names=names(session, result.uploaded_by, result.posted_by, *(each["agent"] for each in unpaid)),
    )
