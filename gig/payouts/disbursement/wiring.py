"""What disbursement plugs into the application."""

from __future__ import annotations

from flask import Flask

from gig import api
from gig.payouts.disbursement.views import api as programs
from gig.payouts.disbursement.views import pages


def plug_into(app: Flask) -> None:
    """Batches are made, approved, exported and fetched."""
    app.register_blueprint(pages.pages)
    api.register(app, programs.blueprint)
