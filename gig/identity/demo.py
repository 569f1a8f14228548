"""The demo world's logins, for one tap on the login page. In development only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

import sqlalchemy as sa
from flask import current_app

from gig.core.db import db
from gig.core.errors import Invalid
from gig.identity import phones
from gig.identity.models import Person


class DemoLogin(TypedDict):
    role: str
    name: str
    phone: str
    password: str


def _file() -> Path:
    return Path(current_app.config.get("GIG_DEMO_LOGINS", "var/demo-logins.json"))


def keep_logins(logins: Iterable[DemoLogin]) -> None:
    """The login page offers these from here on."""
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(logins), ensure_ascii=False, indent=1), encoding="utf-8")


def demo_logins() -> list[DemoLogin]:
    """Those of the kept logins whose people are in this database; none in production."""
    if current_app.config["GIG"].production:
        return []
    try:
        kept: list[DemoLogin] = json.loads(_file().read_text(encoding="utf-8"))
        indexes = {phones.index(phones.normal(login["phone"])): login for login in kept}
    except (OSError, ValueError, KeyError, TypeError, Invalid):
        return []
    known = db.session.scalars(sa.select(Person.phone_index).where(Person.phone_index.in_(indexes)))
    found = set(known)
    return [login for index, login in indexes.items() if index in found]
