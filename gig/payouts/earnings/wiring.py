"""What earnings plug into the application."""

from __future__ import annotations

from flask import Flask

from gig.payouts.earnings import views


def plug_into(app: Flask) -> None:
    """The agent's page 收入."""
    app.register_blueprint(views.pages)
