"""What dispatch plugs into the application."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig import api, scheduler
from gig.core.text import N_
from gig.dispatch import audit, naming, values  # noqa: F401  (declares the numbers and the checks)
from gig.dispatch.escalation_models import Escalation
from gig.dispatch.jobs import JOBS
from gig.dispatch.notices import pay
from gig.dispatch.notices import values as _notices  # noqa: F401
from gig.dispatch.outages import values as _outages  # noqa: F401
from gig.dispatch.outages.models import Outage
from gig.dispatch.queries.unfinished import unfinished_claims
from gig.dispatch.scripts import wiring as scripts
from gig.dispatch.views import api_agent, api_offers, console, frame, pages
from gig.dispatch.wording import wiring as wording
from gig.payouts.books import causes
from gig.payouts.books.causes import Cause
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.rates.news import when_the_schedule_changes
from gig.payouts.settlement.rehearsal import at_each, looks, mended
from gig.web import things


def _handed_on(session: Session, entry: LedgerEntry) -> Cause | None:
    """The hand-over that a fee was paid for."""
    kind, turn_id, agent_id = causes.parts_of(entry)
    if kind != "triage":
        return None
    mine = sa.select(Escalation.inquiry_id).where(
        Escalation.turn_id == turn_id, Escalation.agent_id == agent_id
    )
    found = session.scalar(mine)
    return Cause(N_("这次转交"), f"/console/escalations/{found}", by="operate") if found else None


def _excused(session: Session, entry: LedgerEntry) -> Cause | None:
    """The outage whose late replies were excused."""
    id = causes.decision_of(entry)
    known = id and session.get(Outage, id) is not None
    return Cause(N_("这次平台故障"), "/console/outages") if known else None


def plug_into(app: Flask) -> None:
    """The agent's APIs, the agent's pages, ops' pages, the sweeps; scripts and the check before sending."""
    api.register(app, api_agent.blueprint, api_offers.blueprint)
    app.register_blueprint(pages.blueprint)
    frame.plug_into(app)
    console.plug_into(app)
    scripts.plug_into(app)
    wording.plug_into(app)
    scheduler.register(app, *JOBS)
    things.provide(
        app,
        inquiry=naming.inquiries,
        turn=naming.turns,
        escalation=naming.escalations,
        surge=naming.surges,
        queue=naming.queues,
    )
    if unfinished_claims not in looks:
        looks.append(unfinished_claims)
    causes.register(_handed_on)
    causes.register(_excused)
    mended["suspended"] = ("operate", at_each("/console/agents/"))
    if pay.tell not in when_the_schedule_changes:
        when_the_schedule_changes.append(pay.tell)
