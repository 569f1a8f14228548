"""What rate cards plug into the application."""

from __future__ import annotations

from flask import Flask

from gig import api
from gig.core.text import N_
from gig.identity import menu
from gig.payouts.rates import values  # noqa: F401  (declares its numbers)
from gig.payouts.rates.views import api as programs
from gig.payouts.rates.views import pages, review, shown


def plug_into(app: Flask) -> None:
    """The pages of the console and the API of rate cards."""
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(review.blueprint)
    menu.offer(app, menu.Entry("arrange", N_("费率卡"), "/console/rates", "tag", "operate"))
    api.register(app, programs.blueprint)
    app.jinja_env.globals["rates_words"] = shown
