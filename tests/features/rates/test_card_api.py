"""Rate cards for programs: the contract's document, its faults, publication and withdrawal."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from gig.core import clock
from gig.core.audit import AuditEntry
from gig.identity.operations.keys import issue_token
from gig.payouts.rates.rules.validation import validate
from tests import builders
from tests.rules.cards import band, base_row, card_json


def token_of(roles: str) -> dict[str, str]:
    issued = issue_token(person_id=builders.person(roles=roles), now=builders.NOON, actor_id=None)
    return {"Authorization": f"Bearer {issued.secret}"}


@pytest.fixture
def ops(session: Session) -> dict[str, str]:
    return token_of("ops")


def soon(days: int = 1) -> str:
    return (clock.now() + dt.timedelta(days=days)).isoformat()


def drafted(client: FlaskClient, ops: dict[str, str], **changes: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/rate-cards", json=card_json(**changes), headers=ops)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    document: dict[str, Any] = answer.get_json()
    return document


def faults(answer: TestResponse) -> dict[str, list[str]]:
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    errors: dict[str, list[str]] = answer.get_json()["errors"]
    return errors


def test_what_is_posted_is_what_is_read_and_can_be_read_back(
    client: FlaskClient, ops: dict[str, str]
) -> None:
    made = drafted(client, ops)
    read = client.get(f"/api/v1/rate-cards/{made['id']}", headers=ops).get_json()
    assert made == read
    assert {name: read[name] for name in card_json()} == card_json()
    assert validate(read)[1] == []
    assert drafted(client, ops, **{key: read[key] for key in card_json()})["state"] == "draft"


def test_the_list_names_the_card_in_force(client: FlaskClient, ops: dict[str, str]) -> None:
    made = drafted(client, ops)
    first = client.get("/api/v1/rate-cards?limit=1", headers=ops).get_json()
    rest = client.get(f"/api/v1/rate-cards?cursor={first['next_cursor']}", headers=ops).get_json()
    assert [item["id"] for item in first["items"]] == [made["id"]]
    assert [(item["name"], item["active"]) for item in rest["items"]] == [("v1", True)]
    assert rest["next_cursor"] is None


FAULTY: list[tuple[dict[str, Any], str]] = [
    ({"base": [base_row(49)]}, "/base/0/fen"),
    ({"base": [base_row(401)]}, "/base/0/fen"),
    ({"base": [base_row(100), base_row(110)]}, "/base/1"),
    ({"base": [base_row(100, queue="refund")]}, "/base"),
    ({"bands": [band("mon", "10:00", "12:00", 99)]}, "/bands/0/percent"),
    ({"bands": [band("mon", "10:00", "12:00", 501)]}, "/bands/0/percent"),
    ({"bands": [band("mon", "10:00", "10:00")]}, "/bands/0/to"),
    ({"bands": [band("fri", "22:00", "02:00"), band("sat", "00:00", "03:00")], "dates": []}, "/bands/1"),
    ({"dates": [{"date": "2026-12-25", "bands": []}] * 2}, "/dates/1/date"),
    ({"late": []}, "/late"),
    ({"late": [{"over_s": 61, "percent": 20}]}, "/late/0/over_s"),
    ({"late": [{"over_s": 60, "percent": 20}, {"over_s": 60, "percent": 30}]}, "/late/1/over_s"),
    ({"late": [{"over_s": 60, "percent": 20}, {"over_s": 300, "percent": 30}]}, "/late/1/over_s"),
    ({"late": [{"over_s": 60, "percent": 20}, {"over_s": 90, "percent": 20}]}, "/late/1/percent"),
    ({"timezone": "Asia/Tokyo"}, "/timezone"),
    ({"surprise": 1}, "/surprise"),
    ({"valid_from": "2026-11-01"}, "/valid_from"),
]


@pytest.mark.parametrize(("changes", "pointer"), FAULTY)
def test_a_faulty_card_is_refused_at_its_place(
    client: FlaskClient, ops: dict[str, str], changes: dict[str, Any], pointer: str
) -> None:
    answer = client.post("/api/v1/rate-cards", json=card_json(**changes), headers=ops)
    assert list(faults(answer)) == [pointer]


def test_all_faults_come_at_once_and_nothing_is_kept(client: FlaskClient, ops: dict[str, str]) -> None:
    wrong = card_json(base=[base_row(10)], late=[], bands=[band("mon", "25:00", "12:00")])
    found = faults(client.post("/api/v1/rate-cards", json=wrong, headers=ops))
    assert set(found) == {"/base/0/fen", "/late", "/bands/0/from"}
    assert len(client.get("/api/v1/rate-cards", headers=ops).get_json()["items"]) == 1


@pytest.mark.parametrize("body", [[], "card", 7])
def test_what_is_no_object_is_refused(client: FlaskClient, ops: dict[str, str], body: Any) -> None:
    assert list(faults(client.post("/api/v1/rate-cards", json=body, headers=ops))) == ["/"]


def test_a_publication_holds_from_its_instant(client: FlaskClient, ops: dict[str, str]) -> None:
    id = drafted(client, ops)["id"]
    answer = client.post(f"/api/v1/rate-cards/{id}/publication", json={"valid_from": soon()}, headers=ops)
    assert answer.status_code == 201
    assert (answer.get_json()["state"], answer.get_json()["active"]) == ("published", False)


@pytest.mark.parametrize(("said", "kept"), [({"why": "旺季加价"}, "旺季加价"), ({}, "没有写明原因")])
def test_the_history_says_why_a_card_was_published_or_that_nobody_said_it(
    client: FlaskClient, ops: dict[str, str], session: Session, said: dict[str, str], kept: str
) -> None:
    id = drafted(client, ops)["id"]
    url = f"/api/v1/rate-cards/{id}/publication"
    answer = client.post(url, json={"valid_from": soon(), **said}, headers=ops)
    assert (answer.status_code, answer.get_json()["why"]) == (201, kept)
    noted = sa.select(AuditEntry.reason).where(
        AuditEntry.object_id == id, AuditEntry.action == "rate_card.publish"
    )
    assert session.scalars(noted).all() == [kept]


@pytest.mark.parametrize("why", ["", "长" * 501])
def test_a_reason_is_one_if_it_is_given(client: FlaskClient, ops: dict[str, str], why: str) -> None:
    id = drafted(client, ops)["id"]
    url = f"/api/v1/rate-cards/{id}/publication"
    answer = client.post(url, json={"valid_from": soon(), "why": why}, headers=ops)
    assert list(faults(answer)) == ["why"]


def test_a_card_of_the_past_is_refused(client: FlaskClient, ops: dict[str, str]) -> None:
    id = drafted(client, ops)["id"]
    url = f"/api/v1/rate-cards/{id}/publication"
    assert list(faults(client.post(url, json={"valid_from": soon(-1)}, headers=ops))) == ["/valid_from"]


def test_two_cards_at_one_instant_are_refused(client: FlaskClient, ops: dict[str, str]) -> None:
    first, second, at = drafted(client, ops)["id"], drafted(client, ops)["id"], soon()
    client.post(f"/api/v1/rate-cards/{first}/publication", json={"valid_from": at}, headers=ops)
    answer = client.post(f"/api/v1/rate-cards/{second}/publication", json={"valid_from": at}, headers=ops)
    assert list(faults(answer)) == ["/valid_from"]


def test_a_scheduled_card_is_withdrawn_with_its_reason(client: FlaskClient, ops: dict[str, str]) -> None:
    id = drafted(client, ops)["id"]
    url = f"/api/v1/rate-cards/{id}/publication"
    client.post(url, json={"valid_from": soon()}, headers=ops)
    assert list(faults(client.delete(url, headers=ops))) == ["/reason"]
    assert client.delete(f"{url}?reason=预算", headers=ops).status_code == 204
    read = client.get(f"/api/v1/rate-cards/{id}", headers=ops).get_json()
    assert read["state"] == "withdrawn"
    again = client.post(url, json={"valid_from": soon(2)}, headers=ops)
    assert (again.status_code, again.get_json()["type"]) == (409, "/problems/published")


def test_a_draft_is_thrown_away_but_a_published_card_is_not(client: FlaskClient, ops: dict[str, str]) -> None:
    id = drafted(client, ops)["id"]
    assert client.delete(f"/api/v1/rate-cards/{id}", headers=ops).status_code == 204
    assert client.get(f"/api/v1/rate-cards/{id}", headers=ops).status_code == 404
    seed = client.get("/api/v1/rate-cards", headers=ops).get_json()["items"][0]["id"]
    assert client.delete(f"/api/v1/rate-cards/{seed}", headers=ops).status_code == 409


def test_a_retry_makes_no_second_draft(client: FlaskClient, ops: dict[str, str]) -> None:
    headers = {**ops, "Idempotency-Key": "once"}
    first = client.post("/api/v1/rate-cards", json=card_json(), headers=headers)
    second = client.post("/api/v1/rate-cards", json=card_json(), headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.get_json() == second.get_json()
    assert len(client.get("/api/v1/rate-cards", headers=ops).get_json()["items"]) == 2


@pytest.mark.parametrize("role", ["agent", "finance", "reviewer", "admin"])
def test_only_ops_may_read_or_change_cards(client: FlaskClient, session: Session, role: str) -> None:
    headers = token_of(role)
    assert client.get("/api/v1/rate-cards", headers=headers).status_code == 403
    assert client.post("/api/v1/rate-cards", json=card_json(), headers=headers).status_code == 403


@pytest.mark.parametrize("id", ["nope", "0" * 26, "%00"])
def test_a_card_that_is_not_there_is_not_found(client: FlaskClient, ops: dict[str, str], id: str) -> None:
    assert client.get(f"/api/v1/rate-cards/{id}", headers=ops).status_code == 404


def test_overlapping_bands_are_named_in_the_language_that_is_asked_for(
    client: FlaskClient, ops: dict[str, str]
) -> None:
    bands = [band("fri", "17:00", "20:00", 200, "晚高峰"), band("fri", "19:00", "22:00", 150)]
    english = {**ops, "Accept-Language": "en"}
    found = faults(client.post("/api/v1/rate-cards", json=card_json(bands=bands), headers=english))
    assert "Fri 17:00–20:00 “Dinner peak” and Fri 19:00–22:00" in found["/bands/1"][0]
