"""What an inquiry that goes back to the feed tells ops, and what its former owner may still do."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.core.clock import real_now
from gig.core.errors import Refused
from gig.core.outbox import OutboxEvent
from gig.dispatch.models import Inquiry
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.expiry import sweep_expired
from gig.dispatch.operations.inquiries import add_customer_message
from gig.dispatch.operations.releases import release
from gig.dispatch.operations.replies import reply
from gig.dispatch.operations.resolution import resolve
from gig.identity.models import Agent
from gig.identity.operations.keys import create_channel, issue_token
from gig.identity.operations.standing import revoke_skill
from tests import builders as a
from tests.builders import NOON, seconds

START = NOON + seconds(10)
ANSWER = "已为您提交全额退款。"


def told_ops(session: Session) -> list[str]:
    told = sa.select(OutboxEvent.type).where(OutboxEvent.topic == "ops").order_by(OutboxEvent.id)
    return list(session.scalars(told))


def give_back(inquiry: str, agent: str, *, at: float) -> int:
    return release(
        inquiry_id=inquiry, agent_id=agent, reason="", zone="Asia/Shanghai", now=START + seconds(at)
    )


def test_ops_is_told_when_the_last_agent_who_could_answer_missed_it(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=START)
    sweep_expired(now=START + seconds(303), wait=seconds(2))
    assert told_ops(session) == ["inquiry.nobody-left"]


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({}, []),
        ({"skills": ("delivery",)}, ["inquiry.nobody-left"]),
        ({"stage": "suspended"}, ["inquiry.nobody-left"]),
        ({"tier": "retrain"}, ["inquiry.nobody-left"]),
    ],
)
def test_somebody_is_left_who_works_has_the_skill_and_may_claim(
    session: Session, other: dict[str, str], told: list[str]
) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    a.agent(**other)  # type: ignore[arg-type]
    claim(inquiry_id=inquiry, agent_id=agent, now=START)
    sweep_expired(now=START + seconds(303), wait=seconds(2))
    assert told_ops(session) == told


def test_who_gives_it_back_may_claim_it_again_so_ops_is_left_alone(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=START)
    give_back(inquiry, agent, at=20)
    assert told_ops(session) == []


def test_giving_back_after_the_time_is_up_does_not_avoid_the_miss(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=START)
    with pytest.raises(Refused) as refused:
        give_back(inquiry, agent, at=301)
    assert refused.value.slug == "expired"
    assert sweep_expired(now=START + seconds(303), wait=seconds(2)) == 1
    assert session.get_one(Agent, agent, populate_existing=True).misses_in_row == 1


def test_words_sent_before_a_question_came_in_do_not_answer_it(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=START)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(5))
    add_customer_message(
        channel_id=a.channel(), inquiry_id=inquiry, external_id="m", text="还在吗", now=START + seconds(20)
    )
    sent = reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER + "！！", now=START + seconds(19))
    assert (sent.earning, sent.unpaid_reason) == (None, "no-open-turn")
    assert session.get_one(Inquiry, inquiry, populate_existing=True).open_turn_id is not None


def test_a_reply_that_answers_nothing_is_a_sign_of_life_too(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=START)
    reply(inquiry_id=inquiry, agent_id=agent, text="您好", now=START + seconds(100))
    assert session.get_one(Agent, agent, populate_existing=True).last_seen_at == START + seconds(100)


def test_who_asks_again_and_again_within_a_day_stays_in_one_inquiry(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry(customer="c", order="o")
    claim(inquiry_id=inquiry, agent_id=agent, now=START)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(5))
    resolve(inquiry_id=inquiry, agent_id=agent, now=START + seconds(6))
    later = [a.inquiry(customer="c", order="o", at=START + seconds(after)) for after in (60, 70, 3600)]
    assert set(later) == {inquiry}
    found = session.get_one(Inquiry, inquiry, populate_existing=True)
    assert (found.state, found.turns) == ("open", 2)


def test_an_inquiry_waits_for_no_former_owner_who_may_not_serve_its_queue_any_more(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=START)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(5))
    resolve(inquiry_id=inquiry, agent_id=agent, now=START + seconds(6))
    revoke_skill(agent_id=agent, queue="refund", now=START + seconds(7), actor_id=None)
    add_customer_message(
        channel_id=a.channel(), inquiry_id=inquiry, external_id="m", text="还在吗", now=START + seconds(20)
    )
    assert session.get_one(Inquiry, inquiry, populate_existing=True).reserved_for is None


def test_a_former_owner_is_told_nothing_of_the_inquiry_by_the_api(
    client: FlaskClient, session: Session
) -> None:
    now = real_now()
    agent, inquiry = a.agent(seen_at=now), a.inquiry(at=now - seconds(30))
    secret = issue_token(person_id=agent, now=now, actor_id=None).secret
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "claim-1"}
    path = f"/api/v1/inquiries/{inquiry}"
    assert client.post(f"{path}/claim", json={}, headers=headers).status_code == 201
    again = client.post(f"{path}/claim", json={}, headers={**headers, "Idempotency-Key": "claim-2"})
    retry = client.post(f"{path}/claim", json={}, headers={**headers, "Idempotency-Key": "claim-2"})
    assert (again.status_code, retry.status_code, again.json == retry.json) == (200, 200, True)
    assert client.delete(f"{path}/claim", headers=headers).status_code == 204
    seen = client.get(f"{path}/thread", headers=headers)
    assert seen.json == {"inquiry": {"id": inquiry}, "turn": None, "messages": []}


def test_a_retried_inquiry_is_answered_with_its_first_status(client: FlaskClient, session: Session) -> None:
    a.queue("refund")
    secret = create_channel(name="store", now=real_now(), actor_id=None).secret
    body = {"external_id": "e1", "queue": "refund", "issue_type": "x", "text": "在吗"}
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "k"}
    answers = [client.post("/api/v1/inquiries", json=body, headers=headers) for _ in range(2)]
    plain = client.post("/api/v1/inquiries", json=body, headers={"Authorization": f"Bearer {secret}"})
    assert [each.status_code for each in (*answers, plain)] == [201, 201, 200]
    assert answers[0].json == answers[1].json
