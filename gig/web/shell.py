"""How features fill the frame without the frame knowing them.

A feature registers a function under one of NAMES; it is asked at most once per request, and only when
the page shows that part. What is not registered stays empty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, g
from flask_babel import gettext as _

NAMES = (
    "nav",
    "peak",
    "live_bar",
    "chat_badge",
    "open_turns",
    "offer",
    "emergency",
    "book_alarm",
    "live_ticket",
    "person",
    "tabs",
    "notices",
)
KEY = "gig.web.shell"


def provide(app: Flask, name: str, function: Callable[[], Any]) -> None:
    """From here on the frame shows what `function()` answers for `name`."""
    if name not in NAMES:
        raise ValueError(f"the frame has no part named {name!r}")
    app.extensions.setdefault(KEY, {})[name] = function


def tabs() -> list[dict[str, str]]:
    """The four rooms of an agent."""
    return [
        {"key": "feed", "label": _("接单"), "url": "/agent/feed", "icon": "bolt"},
        {"key": "chats", "label": _("会话"), "url": "/agent/chats", "icon": "message-2"},
        {"key": "earnings", "label": _("收入"), "url": "/agent/earnings", "icon": "wallet"},
        {"key": "me", "label": _("我的"), "url": "/agent/me", "icon": "user"},
    ]


EMPTY: dict[str, Callable[[], Any]] = {
    "nav": list,
    "peak": lambda: None,
    "live_bar": lambda: None,
    "chat_badge": lambda: 0,
    "open_turns": lambda: None,
    "offer": lambda: None,
    "emergency": lambda: None,
    "book_alarm": lambda: None,
    "live_ticket": lambda: None,
    "person": lambda: None,
    "tabs": tabs,
    "notices": list,
}


class Shell:
    """The parts of the frame for this request, each made when a template first reads it."""

    def __getattr__(self, name: str) -> Any:
        if name not in EMPTY:
            raise AttributeError(name)
        made = g.setdefault("shell_parts", {})
        if name not in made:
            made[name] = current_app.extensions.get(KEY, {}).get(name, EMPTY[name])()
        return made[name]
