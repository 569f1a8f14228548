"""Choosing a script over a running clock, on a phone that loses its network, and being held back in time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from gig.core.clock import real_now
from gig.dispatch.models import Message
from gig.dispatch.operations.claims import claim
from gig.dispatch.scripts.operations.library import Wording, create_script
from tests.browser import work
from tests.fixtures.browser import NewPage

if TYPE_CHECKING:
    from tests.fixtures.servers import Server

pytestmark = pytest.mark.usefixtures("session")

LIBRARY = (
    Wording(
        "退款到账时效", "订单 {order} 一到三个工作日到账，请留意短信。", "answer", "refund", "refund_status"
    ),
    Wording("原路退回说明", "{customer}，款项原路退回。", "answer", "refund", ""),
    Wording("温馨结束", "还有其他可以帮您的吗？", "closing"),
    Wording("催骑手", "已经催过骑手。", "answer", "delivery", ""),
    *(Wording(f"备用话术{letter}", "备用的话。", "transfer") for letter in "甲乙丙丁"),
)


def test_picking_fills_the_box_offline_and_the_check_holds_back_what_must_not_go(
    live_server: Server, new_page: NewPage
) -> None:
    agent_id, number = work.an_agent()
    inquiry_id = work.asked("我电话13812345678，钱退到哪了？")
    ids = {each.title: create_script(wording=each, actor_id=None, now=real_now()) for each in LIBRARY}
    claim(inquiry_id=inquiry_id, agent_id=agent_id, now=real_now())
    page = new_page()
    work.log_in(page, live_server, number)
    page.goto(f"{live_server.url}/agent/chats/{inquiry_id}")
    box = page.locator("#reply-text")

    page.locator("a.tool:has-text('话术')").click()
    sheet = page.locator("[data-pick-sheet]")
    sheet.locator("[data-ring]").wait_for()
    picks = sheet.locator("[data-pick]:visible")
    assert picks.count() == 5
    assert "退款到账时效" in picks.first.inner_text()
    assert "最匹配" in picks.first.inner_text()
    first = picks.nth(0).get_attribute("data-title")
    sheet.locator("[data-more]").click()
    assert picks.first.get_attribute("data-title") != first
    with page.expect_response(re.compile("/favourite$")):
        picks.first.locator("[data-favourite-form] button").click()
    page.keyboard.press("Escape")
    sheet.wait_for(state="detached")

    page.route("**/*", lambda route: route.abort())
    page.evaluate("window.dispatchEvent(new Event('offline'))")
    page.locator("a.tool:has-text('话术')").click()
    search = sheet.locator("input[name=q]")
    search.fill("cqs")
    assert picks.locator("b").all_inner_texts() == ["催骑手"]
    search.fill("tkdz")
    picks.first.locator("[data-insert]").click()
    assert box.input_value() == "订单 【订单号】 一到三个工作日到账，请留意短信。"
    assert box.evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)") == "【订单号】"
    assert page.locator("[name=script_id]").input_value() == ids["退款到账时效"]
    assert page.locator(".msg.me").count() == 0, "picking never sends"

    page.unroute("**/*")
    page.reload()
    page.locator("a.tool:has-text('话术')").click()
    search.fill("dzsx")
    picks.first.locator("[data-insert]").click()
    hints = page.locator("[data-check]")
    box.fill("订单 20 一到三个工作日到账，加我薇❤。")
    hints.get_by_text("「加我薇」像在约客户到站外联系或交易。").wait_for()
    page.locator("[data-composer] button").click()
    page.locator("#toasts").get_by_text("计时没有停").wait_for()
    assert box.input_value() == "订单 20 一到三个工作日到账，加我薇❤。"
    box.fill("到账短信会发到 13812345678。")
    hints.get_by_text("客户的手机号会打码后发出。").wait_for()
    page.locator("[data-composer] button").click()
    page.get_by_text("到账短信会发到 138****5678。").wait_for()
    mine = sa.select(sa.func.count()).where(
        Message.text == "到账短信会发到 138****5678。", Message.script_id == ids["退款到账时效"]
    )
    assert work.count(mine) == 1
