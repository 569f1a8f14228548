"""Reviewers: was the customer somebody else, or the agent themself?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gig.channels.operations import decisions
from gig.channels.operations.decisions import ENDED
from gig.channels.queries import suspicions
from gig.channels.values import SIGNALS
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.identity.access import actor_id, allow
from gig.payouts.settlement.shown import ENTRY_WORDS
from gig.web.filters import say, yuan
from gig.web.telling import Answer, said

pages = Blueprint("suspicions", __name__, template_folder="../templates")

HERE = "/console/own-customers"


@pages.get(HERE)
@allow("review")
def show() -> str:
    decided = request.args.get("decided") == "1"
    rows = suspicions.rows(db.session(), decided=decided)
    return render_template("channels/console/suspicions.html", rows=rows, decided=decided, signals=SIGNALS)


@pages.get(f"{HERE}/<id>")
@allow("review")
def show_one(id: str) -> str:
    return _one(id, {})


@pages.post(f"{HERE}/<id>/genuine")
@allow("review")
def genuine(id: str) -> Answer:
    """The customer was somebody else; no payout waits for it any more."""
    return _decided(
        id,
        lambda given: decisions.decide_genuine(**given),
        lambda _taken: _("已判定：客户是别人，不再暂缓。"),
    )


@pages.post(f"{HERE}/<id>/own-customer")
@allow("review")
def own_customer(id: str) -> Answer:
    """The agent was the customer; what it paid is taken back."""
    return _decided(
        id,
        lambda given: decisions.decide_own_customer(**given),
        lambda taken: _("已判定：客户是本人，冲回 %(yuan)s。", yuan=yuan(taken)),
    )


def _decided(id: str, decide: Callable[[dict[str, Any]], Any], words: Callable[[Any], str]) -> Answer:
    given = {
        "suspicion_id": id,
        "actor_id": actor_id(),
        "reason": request.form.get("reason", ""),
        "now": received_at(),
    }
    try:
        result = decide(given)
    except Invalid as error:
        return _one(id, said(error)), 422
    except Refused as error:
        flash(say(error))
        return redirect(url_for("suspicions.show_one", id=id), code=303)
    flash(words(result))
    return redirect(HERE, code=303)


def _one(id: str, errors: dict[str, list[str]]) -> str:
    case = suspicions.case(db.session(), id)
    return render_template(
        "channels/console/suspicion.html",
        case=case,
        found=case.row.suspicion,
        ended=case.inquiry.state in ENDED,
        errors=errors,
        signals=SIGNALS,
        entry_words=ENTRY_WORDS,
    )
