"""The console's menu: features offer entries, each person sees those they may open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from flask import Flask, current_app, request
from flask_babel import gettext as _

from gig.core.text import N_
from gig.identity.access import Capability, find_principal

KEY = "gig.menu"
Group = Literal["operate", "arrange", "review", "settle", "administer"]
GROUPS: dict[Group, str] = {
    "operate": N_("运营"),
    "arrange": N_("配置"),
    "review": N_("质量"),
    "settle": N_("财务"),
    "administer": N_("系统"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One page, with the `tabs` behind it. `label` is a msgid; `count` is asked only for those who see it.

    `hot` says whether the count is urgent; it is asked only where there is something to count.
    """

    group: Group
    label: str
    url: str
    icon: str
    capability: Capability
    count: Callable[[], int] | None = None
    tabs: tuple[str, ...] = ()
    hot: Callable[[], bool] | None = None

    def holds(self, path: str) -> bool:
        return any(path == url or path.startswith(url + "/") for url in (self.url, *self.tabs))


def offer(app: Flask, *entries: Entry) -> None:
    """The entries stand in the menu of those who have their capability, in the order of offering."""
    app.extensions.setdefault(KEY, []).extend(entries)


def open_to_me() -> list[Entry]:
    """The entries that who is asking may open, group by group."""
    found = find_principal()
    if found is None:
        return []
    order = list(GROUPS)
    mine = [entry for entry in current_app.extensions.get(KEY, []) if found.may(entry.capability)]
    return sorted(mine, key=lambda entry: order.index(entry.group))


def nav() -> list[dict[str, Any]]:
    """The menu as the console's frame draws it."""
    groups: dict[str, dict[str, Any]] = {}
    for entry in open_to_me():
        group = groups.setdefault(entry.group, {"title": _(GROUPS[entry.group]), "items": []})
        count = entry.count() if entry.count else None
        group["items"].append(
            {
                "label": _(entry.label),
                "url": entry.url,
                "icon": entry.icon,
                "active": entry.holds(request.path),
                "count": count,
                "hot": bool(count and entry.hot and entry.hot()),
            }
        )
    return list(groups.values())
