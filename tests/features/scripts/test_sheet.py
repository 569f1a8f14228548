"""The choice of a script in a plain browser: a page, a link that fills the box, and nothing sent."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.clock import real_now
from gig.core.db import transaction
from gig.core.ids import new_id
from gig.dispatch.models import Message
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.drafts import put_draft
from gig.identity.models import Person
from tests import builders
from tests.features.onboarding.people import Browser, hashed_password, phone_of
from tests.features.scripts.conftest import script


@pytest.fixture
def phone(app: Flask, session: Session) -> tuple[Browser, str, str]:
    """An agent's browser, the agent, and a conversation that they hold."""
    now = real_now()
    agent_id = builders.agent(seen_at=now, tier="gold")
    with transaction() as writing:
        writing.get_one(Person, agent_id).password_hash = hashed_password()
    inquiry_id = builders.inquiry(at=now - dt.timedelta(seconds=60), order="D42")
    claim(inquiry_id=inquiry_id, agent_id=agent_id, now=now)
    return Browser(app).log_in(phone_of(session, agent_id)), agent_id, inquiry_id


def test_a_link_fills_the_box_behind_what_was_typed_and_sends_nothing(
    session: Session, phone: tuple[Browser, str, str]
) -> None:
    browser, agent_id, inquiry_id = phone
    script_id = script()
    put_draft(inquiry_id=inquiry_id, agent_id=agent_id, text="您好。", now=real_now())
    page = browser.get(f"/agent/chats/{inquiry_id}/scripts").text
    assert "退款到账时效" in page
    assert "<u>D42</u>" in page
    assert "data-ring" in page, "the clock stays in sight"
    chat = browser.get(f"/agent/chats/{inquiry_id}?script={script_id}").text
    assert "您好。\n【客户称呼】您好，订单 D42 一到三个工作日到账。</textarea>" in chat
    assert f'name="script_id" value="{script_id}"' in chat
    assert session.scalars(sa.select(Message).where(Message.author == "agent")).all() == []


def test_the_page_searches_narrows_and_goes_on_to_others(phone: tuple[Browser, str, str]) -> None:
    browser, _, inquiry_id = phone
    for number in "一二三四五六七":
        script(f"话术{number}", "话。", "answer", "", "")
    closing = script("温馨结束", "祝您愉快！", "closing", "", "")
    here = f"/agent/chats/{inquiry_id}/scripts"
    first, second = browser.get(here).text, browser.get(f"{here}?from=5&only=").text
    assert first.count("data-pick ") == 5
    assert second.count("data-pick ") == 3
    assert closing in browser.get(f"{here}?only=closing").text
    assert browser.get(f"{here}?q=wxjs").text.count("data-pick ") == 1
    assert "没找到" in browser.get(f"{here}?q=zzz").text
    assert browser.get(f"{here}?from=nonsense&only=nonsense").status_code == 200


def test_favourites_are_marked_by_form_and_are_ones_own(phone: tuple[Browser, str, str]) -> None:
    browser, _, inquiry_id = phone
    script_id = script()
    page = browser.post(f"/agent/scripts/{script_id}/favourite", {"do": "add", "inquiry": inquiry_id})
    assert 'aria-pressed="true"' in page.text
    assert script_id in browser.get(f"/agent/chats/{inquiry_id}/scripts?only=favourites").text
    page = browser.post(f"/agent/scripts/{script_id}/favourite", {"do": "remove", "inquiry": inquiry_id})
    assert 'aria-pressed="true"' not in page.text
    assert browser.post(f"/agent/scripts/{new_id()}/favourite", {"do": "add"}).status_code == 404


def test_a_blocked_reply_comes_back_with_its_reason_and_its_words(
    session: Session, phone: tuple[Browser, str, str]
) -> None:
    browser, _, inquiry_id = phone
    page = browser.post(f"/agent/chats/{inquiry_id}/replies", {"text": "到账了，加我薇❤。", "script_id": ""})
    assert "没有发送" in page.text
    assert "「加我薇」像在约客户到站外联系或交易。" in page.text
    assert "到账了，加我薇❤。</textarea>" in page.text
    assert session.scalars(sa.select(Message).where(Message.author == "agent")).all() == []


def test_the_hint_tells_what_the_check_would_do_and_only_the_owner(
    phone: tuple[Browser, str, str], app: Flask
) -> None:
    browser, _, inquiry_id = phone
    path = f"/agent/chats/{inquiry_id}/check"
    assert browser.post(path, {"text": "今天到账。"}).text.strip() == ""
    assert "不能对客户说" in browser.post(path, {"text": "你有病"}).text
    long = "退款已经原路退回了一般一到三个工作日内到账请您留意"
    assert "不加也能发" in browser.post(path, {"text": long}).text
    others = builders.inquiry(at=real_now())
    assert browser.post(f"/agent/chats/{others}/check", {"text": "今天到账。"}).status_code == 404
    assert browser.get(f"/agent/chats/{others}/scripts").status_code == 404
