"""What the library plugs into the application."""

from __future__ import annotations

from flask import Flask

from gig import api, scheduler
from gig.core.text import N_
from gig.dispatch.scripts import jobs
from gig.dispatch.scripts.views import api as scripts_api
from gig.dispatch.scripts.views import console, sheet
from gig.identity import menu
from gig.identity.menu import Entry


def plug_into(app: Flask) -> None:
    """Ops' pages, the agent's sheet, the API, and the counting."""
    app.register_blueprint(console.pages)
    app.register_blueprint(sheet.pages)
    api.register(app, scripts_api.blueprint)
    menu.offer(app, Entry("arrange", N_("话术"), console.HERE, "book", "operate"))
    scheduler.register(app, *jobs.JOBS)
