"""The statements that the three busiest requests may cost, counted over HTTP."""

from __future__ import annotations

import datetime as dt

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.core.clock import real_now
from gig.identity.operations.keys import create_channel, issue_token
from tests import builders
from tests.statements import counted


def agent_and_inquiries() -> tuple[dict[str, str], list[str]]:
    """The header of an agent with two queues, and what waits for them."""
    now = real_now()
    agent_id = builders.agent(skills=("refund", "delivery"), seen_at=now - dt.timedelta(minutes=5))
    waiting = [
        builders.inquiry(queue_slug=slug, at=now - dt.timedelta(seconds=60))
        for slug in ("refund", "delivery", "refund")
    ]
    token = issue_token(person_id=agent_id, now=now, actor_id=None).secret
    return {"Authorization": f"Bearer {token}"}, waiting


def test_the_feed_costs_at_most_six_statements(client: FlaskClient, session: Session) -> None:
    headers, waiting = agent_and_inquiries()
    client.get("/api/v1/feed", headers=headers)
    with counted() as sent:
        answer = client.get("/api/v1/feed", headers=headers)
    assert len(answer.json["items"]) == len(waiting)
    assert len(sent) <= 6, "\n".join(sent)


def test_a_claim_costs_at_most_seven_statements(client: FlaskClient, session: Session) -> None:
    headers, waiting = agent_and_inquiries()
    client.get("/api/v1/feed", headers=headers)
    with counted() as sent:
        answer = client.post(f"/api/v1/inquiries/{waiting[0]}/claim", headers=headers)
    assert answer.status_code == 201
    assert len(sent) <= 7, "\n".join(sent)


def test_a_reply_costs_at_most_twelve_statements(client: FlaskClient, session: Session) -> None:
    headers, waiting = agent_and_inquiries()
    for inquiry_id in waiting[:2]:
        assert client.post(f"/api/v1/inquiries/{inquiry_id}/claim", headers=headers).status_code == 201
    first = {"text": "您的退款明天到账，请留意短信。"}
    assert (
        client.post(f"/api/v1/inquiries/{waiting[0]}/replies", json=first, headers=headers).status_code == 201
    )
    with counted() as sent:
        answer = client.post(
            f"/api/v1/inquiries/{waiting[1]}/replies",
            json={"text": "骑手十分钟后到，已经催过了。"},
            headers=headers,
        )
    assert answer.json["earning"]["pay_fen"] > 0
    assert len(sent) <= 12, "\n".join(sent)


def test_an_inquiry_costs_three_statements_as_it_arrives_and_five_when_it_is_handed_in_again(
    client: FlaskClient, session: Session
) -> None:
    """On SQLite its parts are written one by one, without waiting: that is three more."""
    headers = {"Authorization": f"Bearer {create_channel(name='shop', now=real_now(), actor_id=None).secret}"}
    builders.queue("refund")
    one, two = (
        {"external_id": name, "queue": "refund", "issue_type": "refund_status", "text": "退款呢？"}
        for name in ("one", "two")
    )
    assert client.post("/api/v1/inquiries", json=one, headers=headers).status_code == 201
    with counted() as sent:
        answer = client.post("/api/v1/inquiries", json=two, headers=headers)
    assert answer.status_code == 201
    assert len(sent) <= (6 if session.get_bind().dialect.name == "sqlite" else 3), "\n".join(sent)
    with counted() as sent:
        again = client.post("/api/v1/inquiries", json=two, headers=headers)
    assert (again.status_code, again.json) == (200, answer.json)
    assert len(sent) <= 5, "\n".join(sent)
