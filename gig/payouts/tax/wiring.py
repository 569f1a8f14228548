"""What tax plugs into the application."""

from __future__ import annotations

from flask import Flask

from gig.core.text import N_
from gig.identity import menu
from gig.payouts.tax import audit  # noqa: F401  (declares its checks)
from gig.payouts.tax.views import console


def plug_into(app: Flask) -> None:
    """Finance chooses the policy and makes the files for the tax office."""
    app.register_blueprint(console.pages)
    menu.offer(app, menu.Entry("settle", N_("个税"), console.HERE, "file-text", "settle"))
