"""What holidays plug into the application."""

from __future__ import annotations

from flask import Flask

from gig.core.text import N_
from gig.identity import menu
from gig.payouts.holidays import views


def plug_into(app: Flask) -> None:
    """Their page in the console."""
    app.register_blueprint(views.blueprint)
    menu.offer(app, menu.Entry("arrange", N_("节假日"), "/console/holidays", "calendar", "operate"))
