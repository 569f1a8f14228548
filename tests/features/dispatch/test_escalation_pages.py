"""升级 over HTTP: the sheet, what the next agent reads, the fee with its reason, and ops' routes."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.clock import real_now
from gig.core.db import transaction
from gig.dispatch.escalation_models import Escalation, EscalationRoute
from gig.dispatch.models import Inquiry
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.inquiries import add_customer_message
from gig.dispatch.operations.offers import sweep_offers
from gig.dispatch.operations.replies import reply
from gig.identity.models import Person
from gig.identity.operations.keys import issue_token
from tests import builders
from tests.features.dispatch.conftest import seen
from tests.features.dispatch.handing import SUMMARY, fee_card, hand_on, route
from tests.features.dispatch.test_statement_budget import counted
from tests.features.onboarding.people import Browser, hashed_password, phone_of

TRIED = "我先帮您核对一下订单和付款记录。"
FORM = {"reason": "authority", "summary": SUMMARY}


def ago(amount: float) -> dt.datetime:
    return real_now() - dt.timedelta(seconds=amount)


def worker(app: Flask, session: Session, name: str) -> tuple[str, Browser]:
    """An agent of both queues at their phone."""
    id = builders.agent(skills=("refund", "senior"), seen_at=real_now(), name=name)
    with transaction() as writing:
        writing.get_one(Person, id).password_hash = hashed_password()
    return id, Browser(app).log_in(phone_of(session, id))


def bearer(agent_id: str) -> dict[str, str]:
    token = issue_token(person_id=agent_id, now=real_now(), actor_id=None).secret
    return {"Authorization": f"Bearer {token}"}


def test_an_offer_of_an_escalated_inquiry_says_so(app: Flask, session: Session) -> None:
    route("refund", "senior")
    first = builders.agent(skills=("refund",), seen_at=real_now())
    inquiry = builders.inquiry(at=ago(60))
    claim(inquiry_id=inquiry, agent_id=first, now=ago(50))
    hand_on(inquiry, first, now=ago(40))
    _second, phone = worker(app, session, "陈屿")
    assert sweep_offers(now=real_now(), wait=dt.timedelta()) == 1
    sheet = phone.get("/agent/earnings").text
    assert re.search(r'class="sheet offer".*?升级.*?</section>', sheet, re.DOTALL)


@pytest.fixture
def world(app: Flask, session: Session) -> tuple[str, Browser, str, Browser, str]:
    """Two agents, and an inquiry whose first turn the first of them holds; handing on pays 0.30."""
    fee_card(30, at=ago(7200))
    route("refund", "senior")
    first, phone = worker(app, session, "林可")
    second, other = worker(app, session, "陈屿")
    inquiry = builders.inquiry(at=ago(60), text="我要全额退款，别再拖了")
    claim(inquiry_id=inquiry, agent_id=first, now=ago(20))
    return first, phone, second, other, inquiry


World = tuple[str, Browser, str, Browser, str]


def test_the_sheet_says_what_it_pays_and_hands_the_turn_on(world: World, session: Session) -> None:
    _, phone, _, _, inquiry = world
    assert f"/agent/chats/{inquiry}/escalation" in phone.get(f"/agent/chats/{inquiry}").text
    sheet = phone.get(f"/agent/chats/{inquiry}/escalation").text
    assert "不扣分、不算退单、不算漏答" in sheet
    assert "¥0.30" in sheet
    answer = phone.post(f"/agent/chats/{inquiry}/escalation", FORM)
    assert "转交费 ¥0.30 已记入今天的收入" in answer.text
    moved = seen(session).get_one(Inquiry, inquiry)
    assert (moved.queue, moved.state) == ("senior", "open")
    later = phone.get(f"/agent/chats/{inquiry}").text
    assert "你把这条升级给了「senior」" in later
    assert "我要全额退款" not in later


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_lost(world: World, session: Session) -> None:
    _, phone, _, _, inquiry = world
    answer = phone.post(f"/agent/chats/{inquiry}/escalation", {"summary": "请稍等，好的"})
    assert answer.status_code == 422
    assert "选一个原因" in answer.text
    assert "不要只写套话" in answer.text
    assert "请稍等，好的" in answer.text
    assert seen(session).query(Escalation).count() == 0


def test_the_next_agent_reads_the_summary_first_and_no_name(world: World) -> None:
    first, _, second, other, inquiry = world
    hand_on(inquiry, first, now=ago(12))
    feed = other.get("/agent/feed").text
    assert "我要全额退款" not in feed
    assert SUMMARY not in feed
    claim(inquiry_id=inquiry, agent_id=second, now=ago(2))
    page = other.get(f"/agent/chats/{inquiry}").text
    assert "林可" not in page
    assert page.index(SUMMARY) < page.index('id="messages"')
    assert "还没有人回复过客户" in page


def test_what_was_tried_is_told_to_the_next_agent_and_to_ops(
    world: World, ops: Browser, session: Session
) -> None:
    first, _, second, _, inquiry = world
    reply(inquiry_id=inquiry, agent_id=first, text=TRIED, now=ago(15))
    add_customer_message(
        channel_id=builders.channel(), inquiry_id=inquiry, external_id="2", text="不行，要主管", now=ago(14)
    )
    hand_on(inquiry, first, reason="complaint", now=ago(12))
    claim(inquiry_id=inquiry, agent_id=second, now=ago(1))
    listed = ops.get("/console/escalations").text
    assert "客户要求升级或投诉" in listed
    page = ops.get(f"/console/escalations/{inquiry}").text
    for words in (SUMMARY, TRIED, "不行，要主管", "林可", "¥0.30"):
        assert words in page
    assert ops.get(f"/console/escalations/{builders.inquiry(at=ago(5))}").status_code == 404


def test_the_fee_stands_on_the_earnings_page_with_its_reason(world: World) -> None:
    first, phone, _, other, inquiry = world
    done = hand_on(inquiry, first, now=ago(2))
    page = phone.get("/agent/earnings").text
    assert "转交费 · 超出我的权限" in page
    assert "+¥0.30" in page
    own = phone.get(f"/agent/handovers/{done.turn_id}")
    assert SUMMARY in own.text
    assert other.get(f"/agent/handovers/{done.turn_id}").status_code == 404
    assert "¥0.30" in phone.get("/agent/feed").text


def test_the_api_hands_on_once_and_tells_the_next_agent(world: World, client: FlaskClient) -> None:
    first, _, second, _, inquiry = world
    url, mine = f"/api/v1/inquiries/{inquiry}/escalation", bearer(first)
    assert client.post(url, json=FORM, headers=bearer(second)).status_code == 404
    assert client.post(url, json={"reason": "bored", "summary": SUMMARY}, headers=mine).status_code == 422
    key = {**mine, "Idempotency-Key": "once"}
    answers = [client.post(url, json=FORM, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json == answers[1].json
    assert {name: answers[0].json[name] for name in ("state", "queue", "fee_fen")} == {
        "state": "escalated",
        "queue": "senior",
        "fee_fen": 30,
    }
    earned = client.get("/api/v1/me/earnings", headers=mine).json
    assert (earned["pay_fen"], earned["triage_fen"], earned["total_fen"]) == (0, 30, 30)
    assert [fee["why"] for fee in earned["triage"]] == ["转交费 · 超出我的权限"]
    with transaction() as session:
        session.execute(sa.update(Inquiry).values(entered_at=ago(30)))
    theirs = bearer(second)
    rows = client.get("/api/v1/feed", headers=theirs).json["items"]
    assert [(row["id"], row["escalated"]) for row in rows] == [(inquiry, True)]
    with counted() as sent:
        claimed = client.post(f"/api/v1/inquiries/{inquiry}/claim", headers=theirs)
    assert claimed.json["handovers"][0]["summary"] == SUMMARY
    assert len(sent) <= 8, "\n".join(sent)


def test_ops_says_who_takes_whose_with_reason_and_history(session: Session, ops: Browser) -> None:
    for slug in ("refund", "senior", "expert"):
        builders.queue(slug)
    form = {"from_queue": "refund", "to_queue": "senior", "kind": "senior", "reason": "晚高峰"}
    assert "从下一次升级起生效" in ops.post("/console/escalations", form).text
    assert ops.post("/console/escalations", form, follow=False).status_code == 409
    for wrong in ({"to_queue": "refund"}, {"to_queue": "nowhere"}, {"kind": "boss"}, {"reason": " "}):
        assert ops.post("/console/escalations", {**form, **wrong}, follow=False).status_code == 422
    gone = {"from_queue": "refund", "to_queue": "senior", "reason": "人手不够"}
    assert "已拿掉" in ops.post("/console/escalations/removal", gone).text
    page = ops.get("/console/escalations").text
    for words in ("晚高峰", "人手不够", "陈雨", "还没有去处"):
        assert words in page
    kept = seen(session).execute(sa.select(EscalationRoute.listed).order_by(EscalationRoute.id))
    assert kept.scalars().all() == [True, False]
    noted = seen(session).scalars(sa.select(AuditEntry.action).where(AuditEntry.object_id == "refund"))
    assert set(noted) == {"escalation.route", "escalation.unroute"}
