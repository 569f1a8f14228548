"""Finance: adjustments one at a time, and who still has to look at them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from gig.core import blobs, tunables
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import is_id, new_id
from gig.identity.access import actor_id, allow
from gig.identity.queries import id_or_phone
from gig.payouts.adjustments import queries, replies, shown
from gig.payouts.adjustments.models import Adjustment
from gig.payouts.adjustments.operations import deciding
from gig.payouts.adjustments.operations.settings import set_alone
from gig.payouts.adjustments.values import ALONE, FILE_TYPES, KINDS, WORDS
from gig.payouts.adjustments.views import form
from gig.payouts.books.views.pages import entry_page
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.shown import names
from gig.web import numbers
from gig.web.filters import say
from gig.web.telling import Faults, said, told

pages = Blueprint("adjustments", __name__, template_folder="../templates")

PAGE = 50


@pages.get("/console/adjustments")
@allow("settle")
def adjustments() -> str:
    """What waits for a second person, or everything, the newest first; and the form for a new one."""
    return _list({})


def _list(errors: Faults, limit_errors: Faults | None = None) -> str:
    session, asked = db.session(), request.args
    typed_in = request.args if limit_errors else request.form or request.args
    before = asked.get("before", "")
    kind = asked.get("kind", "") if asked.get("kind") in KINDS else ""
    typed = asked.get("agent", "").strip()
    agent = id_or_phone(session, typed)
    waiting = asked.get("show") == "waiting"
    rows = queries.adjustments(
        session,
        waiting=waiting,
        kind=kind,
        agent_id=agent,
        before=before if is_id(before) else "",
        limit=PAGE + 1,
    )
    wanted = {"kind": kind, "agent": typed, "show": "waiting" if waiting else ""}
    return render_template(
        "adjustments/list.html",
        rows=rows[:PAGE],
        more=rows[PAGE - 1].adjustment.id if len(rows) > PAGE else None,
        wanted={name: value for name, value in wanted.items() if value},
        shown=shown,
        words=WORDS,
        form=typed_in,
        file_again=bool(request.files.get("file")),
        errors=errors,
        limit_errors=limit_errors or {},
        limit_form=request.form if limit_errors else {},
        replies=shown.reply_options(_replies(typed_in)),
        new_id=new_id(),
        accept=",".join(FILE_TYPES),
        alone_fen=queries.alone_fen(session),
        raising=tunables.waiting(session).get(ALONE.name),
        changes=(changes := queries.limit_changes(session)),
        outcome=numbers.outcome,
        names=names(session, *numbers.people_of(changes)),
        count=queries.waiting_count(session),
        runs=queries.waiting_runs(session) if waiting else 0,
    )


@pages.post("/console/adjustments")
@allow("settle")
def create() -> Answer | tuple[str, int]:
    """A new adjustment; posted twice it is one. What is refused stays in the form, and so does all of it
    when the agent's replies are only to be listed."""
    if request.form.get("do") == "replies":
        return adjustments(), 200
    try:
        asked = form.of_new(db.session(), request.form)
        id = deciding.propose(**asked, id=form.asked_id(), actor_id=actor_id(), now=received_at())
    except Invalid as error:
        return _list(said(error)), 422
    except Refused as error:
        return _list({"": [say(error)]}), 422
    return redirect(url_for("adjustments.adjustment", adjustment_id=id), code=303)


@pages.post("/console/ledger/<entry_id>/reversals")
@allow("settle")
def reverse(entry_id: str) -> Answer | tuple[str, int]:
    """A part of an entry, or all of it, goes back; what is refused stays in the form of the entry's page."""
    who: dict[str, Any] = {"id": form.asked_id(), "actor_id": actor_id(), "now": received_at()}
    try:
        id = deciding.propose_reversal(entry_id=entry_id, **form.of_reversal(request.form), **who)
    except Invalid as error:
        return entry_page(entry_id, said(error)), 422
    except Refused as error:
        return entry_page(entry_id, {"": [say(error)]}), 422
    return redirect(url_for("adjustments.adjustment", adjustment_id=id), code=303)


@pages.get("/console/adjustments/<adjustment_id>")
@allow("settle")
def adjustment(adjustment_id: str) -> str:
    """One adjustment: what, for whom, why, who decided, and its entry in the book."""
    session = db.session()
    found = _found(adjustment_id)
    original = session.get(LedgerEntry, found.reverses_id) if found.reverses_id else None
    return render_template(
        "adjustments/one.html",
        found=found,
        original=original,
        reply=session.get(Earning, found.earning_id) if found.earning_id else None,
        fen=shown.signed_fen(found, original.payable_fen if original else None),
        shown=shown,
        words=WORDS,
        key=queries.entry_key(found),
        names=names(session, found.maker_id, found.decided_by, found.agent_id),
        me=actor_id(),
    )


@pages.get("/console/adjustments/<adjustment_id>/evidence")
@allow("settle")
def evidence(adjustment_id: str) -> Response:
    """The file that speaks for the decision."""
    found = _found(adjustment_id)
    if found.evidence_blob_id is None:
        raise NotFound()
    blob = db.session().get_one(blobs.Blob, found.evidence_blob_id)
    content = blobs.content(db.session(), found.evidence_blob_id)
    answer = Response(content, mimetype=blob.media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=found.evidence_name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.post("/console/adjustments/<adjustment_id>/approve")
@allow("settle")
def approve(adjustment_id: str) -> Answer:
    return _decided(
        adjustment_id,
        lambda: deciding.approve(adjustment_id=adjustment_id, actor_id=actor_id(), now=received_at()),
    )


@pages.post("/console/adjustments/<adjustment_id>/refuse")
@allow("settle")
def refuse(adjustment_id: str) -> Answer:
    reason = request.form.get("refusal", "")
    return _decided(
        adjustment_id,
        lambda: deciding.turn_down(
            adjustment_id=adjustment_id, reason=reason, actor_id=actor_id(), now=received_at()
        ),
    )


@pages.post("/console/adjustments/limit")
@allow("settle")
def limit() -> Answer | tuple[str, int]:
    """What one person may decide alone, with its reason; what is refused stays in the form."""
    try:
        set_alone(**form.of_limit(request.form), actor_id=actor_id(), now=received_at())
    except Invalid as error:
        return _list({}, limit_errors=said(error)), 422
    return redirect(url_for("adjustments.adjustments"), code=303)


def _decided(adjustment_id: str, work: Callable[[], None]) -> Answer:
    told(work)
    return redirect(url_for("adjustments.adjustment", adjustment_id=adjustment_id), code=303)


def _found(adjustment_id: str) -> Adjustment:
    found = db.session().get(Adjustment, adjustment_id) if is_id(adjustment_id) else None
    if found is None:
        raise NotFound()
    return found


def _replies(typed_in: MultiDict[str, str]) -> Sequence[Earning]:
    """The replies that the form offers, once it says whose."""
    if not (agent := typed_in.get("agent", "").strip()):
        return []
    session = db.session()
    wanted = typed_in.get("earning") or typed_in.get("chat", "")
    return replies.latest(session, id_or_phone(session, agent), also=wanted)
