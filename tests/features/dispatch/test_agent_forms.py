"""The agent's pages as forms: what a plain browser sends, and what a retry or a mistake answers."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import g
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from gig.core.clock import real_now
from gig.core.db import transaction
from gig.dispatch.models import Draft, Inquiry, Message
from gig.dispatch.operations import claims
from gig.identity import passwords
from gig.identity.models import Person
from tests import builders

PASSWORD = "blue-river-7"
ANSWER = "您的退款已经原路退回，一到三个工作日到账。"
BY_SCRIPT = {"HX-Request": "true"}


class Phone:
    """A logged-in agent's browser without scripts."""

    def __init__(self, client: FlaskClient, agent_id: str, number: str) -> None:
        self.client = client
        self.agent_id = agent_id
        self.token = self._token("/login")
        self.post("/login", phone=number, password=PASSWORD)
        self.token = self._token("/agent/chats")

    @property
    def signed(self) -> dict[str, str]:
        return {"csrf_token": self.token}

    def get(self, path: str) -> TestResponse:
        _forget_the_last_request()
        return self.client.get(path)

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> TestResponse:
        _forget_the_last_request()
        return self.client.post(path, data={**self.signed, **fields}, headers=headers)

    def _token(self, path: str) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.get(path).text)
        assert found
        return found[1]


def _forget_the_last_request() -> None:
    """The test's own application context outlives a request, and what requests keep in it with it."""
    for name in list(g):
        g.pop(name)


@pytest.fixture
def phone(client: FlaskClient, session: Session) -> Iterator[Phone]:
    yield Phone(client, *agent_with_password())


def agent_with_password(tier: str = "gold") -> tuple[str, str]:
    agent_id = builders.agent(seen_at=real_now(), tier=tier)
    with transaction() as session:
        person = session.get_one(Person, agent_id)
        person.password_hash = passwords.hashed(PASSWORD)
        return agent_id, person.phone.removeprefix("+86")


def claimed(phone: Phone, *, ago_s: int = 0) -> str:
    """An inquiry that the agent has held for so long."""
    at = real_now() - dt.timedelta(seconds=ago_s)
    inquiry_id = builders.inquiry(at=at - dt.timedelta(seconds=60))
    claims.claim(inquiry_id=inquiry_id, agent_id=phone.agent_id, now=at)
    return inquiry_id


def sent(session: Session, inquiry_id: str) -> list[str]:
    session.rollback()
    mine = sa.select(Message.text).where(Message.inquiry_id == inquiry_id, Message.author == "agent")
    return list(session.scalars(mine.order_by(Message.sent_at, Message.id)))


def test_a_claim_leads_to_the_conversation(phone: Phone, session: Session) -> None:
    inquiry_id = builders.inquiry(at=real_now() - dt.timedelta(seconds=60))
    answer = phone.post(f"/agent/inquiries/{inquiry_id}/claim")
    assert (answer.status_code, urlsplit(answer.location).path) == (303, f"/agent/chats/{inquiry_id}")
    assert "我的退款到哪里了？" in phone.get(answer.location).text


def test_a_claim_at_a_price_that_fell_claims_nothing_and_says_so(phone: Phone, session: Session) -> None:
    inquiry_id = builders.inquiry(at=real_now() - dt.timedelta(seconds=60))
    answer = phone.post(f"/agent/inquiries/{inquiry_id}/claim", expected_gross_fen="9999")
    assert answer.status_code == 303
    assert "价格变了" in phone.get(answer.location).text
    scripted = phone.post(f"/agent/inquiries/{inquiry_id}/claim", BY_SCRIPT, expected_gross_fen="9999")
    assert (scripted.status_code, scripted.headers["X-Refused"]) == (409, "quote-changed")
    assert session.get_one(Inquiry, inquiry_id).state == "open"


