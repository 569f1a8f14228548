"""Bad input gets a clear answer; good input goes through as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.features.api.conftest import Shop

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


def ask(client: FlaskClient, **body: Any) -> Any:
    return client.post("/api/v1/echo", json=body)


def problem(answer: Any, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    assert answer.json["type"] == f"/problems/{slug}"
    assert answer.json["status"] == status
    assert answer.headers["X-Request-Id"]
    found: dict[str, Any] = answer.json
    return found


def test_what_is_sound_comes_back_as_it_was(client: FlaskClient) -> None:
    tea, at = "龙井 🍵 䶮\n第二行\t。", "2026-11-01T08:00:00+08:00"
    answer = ask(client, tea=tea, cups=9, at=at, guest={"name": "林可"})
    assert answer.status_code == 200
    assert answer.json["tea"] == tea
    assert answer.json["at"] == "2026-11-01T00:00:00Z"
    assert "龙井" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tea": "x" * 2001}, "tea"),
        ({"tea": ""}, "tea"),
        ({"tea": "  \n"}, "tea"),
        ({"tea": None}, "tea"),
        ({"tea": 7}, "tea"),
        ({"tea": ["a"]}, "tea"),
        ({"tea": "bell\u0007"}, "tea"),
        ({"tea": "nul\u0000"}, "tea"),
        ({"tea": "half \ud83c"}, "tea"),
        ({"tea": "carriage\rreturn"}, "tea"),
        ({"tea": "x", "cups": "1"}, "cups"),
        ({"tea": "x", "cups": True}, "cups"),
        ({"tea": "x", "cups": 1.0}, "cups"),
        ({"tea": "x", "cups": 10}, "cups"),
        ({"tea": "x", "cups": 10**400}, "cups"),
        ({"tea": "x", "hot": "yes"}, "hot"),
        ({"tea": "x", "hot": 1}, "hot"),
        ({"tea": "x", "size": "medium"}, "size"),
        ({"tea": "x", "size": []}, "size"),
        ({"tea": "x", "at": "2026-11-01T08:00:00"}, "at"),
        ({"tea": "x", "at": "2026-11-01"}, "at"),
        ({"tea": "x", "at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"tea": "x", "at": 7}, "at"),
        ({"tea": "x", "day": "2026-02-30"}, "day"),
        ({"tea": "x", "guest": {"nick": "k"}}, "guest.nick"),
        ({"tea": "x", "guest": "k"}, "guest"),
        ({"tea": "x", "sugar": 1}, "sugar"),
        ({}, "tea"),
        ([], "body"),
        ("tea", "body"),
        (None, "body"),
    ],
)
def test_each_wrong_field_is_named(client: FlaskClient, body: Any, field: str) -> None:
    answer = client.post("/api/v1/echo", data=json.dumps(body), content_type="application/json")
    errors = problem(answer, 422, "invalid")["errors"]
    assert list(errors) == [field]
    assert all(sentence.endswith("。") for sentence in errors[field])


def test_an_absent_body_is_an_empty_object(client: FlaskClient) -> None:
    assert list(problem(client.post("/api/v1/echo"), 422, "invalid")["errors"]) == ["tea"]


@pytest.mark.parametrize(
    "raw",
    [b"{", b"{'tea': 1}", b'{"tea": NaN}', b"\xff\xfe", b"[" * 100_000, b'{"cups": ' + b"9" * 5000 + b"}"],
)
def test_what_is_no_json_is_said_to_be_none(client: FlaskClient, raw: bytes) -> None:
    problem(client.post("/api/v1/echo", data=raw, content_type="application/json"), 400, "malformed")


def test_a_form_is_told_to_come_as_json(client: FlaskClient) -> None:
    problem(client.post("/api/v1/echo", data={"tea": "x"}), 415, "not-json")


@pytest.mark.parametrize("size", [256 * 1024 + 1, 1024 * 1024])
def test_a_large_body_is_read_to_its_end_and_refused(client: FlaskClient, size: int) -> None:
    problem(client.post("/api/v1/echo", data=b"x" * size, content_type="application/json"), 413, "too-large")


def test_a_large_body_without_a_length_is_refused_too(app: Flask) -> None:
    from io import BytesIO

    stream = BytesIO(b"x" * 300_000)
    answer = app.test_client().post(
        "/api/v1/echo",
        input_stream=stream,
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    problem(answer, 413, "too-large")
    assert stream.read() == b""


def test_a_rule_that_says_no_names_itself(client: FlaskClient) -> None:
    answer = client.get("/api/v1/closed")
    assert problem(answer, 409, "shop-closed")["detail"] == "没有找到。"


def test_who_asks_too_often_is_told_when_to_come_back(client: FlaskClient) -> None:
    answer = client.get("/api/v1/busy")
    problem(answer, 429, "too-many-requests")
    assert answer.headers["Retry-After"] == "7"


def test_a_fault_of_ours_shows_nothing_of_the_inside(app: Flask, client: FlaskClient) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = client.get("/api/v1/broken")
    problem(answer, 500, "internal")
    assert "secret" not in answer.get_data(as_text=True)


def test_an_address_that_is_not_there_is_a_problem_too(client: FlaskClient) -> None:
    problem(client.get("/api/v1/nowhere"), 404, "not-found")


def test_a_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    answer = client.get("/api/v1/echo")
    problem(answer, 405, "method-not-allowed")
    assert "POST" in answer.headers["Allow"]


def test_without_a_token_the_answer_says_how_to_come(client: FlaskClient) -> None:
    answer = client.post("/api/v1/orders", json={"tea": "x"})
    problem(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_request_keeps_the_id_that_it_came_with(client: FlaskClient) -> None:
    answer = client.get("/api/v1/closed", headers={"X-Request-Id": "from-the-proxy-1"})
    assert answer.headers["X-Request-Id"] == "from-the-proxy-1"
    answer = client.get("/api/v1/closed", headers={"X-Request-Id": "no spaces, please"})
    assert answer.headers["X-Request-Id"] != "no spaces, please"


def test_the_description_holds_the_views_and_their_problems(client: FlaskClient, shop: Shop) -> None:
    described = client.get("/api/v1/openapi.json").json
    assert described["openapi"].startswith("3.1")
    order = described["paths"]["/api/v1/orders"]["post"]
    assert "201" in order["responses"]
    schemas = described["components"]["schemas"]
    assert schemas["Order"]["additionalProperties"] is False
    assert schemas["Order"]["properties"]["tea"]["maxLength"] == 2000


def test_the_docs_page_needs_no_network_and_no_inline_script(client: FlaskClient) -> None:
    page = client.get("/api/v1/docs").get_data(as_text=True)
    assert "://" not in page
    assert "<script>" not in page
    assert "swagger-ui-bundle.js" in page
