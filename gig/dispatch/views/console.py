"""Ops' pages of the console. Each room has its own module."""

from __future__ import annotations

from flask import Blueprint, Flask

from gig.core.text import N_
from gig.dispatch.views import (
    console_agents,
    console_emergencies,
    console_escalations,
    console_notices,
    console_outages,
    console_queues,
    console_reassign,
    console_settings,
    console_surges,
    console_waiting,
)
from gig.identity import menu
from gig.identity.access import Capability
from gig.identity.menu import Entry

blueprint = Blueprint("ops", __name__, template_folder="../templates")
for room in (
    console_queues,
    console_escalations,
    console_agents,
    console_emergencies,
    console_settings,
    console_surges,
    console_notices,
    console_outages,
    console_reassign,
    console_waiting,
):
    blueprint.register_blueprint(room.pages)

BEHIND_QUEUES = (console_queues.ISSUE_TYPES,)
BEHIND_SETTINGS = (console_settings.PHRASES,)
SETTERS: tuple[Capability, ...] = ("operate", "settle")
"""Who has numbers on the settings page."""


def plug_into(app: Flask) -> None:
    """Queues, agents, emergencies and settings, each in the menu of those who may open it."""
    app.register_blueprint(blueprint)
    menu.offer(
        app,
        Entry("operate", N_("紧急咨询"), console_emergencies.HERE, "flag", "operate"),
        Entry("operate", N_("滞留咨询"), console_waiting.HERE, "clock", "operate", console_waiting.count),
        Entry("operate", N_("临时加成"), console_surges.HERE, "trending-up", "operate"),
        Entry("operate", N_("通知"), console_notices.HERE, "bell", "operate"),
        Entry("operate", N_("平台故障"), console_outages.HERE, "alert-triangle", "operate"),
        Entry("arrange", N_("客服名单"), console_agents.HERE, "users", "operate"),
        Entry("arrange", N_("队列管理"), console_queues.HERE, "list", "operate", tabs=BEHIND_QUEUES),
        Entry("arrange", N_("升级"), console_escalations.HERE, "arrow-forward-up", "operate"),
        Entry("settle", N_("临时加成"), console_surges.HERE, "trending-up", "settle"),
        Entry("settle", N_("平台故障"), console_outages.HERE, "alert-triangle", "settle"),
        *(
            Entry("administer", N_("设置"), console_settings.HERE, "adjustments", who, tabs=BEHIND_SETTINGS)
            for who in SETTERS
        ),
    )