def test_the_words_are_not_in_the_feed(phone: Phone) -> None:
    builders.inquiry(at=real_now() - dt.timedelta(seconds=60), text="只有抢到的人能看")
    assert "只有抢到的人能看" not in phone.get("/agent/feed").text


@pytest.mark.parametrize("headers", [None, BY_SCRIPT])
def test_a_reply_posted_twice_with_one_key_is_sent_once(
    phone: Phone, session: Session, headers: dict[str, str] | None
) -> None:
    inquiry_id = claimed(phone)
    path = f"/agent/chats/{inquiry_id}/replies"
    first, second = (phone.post(path, headers, text=ANSWER, idempotency_key="k1") for _ in range(2))
    assert (first.status_code, first.location, first.get_json(silent=True)) == (
        second.status_code,
        second.location,
        second.get_json(silent=True),
    )
    assert sent(session, inquiry_id) == [ANSWER]


def test_a_reply_after_the_expiry_stays_in_the_draft(phone: Phone, session: Session) -> None:
    inquiry_id = claimed(phone, ago_s=301)
    path = f"/agent/chats/{inquiry_id}/replies"
    scripted = phone.post(path, BY_SCRIPT, text=ANSWER, idempotency_key="k1")
    assert (scripted.status_code, scripted.headers["X-Refused"]) == (409, "expired")
    plain = phone.post(path, text=ANSWER, idempotency_key="k2")
    page = phone.get(plain.location).text
    assert "没有发送" in page
    assert ANSWER in page
    assert sent(session, inquiry_id) == []
    assert session.scalar(sa.select(Draft.text).where(Draft.inquiry_id == inquiry_id)) == ANSWER


@pytest.mark.parametrize("text", ["", "   ", "字" * 2001, "a\x07b"])
def test_a_text_that_cannot_be_sent_is_refused(phone: Phone, session: Session, text: str) -> None:
    inquiry_id = claimed(phone)
    assert phone.post(f"/agent/chats/{inquiry_id}/replies", text=text).status_code == 422
    assert sent(session, inquiry_id) == []


def test_line_breaks_of_a_form_are_kept_as_one_character(phone: Phone, session: Session) -> None:
    inquiry_id = claimed(phone)
    phone.post(f"/agent/chats/{inquiry_id}/replies", text="第一行\r\n第二行 🙂 䶮")
    assert sent(session, inquiry_id) == ["第一行\n第二行 🙂 䶮"]


def test_what_a_customer_writes_is_never_taken_for_markup(phone: Phone) -> None:
    inquiry_id = builders.inquiry(at=real_now() - dt.timedelta(seconds=60), text="<script>alert(1)</script>")
    claims.claim(inquiry_id=inquiry_id, agent_id=phone.agent_id, now=real_now())
    page = phone.get(f"/agent/chats/{inquiry_id}").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_an_announced_inquiry_is_counted_once_its_head_start_is_over(
    client: FlaskClient, session: Session
) -> None:
    late = Phone(client, *agent_with_password(tier="bronze"))
    new, older = builders.inquiry(at=real_now()), builders.inquiry(at=real_now() - dt.timedelta(seconds=10))
    answer = late.get(f"/agent/feed/fresh?ids={new},{older},nonsense")
    assert answer.json == {"ids": [older]}


def test_a_draft_of_someone_who_never_held_the_inquiry_is_refused(phone: Phone) -> None:
    inquiry_id = builders.inquiry(at=real_now() - dt.timedelta(seconds=60))
    assert phone.post(f"/agent/chats/{inquiry_id}/draft", text="不是我的").status_code == 404
    assert phone.get(f"/agent/chats/{inquiry_id}").status_code == 404


def test_a_form_without_its_token_is_refused(phone: Phone, session: Session) -> None:
    inquiry_id = builders.inquiry(at=real_now() - dt.timedelta(seconds=60))
    assert phone.post(f"/agent/inquiries/{inquiry_id}/claim", csrf_token="").status_code == 400
    assert session.get_one(Inquiry, inquiry_id).state == "open"
