"""Ops' page of the check: the lists with their history, and a box to try a sentence in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, NotFound, Refused
from gig.dispatch.wording.operations import lists as operations
from gig.dispatch.wording.queries import lists as queries
from gig.dispatch.wording.rules.check import check
from gig.dispatch.wording.values import KIND_NAMES, KIND_WORDS, MASKED, reason
from gig.identity.access import actor_id, allow
from gig.web.filters import say
from gig.web.telling import Answer, Faults, done, said

pages = Blueprint("wording", __name__, template_folder="../templates")
HERE = "/console/wording"
TRIED_MOST = 500


@pages.get(HERE)
@allow("operate")
def show_lists() -> str:
    return _page(request.args.get("kind", "forbidden"), {})


@pages.post(HERE)
@allow("operate")
def add() -> Answer:
    """The phrase is looked for from the next reply on."""
    kind, phrase = request.form.get("kind", ""), request.form.get("phrase", "")
    try:
        operations.list_wording(kind=kind, phrase=phrase, actor_id=actor_id(), now=received_at())
    except Invalid as error:
        return _page(kind, said(error)), 422
    except Refused as error:
        return _page(kind, {"phrase": [say(error)]}), 409
    flash(_("已加入，从下一条回复起生效。"))
    return redirect(f"{HERE}?kind={kind}", code=303)


@pages.post(f"{HERE}/removal")
@allow("operate")
def take_off() -> Answer:
    """The phrase is words like any others."""
    kind, phrase = request.form.get("kind", ""), request.form.get("phrase", "")
    return done(
        f"{HERE}?kind={kind}",
        lambda: operations.unlist_wording(kind=kind, phrase=phrase, actor_id=actor_id(), now=received_at()),
        _("已拿掉，从下一条回复起生效。"),
    )


@pages.post(f"{HERE}/trial")
@allow("operate")
def try_out() -> str:
    """What would become of a sentence; nothing is kept."""
    return _page(request.form.get("kind", "forbidden"), {}, request.form.get("text", "")[:TRIED_MOST])


def _page(kind: str, errors: Faults, tried: str = "") -> str:
    if kind not in KIND_NAMES:
        raise NotFound
    session = db.session()
    return render_template(
        "wording/lists.html",
        kind=kind,
        names={each: _(name) for each, name in KIND_NAMES.items()},
        lists=[
            {"label": _(name), "url": f"{HERE}?kind={each}", "on": each == kind}
            for each, name in KIND_NAMES.items()
        ],
        words=_(KIND_WORDS[kind]),
        phrases=queries.lists(session).phrases[kind],
        changes=queries.changes(session, kind),
        tried=tried,
        outcome=_outcome(tried) if tried else None,
        errors=errors,
        given=request.form,
    )


def _outcome(text: str) -> dict[str, Any]:
    verdict = check(text, queries.lists(db.session()), customer_words=request.form.get("customer", ""))
    return {
        "faults": [say(reason(fault)) for fault in verdict.faults],
        "masked": [_(MASKED[each]) for each in verdict.masked],
        "text": verdict.text,
    }
