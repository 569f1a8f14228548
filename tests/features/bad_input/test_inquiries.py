"""What a channel may hand in wrongly: each fault has its answer, and nothing of it is kept."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.dispatch.models import Inquiry, Message
from gig.identity.operations.keys import create_channel
from tests import builders
from tests.features.bad_input.conftest import Caller, problem, wrong_fields

RARE = "䶮𬱖 👨‍👩‍👧‍👦 🇨🇳 é\u0301 \u202eabc\u202c\n\t终"


def asked(**changes: Any) -> dict[str, Any]:
    sound = {"external_id": "x-1", "queue": "refund", "issue_type": "refund_status", "text": "退款到哪里了？"}
    return sound | changes


def kept(session: Session) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(Inquiry)) or 0


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"",
        b'{"external_id": NaN}',
        b'{"order": {"external_id": "1", "amount": 1e999}}',
        b"\xff\xfe{}",
        b"[" * 5000,
        b'{"order":' * 900 + b"1" + b"}" * 900,
        b'{"priority": ' + b"9" * 5000 + b"}",
    ],
    ids=[
        "cut off",
        "nothing",
        "no number",
        "endless number",
        "no UTF-8",
        "deep",
        "deep objects",
        "long number",
    ],
)
def test_malformed_json_is_told_apart_from_wrong_fields(shop: Caller, session: Session, raw: bytes) -> None:
    answer = shop.post("/inquiries", data=raw, content_type="application/json")
    if raw:
        problem(answer, 400, "malformed")
    else:
        assert set(wrong_fields(answer)) == {"external_id", "queue", "issue_type", "text"}
    assert kept(session) == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"customer": {"external_id": "c", "age": 7}}, "customer.age"),
        ({"external_id": 7}, "external_id"),
        ({"external_id": None}, "external_id"),
        ({"external_id": "x" * 201}, "external_id"),
        ({"text": ["a"]}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"text": " \n "}, "text"),
        ({"text": "bell\x07"}, "text"),
        ({"text": "nul\x00"}, "text"),
        ({"text": "half \ud83d"}, "text"),
        ({"queue": {}}, "queue"),
        ({"queue": "no-such-queue"}, "queue"),
        ({"side": "stranger"}, "side"),
        ({"priority": "1"}, "priority"),
        ({"priority": True}, "priority"),
        ({"priority": 10**30}, "priority"),
        ({"priority": -1}, "priority"),
        ({"customer": "林可"}, "customer"),
        ({"order": {"kind": "外卖"}}, "order.external_id"),
        ({"order": {"external_id": "1", "note": "a\x00b"}}, "order.note"),
        ({"arrived_at": "2026-11-18T13:00:00"}, "arrived_at"),
        ({"arrived_at": "9999-12-31T23:59:59Z"}, "arrived_at"),
        ({"arrived_at": 0}, "arrived_at"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(
    shop: Caller, session: Session, changes: dict[str, Any], field: str
) -> None:
    assert wrong_fields(shop.post("/inquiries", asked(**changes))) == [field]
    assert kept(session) == 0


def test_a_megabyte_of_text_is_read_to_its_end_and_refused(shop: Caller, session: Session) -> None:
    problem(shop.post("/inquiries", asked(text="字" * 350_000)), 413, "too-large")
    assert kept(session) == 0


def test_a_duplicate_external_id_is_the_same_inquiry(shop: Caller, session: Session) -> None:
    first = shop.post("/inquiries", asked())
    again = shop.post("/inquiries", asked(text="别的话"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json()["id"] == again.get_json()["id"]
    assert kept(session) == 1
    assert session.scalars(sa.select(Message.text)).all() == ["退款到哪里了？"]


def test_rare_characters_arrive_and_come_back_as_they_were(shop: Caller) -> None:
    id = shop.post("/inquiries", asked(text=RARE)).get_json()["id"]
    (message,) = shop.get(f"/inquiries/{id}").get_json()["messages"]
    assert message["text"] == RARE


def test_another_channel_finds_nothing_by_the_id(app: Flask, shop: Caller, agent: Caller) -> None:
    id = shop.post("/inquiries", asked()).get_json()["id"]
    issued = create_channel(name="stranger", now=builders.NOON, actor_id=None)
    stranger = Caller(app, issued.id, issued.secret)
    message, rating = {"external_id": "m", "text": "你好"}, {"stars": 1, "resolved": False}
    problem(stranger.get(f"/inquiries/{id}"), 404, "not-found")
    problem(stranger.post(f"/inquiries/{id}/withdrawal"), 404, "not-found")
    problem(stranger.post(f"/inquiries/{id}/messages", message), 404, "not-found")
    problem(stranger.post(f"/inquiries/{id}/rating", rating), 404, "not-found")
    problem(agent.get(f"/inquiries/{id}"), 403, "forbidden")
