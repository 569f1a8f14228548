"""What what-ifs plug into the application."""

from __future__ import annotations

from flask import Flask

from gig import api, scheduler
from gig.core.text import N_
from gig.payouts.whatif import values  # noqa: F401  (declares its numbers)
from gig.payouts.whatif.operations.running import go_on
from gig.payouts.whatif.views import api as programs
from gig.payouts.whatif.views import pages, shown
from gig.scheduler import Job


def plug_into(app: Flask) -> None:
    """The pages, the API, and the job that goes on with what a request left unfinished."""
    app.register_blueprint(pages.blueprint)
    api.register(app, programs.blueprint)
    scheduler.register(
        app, Job("whatif.go_on", every_s=1, run=go_on, once=False, words=N_("接着算没算完的费率试算"))
    )
    app.jinja_env.globals["what_if_words"] = shown
