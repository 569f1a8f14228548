"""What insight plugs into the application."""

from __future__ import annotations

from flask import Flask

from gig.core.text import N_
from gig.identity import menu
from gig.identity.menu import Entry
from gig.insight.views import live


def plug_into(app: Flask) -> None:
    """The live wall, first in ops' menu and so their home."""
    app.register_blueprint(live.pages)
    menu.offer(app, Entry("operate", N_("实时大盘"), live.HERE, "activity", "operate"))
