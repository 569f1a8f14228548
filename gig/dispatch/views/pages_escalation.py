"""升级: why, what the next one must know, and what the escalator got for it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gig.core import tunables
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.dispatch.operations.escalations import escalate
from gig.dispatch.queries import escalations, threads
from gig.dispatch.rules.escalation import SUMMARY_MOST
from gig.dispatch.views import conversation, handed
from gig.identity.access import actor_id, allow
from gig.payouts.rates import queries as rates
from gig.web.filters import say, yuan
from gig.web.telling import Faults, said

pages = Blueprint("escalation", __name__)


@pages.get("/agent/chats/<inquiry_id>/escalation")
@allow("work")
def ask(inquiry_id: str) -> str:
    """The sheet: who can take it, and what handing it on pays."""
    return _sheet(inquiry_id, {})


@pages.post("/agent/chats/<inquiry_id>/escalation")
@allow("work")
def send(inquiry_id: str) -> Response | tuple[str, int]:
    """The customer waits for somebody else, and the agent is free for the next one."""
    try:
        done = escalate(
            inquiry_id=inquiry_id,
            agent_id=actor_id(),
            reason=request.form.get("reason", ""),
            summary=_typed(),
            to_queue=request.form.get("to") or None,
            now=received_at(),
        )
    except Invalid as error:
        return _sheet(inquiry_id, said(error)), 422
    except Refused as refused:
        flash(say(refused))
        return redirect(url_for("dispatch.chat.show", inquiry_id=inquiry_id), code=303)
    if done.fee_fen:
        flash(_("已升级，没扣分。转交费 %(fee)s 已记入今天的收入。", fee=yuan(done.fee_fen)))
    else:
        flash(_("已升级，没扣分，也不算退单。"))
    return redirect(url_for("dispatch.feed.show"), code=303)


@pages.get("/agent/handovers/<turn_id>")
@allow("work")
def show(turn_id: str) -> str:
    """One's own hand-over of a turn, and why it paid what it paid."""
    found = escalations.own(db.session(), turn_id, actor_id())
    card = rates.card(db.session(), found.card_id)
    return render_template("dispatch/handed_on.html", handed=handed.one(found, ()), card=card)


def _typed() -> str:
    return request.form.get("summary", "").replace("\r\n", "\n").replace("\r", "\n")


def _sheet(inquiry_id: str, errors: Faults) -> str:
    session, now = db.session(), received_at()
    thread = threads.thread_with_pay(session, inquiry_id, actor_id())
    way = escalations.way_on(session, thread.inquiry)
    quote = thread.quote
    held = quote is not None and thread.inquiry.state == "claimed"
    return render_template(
        "dispatch/escalate.html",
        thread=thread,
        bar=conversation.ring(thread, now) if held else None,
        refused=say(way.refused) if way.refused else "",
        reasons=handed.reasons(),
        takers=handed.takers(way.to),
        fee=rates.card(session, quote.card_id).triage_fee_fen if quote is not None else 0,
        least=tunables.values(session)["handover_summary_least"],
        most=SUMMARY_MOST,
        errors=errors,
        given=request.form,
    )
