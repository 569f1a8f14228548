"""Addresses, cursors and headers that a stranger made up: an answer of ours, never a fault of ours."""

from __future__ import annotations

import base64
import json

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from gig.identity.login import safe_next
from gig.web import health
from tests import builders
from tests.features.bad_input.conftest import Caller, problem, wrong_fields
from tests.features.onboarding.people import Browser, hashed_password, phone_of

AT = "2026-11-18T05:00:00+00:00"
NAIVE, BEFORE_TIME = "2026-11-18T05:00:00", "0001-01-01T00:00:00+14:00"


def cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "made_up",
    [
        "zzz",
        "é",
        "[" * 400,
        cursor(10**30, AT, "x"),
        cursor(True, AT, "x"),
        cursor(1, "yesterday", "x"),
        cursor(1, NAIVE, "x"),
        cursor(1, BEFORE_TIME, "x"),
        cursor(1, AT, "a\x00b"),
        cursor(1, AT),
        cursor({}),
    ],
)
def test_a_cursor_that_somebody_made_up_is_refused(agent: Caller, made_up: str) -> None:
    assert wrong_fields(agent.get("/feed", cursor=made_up)) == ["cursor"]


@pytest.mark.parametrize("made_up", [cursor("yesterday", "x"), cursor(NAIVE, "x"), cursor(BEFORE_TIME, "x")])
def test_so_is_one_of_earnings_and_of_cards(agent: Caller, ops: Caller, made_up: str) -> None:
    assert wrong_fields(agent.get("/me/earnings", cursor=made_up)) == ["cursor"]
    assert wrong_fields(ops.get("/rate-cards", cursor=made_up)) == ["cursor"]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-30", "1"])
def test_a_day_outside_the_calendar_is_no_day(agent: Caller, day: str) -> None:
    assert wrong_fields(agent.get("/me/earnings", **{"from": day})) == ["from"]
    assert wrong_fields(agent.get("/me/earnings", to=day)) == ["to"]


def browser(app: Flask, session: Session, role: str) -> Browser:
    id = (builders.agent if role == "agent" else lambda: builders.person(roles=role))()
    from gig.core.db import transaction
    from gig.identity.models import Person

    with transaction() as writing:
        writing.get_one(Person, id).password_hash = hashed_password()
    return Browser(app).log_in(phone_of(session, id))


@pytest.mark.parametrize(
    ("role", "address"),
    [
        ("admin", "/console/people?after=%00"),
        ("admin", "/console/audit?object=a%00b"),
        ("finance", "/console/ledger?account=%00"),
        ("agent", "/agent/feed?queue=%00"),
    ],
)
def test_a_nul_in_an_address_is_a_bad_request(app: Flask, session: Session, role: str, address: str) -> None:
    assert browser(app, session, role).get(address).status_code == 400


def test_a_nul_in_the_path_or_a_form_names_nothing(app: Flask, session: Session) -> None:
    admin = browser(app, session, "admin")
    assert admin.get("/console/people/%00").status_code == 404
    answer = admin.post("/console/people", {"phone": "1", "name": "a\0b", "roles": "ops"})
    assert answer.status_code == 400


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000, "-1", "²"])
def test_a_number_that_no_column_holds_is_left_out(app: Flask, session: Session, number: str) -> None:
    assert browser(app, session, "admin").get(f"/console/audit?before={number}").status_code == 200


@pytest.mark.parametrize("place", ["base:²", f"base:{'9' * 5000}", "dates:1:²", "nothing:1", ":::"])
def test_a_row_that_is_not_there_cannot_be_removed(app: Flask, session: Session, place: str) -> None:
    ops = browser(app, session, "ops")
    card = ops.post("/console/rates", {}, follow=False).location
    assert ops.post(card, {"do": f"remove:{place}"}).status_code == 200


@pytest.mark.parametrize("depth", [400, 900, 100_000])
def test_a_card_that_is_all_brackets_is_no_card(app: Flask, session: Session, depth: int) -> None:
    ops = browser(app, session, "ops")
    assert ops.post("/console/rates/import", {"json": "[" * depth + "]" * depth}).status_code == 422


@pytest.mark.parametrize("valid_from", ["0001-01-01", "9999-12-31T23:59", "yesterday"])
def test_an_instant_beyond_the_calendar_stays_in_the_form_with_its_fault(
    app: Flask, session: Session, valid_from: str
) -> None:
    ops = browser(app, session, "ops")
    card = ops.post("/console/rates", {}, follow=False).location
    page = ops.post(card, {"do": "save", "revision": "1", "valid_from": valid_from})
    assert (page.status_code, valid_from in page.text) == (422, True)


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\t/evil.example",
        "/\\evil.example",
        "https://evil.example",
        "//[",
        "/\t/[",
        "\x00",
        "x",
    ],
)
def test_nobody_is_sent_to_another_site(app: Flask, session: Session, target: str) -> None:
    assert safe_next(target) is None
    phone = browser(app, session, "agent")
    for address, field in (("/appearance", "theme"), ("/language", "lang")):
        answer = phone.post(address, {"next": target, field: "x"}, follow=False)
        assert (answer.status_code, answer.location) in ((303, "/"), (400, None))
    answer = phone.get("/login", query_string={"next": target})
    assert answer.status_code == 400 or answer.location == "/agent/feed"


def test_an_address_that_htmx_tells_wrongly_still_leads_to_the_login(app: Flask) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://[/agent/feed"}
    answer = app.test_client().get("/agent/feed", headers=headers)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login")


def test_made_up_methods_make_one_figure(app: Flask) -> None:
    client = app.test_client()
    for number in range(3):
        client.open("/healthz", method=f"MADEUP{number}")
    counted = {sample.labels.get("method") for sample in next(iter(health.requests.collect())).samples}
    assert "other" in counted
    assert not [method for method in counted if method and method.startswith("MADEUP")]


def test_an_error_of_the_database_names_no_value(session: Session) -> None:
    import sqlalchemy as sa

    with pytest.raises(sa.exc.DBAPIError) as caught:
        session.execute(sa.text("SELECT * FROM nothing WHERE text = :words"), {"words": "客户的原话"})
    session.rollback()
    assert "客户的原话" not in str(caught.value)


def test_a_cookie_opens_no_api(app: Flask, session: Session) -> None:
    problem(browser(app, session, "agent").get("/api/v1/feed"), 401, "unauthenticated")
