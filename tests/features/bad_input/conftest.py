"""Each role with its token, and the proof after every test that the books are still in order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from gig.core.clock import real_now
from gig.identity.operations.keys import issue_token, rotate_channel_key
from gig.payouts.ledger.audit import audit
from tests import builders


class Caller:
    """Somebody who calls the API with a token of their own."""

    def __init__(self, app: Flask, id: str, secret: str) -> None:
        self._app = app
        self.id = id
        self._authorization = {"Authorization": f"Bearer {secret}"}

    def post(self, path: str, body: Any = None, *, key: str | None = None, **options: Any) -> TestResponse:
        headers = self._authorization | ({"Idempotency-Key": key} if key else {})
        as_json = {"data": json.dumps({} if body is None else body), "content_type": "application/json"}
        given = options or as_json
        with self._app.app_context():
            return self._app.test_client().post(f"/api/v1{path}", headers=headers, **given)

    def get(self, path: str, **query: Any) -> TestResponse:
        with self._app.app_context():
            client = self._app.test_client()
            return client.get(f"/api/v1{path}", headers=self._authorization, query_string=query)


def caller(app: Flask, id: str) -> Caller:
    return Caller(app, id, issue_token(person_id=id, now=builders.NOON, actor_id=None).secret)


@pytest.fixture(autouse=True)
def books_in_order(session: Session) -> Iterator[None]:
    """Whatever came in, `gig audit` finds nothing afterwards."""
    yield
    session.rollback()
    assert [finding for finding in audit(session) if finding.differences] == []


@pytest.fixture
def agent(app: Flask, session: Session) -> Caller:
    return caller(app, builders.agent(seen_at=real_now()))


@pytest.fixture
def other(app: Flask, session: Session) -> Caller:
    return caller(app, builders.agent(seen_at=real_now()))


@pytest.fixture
def ops(app: Flask, session: Session) -> Caller:
    return caller(app, builders.person(roles="ops"))


@pytest.fixture
def shop(app: Flask, session: Session) -> Caller:
    """The channel that hands in inquiries to the queue `refund`."""
    builders.queue("refund")
    id = builders.channel("shop")
    return Caller(app, id, rotate_channel_key(channel_id=id, now=builders.NOON, actor_id=None).secret)


def problem(answer: TestResponse, status: int, slug: str) -> dict[str, Any]:
    """What a program is told; the answer has this status and type, and a sentence for people."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    told: dict[str, Any] = answer.get_json()
    assert told["type"] == f"/problems/{slug}"
    assert told["title"]
    return told


def wrong_fields(answer: TestResponse) -> list[str]:
    errors = problem(answer, 422, "invalid")["errors"]
    assert all(sentences and all(sentences) for sentences in errors.values())
    return list(errors)
