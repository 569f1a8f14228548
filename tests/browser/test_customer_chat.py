"""A customer at their chat page and an agent at theirs, both live."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from gig.channels.operations import greetings
from gig.channels.queries.doors import token_of
from gig.core.clock import real_now
from gig.core.db import db
from gig.dispatch.operations import claims, resolution
from tests.browser import work
from tests.fixtures.browser import PHONE, NewPage, serious_faults_of_access

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.fixtures.servers import Server

ANSWER = "您的退款已经原路退回，一到三个工作日到账。"

pytestmark = pytest.mark.usefixtures("session")


def link(server: Server, inquiry_id: str) -> str:
    return f"{server.url}/c/{token_of(db.session(), inquiry_id)}"


def a_photo() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (640, 480), "steelblue").save(made, "JPEG")
    return made.getvalue()


def say(page: Page, text: str) -> None:
    page.locator("#reply-text").fill(text)
    page.get_by_role("button", name="发送", exact=True).click()


def test_both_sides_of_a_conversation_are_live_from_the_queue_to_the_stars(
    live_server: Server, new_page: NewPage
) -> None:
    agent_id, number = work.an_agent()
    greetings.change_greeting(
        queue="refund", text="您好，这里是退款客服。", text_en="", actor_id=agent_id, now=real_now()
    )
    work.asked("排在前面的人")
    inquiry_id = work.asked("我的退款到哪里了？", ago_s=59)
    mine = new_page(PHONE, is_mobile=True)
    mine.goto(link(live_server, inquiry_id))
    mine.get_by_text("您好，这里是退款客服。").wait_for()
    mine.get_by_text("前面还有 1 位").wait_for()
    assert serious_faults_of_access(mine) == []

    theirs = new_page(PHONE, is_mobile=True)
    work.log_in(theirs, live_server, number)
    claims.claim(inquiry_id=inquiry_id, agent_id=agent_id, now=real_now())
    mine.get_by_text("客服正在处理").wait_for()
    theirs.goto(f"{live_server.url}/agent/chats/{inquiry_id}")
    mine.locator("#reply-text").press_sequentially("订单")
    theirs.get_by_text("客户正在输入…").wait_for()
    say(mine, "订单尾号 12")
    theirs.get_by_text("订单尾号 12").wait_for()
    mine.locator("input[type=file]").set_input_files(
        {"name": "box.jpg", "mimeType": "image/jpeg", "buffer": a_photo()}
    )
    mine.locator(".msg.me img").wait_for()
    theirs.locator(".bub.c img").wait_for()
    assert (
        theirs.locator(".bub.c img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    )
    theirs.locator("#reply-text").press_sequentially("您的")
    mine.get_by_text("客服正在输入…").wait_for()

    mine.context.set_offline(True)
    mine.get_by_text("手机没网").wait_for()
    say(theirs, ANSWER)
    theirs.get_by_text("等客户回复").wait_for()
    mine.context.set_offline(False)
    mine.get_by_text(ANSWER).wait_for()
    mine.get_by_text("客服已回复").wait_for()

    resolution.resolve(inquiry_id=inquiry_id, agent_id=agent_id, now=real_now())
    mine.get_by_text("这次服务怎么样").wait_for()
    assert serious_faults_of_access(mine) == []
    mine.locator(".stars label").nth(3).click()
    mine.get_by_text("解决了", exact=True).click()
    mine.get_by_role("button", name="提交评价").click()
    mine.get_by_text("您的评价：4 星").wait_for()
    say(mine, "还有一个问题")
    mine.get_by_text("排队中").wait_for()
    assert mine.locator(".msg.me .bub", has_text="还有一个问题").count() == 1
