"""What the check before sending plugs into the application."""

from __future__ import annotations

from flask import Flask

from gig.core.text import N_
from gig.dispatch.wording.views import console, hints
from gig.identity import menu
from gig.identity.menu import Entry


def plug_into(app: Flask) -> None:
    """Ops' page with the lists, and the hints while an agent types."""
    app.register_blueprint(console.pages)
    app.register_blueprint(hints.pages)
    menu.offer(app, Entry("arrange", N_("发前检查"), console.HERE, "shield-check", "operate"))
