"""What insight plugs into the application."""

from __future__ import annotations

from flask import Flask

from gig.core.text import N_
from gig.identity import menu
from gig.identity.menu import Entry
from gig.insight.views import jobs, live


def plug_into(app: Flask) -> None:
    """The live wall, first in ops' menu and so their home, and what the clock does by itself."""
    app.register_blueprint(live.pages)
    app.register_blueprint(jobs.pages)
    menu.offer(app, Entry("operate", N_("实时大盘"), live.HERE, "activity", "operate"))
    menu.offer(app, Entry("administer", N_("定时任务"), jobs.HERE, "clock", "operate"))
