"""What onboarding plugs into the application."""

from __future__ import annotations

from flask import Flask

from gig.onboarding.views import join, payee, register, review


def plug_into(app: Flask) -> None:
    """People register, prove who they are, are reviewed, and say where their money goes."""
    for blueprint in (register.pages, join.pages, review.pages, payee.pages):
        app.register_blueprint(blueprint)
