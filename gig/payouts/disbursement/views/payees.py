"""Finance: where one agent's money goes and went; masked, and in full only with a reason."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from gig.core.audit import AuditEntry
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, NotFound
from gig.core.ids import is_id
from gig.identity.access import actor_id, allow
from gig.identity.models import Agent, Person
from gig.payouts.disbursement.models import Payee
from gig.payouts.disbursement.operations.revealing import reveal_payee
from gig.payouts.disbursement.values import HOLD_AFTER_PAYEE_CHANGE, METHODS
from gig.payouts.settlement.shown import names
from gig.web.filters import say

pages = Blueprint("payees", __name__, template_folder="../templates")

SHOWN = ("payee.set", "payee.change", "payee.reveal")


@pages.get("/console/payees/<agent_id>")
@allow("settle")
def show(agent_id: str) -> str:
    return _page(agent_id)


@pages.post("/console/payees/<agent_id>/reveal")
@allow("settle")
def reveal(agent_id: str) -> str | tuple[str, int]:
    """The account in full, this once."""
    payee = db.session.get(Payee, request.form.get("payee", 0, type=int))
    if payee is None or payee.agent_id != agent_id:
        raise NotFound()
    reason = request.form.get("reason", "")
    try:
        holder, account = reveal_payee(
            payee_id=payee.id, reason=reason, actor_id=actor_id(), now=received_at()
        )
    except Invalid as error:
        return _page(agent_id, errors=[say(each) for each in error.errors["reason"]]), 422
    return _page(agent_id, revealed=(payee.id, holder, account))


def _page(
    agent_id: str, *, revealed: tuple[int, str, str] | None = None, errors: list[str] | None = None
) -> str:
    session, now = db.session(), received_at()
    if not is_id(agent_id) or session.get(Agent, agent_id) is None:
        raise NotFound()
    person = session.get(Person, agent_id)
    payees = session.scalars(
        sa.select(Payee).where(Payee.agent_id == agent_id).order_by(Payee.id.desc())
    ).all()
    log = session.scalars(
        sa.select(AuditEntry)
        .where(
            AuditEntry.object_type == "agent", AuditEntry.object_id == agent_id, AuditEntry.action.in_(SHOWN)
        )
        .order_by(AuditEntry.id.desc())
        .limit(50)
    ).all()
    newest = payees[0] if payees else None
    until = newest.changed_at + HOLD_AFTER_PAYEE_CHANGE if newest and not newest.first else None
    return render_template(
        "disbursement/payee.html",
        agent_id=agent_id,
        name=person.name if person else agent_id[-6:],
        payees=payees,
        methods={kind: _(words) for kind, words in METHODS.items()},
        held_until=until if until and until > now else None,
        revealed=revealed,
        errors=errors or [],
        log=log,
        names=names(session, *(each.actor_id for each in log)),
    )
