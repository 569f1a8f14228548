"""What scoring plugs into the application."""

from __future__ import annotations

from flask import Flask

from gig import api, scheduler
from gig.scoring.jobs import JOBS
from gig.scoring.views import api as programs
from gig.scoring.views import pages, words


def plug_into(app: Flask) -> None:
    """The score page, its API, the sweep of new events and the night."""
    app.register_blueprint(pages.blueprint)
    api.register(app, programs.blueprint)
    scheduler.register(app, *JOBS)
    app.jinja_env.globals["scoring_words"] = words
