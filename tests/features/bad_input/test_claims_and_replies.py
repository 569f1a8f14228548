"""What an agent may try too late, twice, or on what is not theirs."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.clock import real_now
from gig.core.ids import new_id
from gig.dispatch.models import Draft, Message
from gig.dispatch.operations import claims, inquiries, resolution
from gig.payouts.earnings.models import Earning
from tests import builders
from tests.features.bad_input.conftest import Caller, problem, wrong_fields

ANSWER = "您的退款已经原路退回，一到三个工作日到账。"
RARE = "䶮先生您好 🙏，退款已原路退回 𬱖，请查收。\n\t谢谢 é\u0301"


def waiting(*, ago_s: int = 60) -> str:
    return builders.inquiry(at=real_now() - dt.timedelta(seconds=ago_s), text="钱到哪里了？别的话不能露出来")


def held(agent: Caller, *, ago_s: int = 0) -> str:
    """An inquiry that the agent took so long ago."""
    id = waiting(ago_s=ago_s + 60)
    claims.claim(inquiry_id=id, agent_id=agent.id, now=real_now() - dt.timedelta(seconds=ago_s))
    return id


def count(session: Session, table: type) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_a_claim_on_what_is_taken_says_so_and_shows_no_words(agent: Caller, other: Caller) -> None:
    id = held(other)
    answer = agent.post(f"/inquiries/{id}/claim")
    problem(answer, 409, "already-claimed")
    assert "露出来" not in answer.get_data(as_text=True)
    problem(agent.get(f"/inquiries/{id}/thread"), 404, "not-found")


def test_a_claim_on_what_was_withdrawn_says_that_it_is_not_open(agent: Caller) -> None:
    id = waiting()
    inquiries.withdraw(channel_id=builders.channel(), inquiry_id=id, now=real_now())
    problem(agent.post(f"/inquiries/{id}/claim"), 409, "not-open")


def test_a_claim_on_what_is_resolved_says_that_it_is_not_open(agent: Caller, other: Caller) -> None:
    id = held(other)
    assert other.post(f"/inquiries/{id}/replies", {"text": ANSWER}).status_code == 201
    resolution.resolve(inquiry_id=id, agent_id=other.id, now=real_now())
    problem(agent.post(f"/inquiries/{id}/claim"), 409, "not-open")


@pytest.mark.parametrize("id", ["0" * 26, "nothing", "%00", "x" * 3000, "䶮"])
def test_a_claim_on_what_is_not_there_is_not_found(agent: Caller, id: str) -> None:
    problem(agent.post(f"/inquiries/{id}/claim"), 404, "not-found")


def test_a_reply_to_what_was_never_theirs_finds_nothing(
    agent: Caller, other: Caller, session: Session
) -> None:
    id = held(other)
    problem(agent.post(f"/inquiries/{id}/replies", {"text": ANSWER}), 404, "not-found")
    problem(agent.post(f"/inquiries/{id}/resolution"), 404, "not-found")
    assert count(session, Earning) == 0


def test_a_double_tap_on_claim_takes_it_once(agent: Caller) -> None:
    id = waiting()
    first = agent.post(f"/inquiries/{id}/claim")
    second = agent.post(f"/inquiries/{id}/claim")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.get_json() == second.get_json()


def test_a_double_tap_on_send_is_one_message_and_one_pay(agent: Caller, session: Session) -> None:
    id, key = held(agent), new_id()
    first = agent.post(f"/inquiries/{id}/replies", {"text": ANSWER}, key=key)
    second = agent.post(f"/inquiries/{id}/replies", {"text": ANSWER}, key=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.get_json() == second.get_json()
    assert (count(session, Earning), count(session, Message)) == (1, 2)
    other_words = agent.post(f"/inquiries/{id}/replies", {"text": "别的"}, key=key)
    problem(other_words, 409, "idempotency-mismatch")


def test_a_key_of_one_agent_opens_no_answer_to_another(agent: Caller, other: Caller) -> None:
    id, key = held(agent), new_id()
    agent.post(f"/inquiries/{id}/replies", {"text": ANSWER}, key=key)
    answer = other.post(f"/inquiries/{id}/replies", {"text": ANSWER}, key=key)
    problem(answer, 404, "not-found")


def test_a_double_tap_without_a_key_is_paid_once(agent: Caller, session: Session) -> None:
    id = held(agent)
    agent.post(f"/inquiries/{id}/replies", {"text": ANSWER})
    assert agent.post(f"/inquiries/{id}/replies", {"text": ANSWER}).get_json()["earning"] is None
    assert count(session, Earning) == 1


def test_a_reply_after_its_time_is_refused_and_the_words_stay_in_the_draft(
    agent: Caller, session: Session
) -> None:
    id = held(agent, ago_s=301)
    problem(agent.post(f"/inquiries/{id}/replies", {"text": ANSWER}), 409, "expired")
    assert count(session, Earning) == 0
    assert session.scalars(sa.select(Draft.text)).one() == ANSWER


def test_rare_characters_reach_the_customer_unharmed(agent: Caller, shop: Caller) -> None:
    id = held(agent)
    answer = agent.post(f"/inquiries/{id}/replies", {"text": RARE}).get_json()
    assert answer["reply"]["text"] == RARE
    assert answer["earning"]["pay_fen"] > 0
    assert shop.get(f"/inquiries/{id}").get_json()["messages"][-1]["text"] == RARE


@pytest.mark.parametrize(
    "body",
    [
        {"text": "x" * 2001},
        {"text": "bell\x07"},
        {"text": "half \udc00"},
        {"text": 7},
        {"text": None},
        {},
        {"text": ANSWER, "pay_fen": 100_000},
        {"text": ANSWER, "script_id": "../1"},
    ],
)
def test_a_wrong_reply_names_its_field_and_sends_nothing(
    agent: Caller, session: Session, body: dict[str, object]
) -> None:
    id = held(agent)
    assert len(wrong_fields(agent.post(f"/inquiries/{id}/replies", body))) == 1
    assert count(session, Message) == 1


def test_words_stay_hidden_until_the_claim(agent: Caller, session: Session) -> None:
    from gig.core.outbox import OutboxEvent

    waiting()
    assert "露出来" not in agent.get("/feed").get_data(as_text=True)
    assert not [told for told in session.scalars(sa.select(OutboxEvent.payload)) if "露出来" in told]
