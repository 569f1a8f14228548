"""A server that dies between its commit and its answer: the retry gets that answer, at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.api import idempotency
from gig.core.clock import real_now
from gig.core.ids import new_id
from gig.identity.operations.keys import create_channel, issue_token
from tests import builders as a

Send = Callable[..., tuple[int, Any]]
RATING = {"stars": 5, "resolved": True, "comment": ""}


@pytest.fixture
def send(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> Send:
    """Sends a request whose answer is lost, and sends it again."""

    def twice(method: str, path: str, token: str, body: dict[str, Any]) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id()}
        client = app.test_client()

        def die(*_: Any, **__: Any) -> None:
            raise SystemExit

        with monkeypatch.context() as dying:
            dying.setattr(idempotency, "make_response", die)
            with pytest.raises(SystemExit):
                client.open(f"/api/v1{path}", method=method, json=body, headers=headers)
        again = client.open(f"/api/v1{path}", method=method, json=body, headers=headers)
        return again.status_code, again.json if again.data else None

    return twice


@pytest.fixture
def token(session: Session) -> str:
    """An agent's."""
    id = a.agent(tier="gold", seen_at=real_now())
    return issue_token(person_id=id, actor_id=None, now=real_now()).secret


def test_each_way_to_change_something_answers_the_retry(send: Send, client: FlaskClient, token: str) -> None:
    shop = create_channel(name="lost", actor_id=None, now=real_now()).secret
    new = {"external_id": "x1", "queue": "refund", "issue_type": "general", "text": "我的退款到哪里了？"}
    status, inquiry = send("POST", "/inquiries", shop, new)
    assert status == 201
    here = f"/inquiries/{inquiry['id']}"
    assert send("PUT", "/me/presence", token, {"state": "online"}) == (200, {"state": "online"})
    status, claimed = send("POST", f"{here}/claim", token, {})
    assert (status, claimed["inquiry"]["id"]) == (201, inquiry["id"])
    assert send("DELETE", f"{here}/claim?reason=busy", token, {}) == (204, None)
    headers = {"Authorization": f"Bearer {token}"}
    client.post(f"/api/v1{here}/claim", json={}, headers=headers)
    client.post(f"/api/v1{here}/replies", json={"text": "已为您提交全额退款。"}, headers=headers)
    resolved = {"inquiry_id": inquiry["id"], "state": "resolved"}
    assert send("POST", f"{here}/resolution", token, {}) == (201, resolved)
    status, rating = send("POST", f"{here}/rating", shop, RATING)
    assert (status, set(rating), rating["inquiry_id"]) == (201, {"id", "inquiry_id"}, inquiry["id"])
    status, other = send("POST", "/inquiries", shop, {**new, "external_id": "x2"})
    abandoned = {"inquiry_id": other["id"], "state": "abandoned"}
    assert send("POST", f"/inquiries/{other['id']}/withdrawal", shop, {}) == (201, abandoned)
