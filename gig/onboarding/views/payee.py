"""Where the agent's money goes."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.core.masks import mask_name
from gig.identity.access import actor_id, allow
from gig.onboarding.operations.payees import set_own_payee
from gig.onboarding.queries import verified_name
from gig.payouts.disbursement.operations.hints import bank_hints
from gig.payouts.disbursement.operations.payees import newest_payee
from gig.payouts.disbursement.values import HOLD_AFTER_PAYEE_CHANGE
from gig.web.filters import say
from gig.web.telling import said

pages = Blueprint("payee", __name__, template_folder="../templates")


@pages.get("/agent/payee")
@allow("work")
def form() -> str:
    return _form({})


@pages.post("/agent/payee")
@allow("work")
def send() -> AnyResponse | tuple[str, int]:
    """A card number that looks wrong comes back once, to be confirmed."""
    given = request.form
    try:
        payee = set_own_payee(
            person_id=actor_id(),
            password=given.get("password", ""),
            kind=given.get("kind", ""),
            holder=given.get("holder", ""),
            account=given.get("account", ""),
            bank_name=given.get("bank_name", ""),
            confirmed=given.get("confirmed") == "1",
            consent=given.get("consent") == "1",
            address=request.remote_addr or "",
            now=received_at(),
        )
    except Invalid as invalid:
        return _form(said(invalid)), 422
    except Refused as refused:
        if refused.slug != "confirm-account":
            raise
        return _form({"account": [say(refused)]}, doubtful=True), 422
    flash(_("收款账户已保存。") if payee.first else _("收款账户已更换，24 小时后恢复付款。"))
    return redirect("/agent/payee", code=303)


def _form(errors: dict[str, list[str]], doubtful: bool = False) -> str:
    session, now = db.session(), received_at()
    payee = newest_payee(session, actor_id())
    name = verified_name(session, actor_id())
    until = payee.changed_at + HOLD_AFTER_PAYEE_CHANGE if payee and not payee.first else None
    return render_template(
        "onboarding/payee.html",
        payee=payee,
        held_until=until if until and now < until else None,
        name=mask_name(name) if name else "",
        banks=sorted(set(bank_hints(session).values())),
        errors=errors,
        doubtful=doubtful,
        typed=request.form,
    )
