"""What settlement plugs into the application."""

from __future__ import annotations

from flask import Flask

from gig import api, scheduler
from gig.core.text import N_
from gig.identity import menu
from gig.payouts.settlement import audit, values  # noqa: F401  (declares the numbers and the checks)
from gig.payouts.settlement.jobs import JOBS
from gig.payouts.settlement.shown import short_account
from gig.payouts.settlement.views import agent, console
from gig.payouts.settlement.views import api as programs


def plug_into(app: Flask) -> None:
    """Periods close by themselves; finance settles them, agents read their own statements."""
    for blueprint in (console.pages, agent.pages):
        app.register_blueprint(blueprint)
    api.register(app, programs.blueprint)
    scheduler.register(app, *JOBS)
    menu.offer(
        app,
        menu.Entry("settle", N_("结算周期"), "/console/periods", "building-bank", "settle"),
    )
    app.jinja_env.filters["short_account"] = short_account
