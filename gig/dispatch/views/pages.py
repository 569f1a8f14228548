"""The agent's pages: 接单, 会话, 派单, 我的. Each room has its own module."""

from __future__ import annotations

from flask import Blueprint

from gig.dispatch.views import (
    pages_chat,
    pages_chats,
    pages_duty,
    pages_escalation,
    pages_feed,
    pages_me,
    pages_notices,
    pages_offers,
)

blueprint = Blueprint("dispatch", __name__, template_folder="../templates")
for room in (
    pages_feed,
    pages_chats,
    pages_chat,
    pages_escalation,
    pages_offers,
    pages_duty,
    pages_me,
    pages_notices,
):
    blueprint.register_blueprint(room.pages)
