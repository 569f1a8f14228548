"""What dispatch plugs into the application."""

from __future__ import annotations

from flask import Flask

from gig import api, scheduler
from gig.dispatch import audit, naming, values  # noqa: F401  (declares the numbers and the checks)
from gig.dispatch.jobs import JOBS
from gig.dispatch.notices import pay
from gig.dispatch.notices import values as _notices  # noqa: F401
from gig.dispatch.outages import values as _outages  # noqa: F401
from gig.dispatch.queries.unfinished import unfinished_claims
from gig.dispatch.scripts import wiring as scripts
from gig.dispatch.views import api_agent, api_offers, console, frame, pages
from gig.dispatch.wording import wiring as wording
from gig.payouts.rates.news import when_the_schedule_changes
from gig.payouts.settlement.rehearsal import looks
from gig.web import things


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
    if pay.tell not in when_the_schedule_changes:
        when_the_schedule_changes.append(pay.tell)
