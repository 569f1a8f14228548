"""Every door has a lock, or stands on the list of doors that are open on purpose."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from gig.identity.access import CAPABILITIES, PUBLIC, Principal
from gig.identity.operations.keys import issue_token
from gig.identity.values import ROLES
from tests import builders

OPEN_ON_PURPOSE = {
    "static",
    "api_docs.docs",
    "api_docs.openapi",
    "health.healthz",
    "health.metrics",
    "health.readyz",
    "web.choose_appearance",
    "web.choose_language",
    "web.manifest",
    "web.offline",
    "web.worker",
}
MARKED_PUBLIC = {
    "chat.photo",
    "chat.rate",
    "chat.send",
    "chat.send_photo",
    "chat.show",
    "chat.ticket",
    "chat.type_on",
    "chat.withdraw",
    "doors.log_in",
    "doors.log_out",
    "doors.login_form",
    "doors.start",
    "register.form",
    "register.send",
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The table of routes is the same on every database."""
    return sqlite_url


def access_of(app: Flask) -> dict[str, tuple[str, ...] | None]:
    return {name: getattr(view, "access", None) for name, view in app.view_functions.items()}


def test_every_route_names_its_capability_or_is_open_on_purpose(app: Flask) -> None:
    locks = access_of(app)
    unlocked = {name for name, access in locks.items() if access is None}
    assert unlocked <= OPEN_ON_PURPOSE
    assert {name for name, access in locks.items() if access == (PUBLIC,)} <= MARKED_PUBLIC


def test_a_route_under_the_console_is_for_staff_alone(app: Flask) -> None:
    staff = {"review", "operate", "settle", "administer", "account"}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/console"):
            assert set(app.view_functions[rule.endpoint].access) <= staff, rule  # type: ignore[attr-defined]


def test_the_table_gives_each_role_its_row_of_the_rule_book() -> None:
    rows = {
        "agent": {"work", "account"},
        "reviewer": {"review", "account"},
        "ops": {"operate", "account"},
        "finance": {"settle", "account"},
        "admin": {"administer", "account"},
        "channel": {"inquire"},
    }
    for role, expected in rows.items():
        who = Principal("person", "x", "x", frozenset({role}), "s")
        assert {name for name in CAPABILITIES if who.may(name)} == expected
    assert set(rows) == {*ROLES, "channel"}


@pytest.mark.parametrize("role", ["agent", "reviewer", "ops", "finance", "admin"])
def test_a_role_opens_the_api_of_its_row_and_nothing_else(app: Flask, role: str) -> None:
    with app.app_context():
        person = builders.agent() if role == "agent" else builders.person(roles=role)
        secret = issue_token(person_id=person, now=builders.NOON, actor_id=None).secret
    client, headers = app.test_client(), {"Authorization": f"Bearer {secret}"}
    who = Principal("person", person, "x", frozenset({role}), "s")
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1/") or rule.endpoint.startswith("api_docs"):
            continue
        capabilities: Any = app.view_functions[rule.endpoint].access  # type: ignore[attr-defined]
        allowed = any(who.may(capability) for capability in capabilities)
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}:
            path = rule.rule.replace("<", "").replace(">", "")
            status = client.open(path, method=method, headers=headers).status_code
            assert (status != 403) == allowed, (method, rule.rule, status)
            assert client.open(path, method=method).status_code == 401, (method, rule.rule)


def test_a_scope_narrows_a_token(app: Flask) -> None:
    with app.app_context():
        ops = builders.person(roles="admin,ops")
        secret = issue_token(person_id=ops, scopes=["account"], now=builders.NOON, actor_id=None).secret
    answer = app.test_client().get("/api/v1/rate-cards", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 403
