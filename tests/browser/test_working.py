"""An agent's day in real Chromium: claim, answer, and see what it paid."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from gig.dispatch.models import Message
from gig.payouts.earnings.models import Earning
from tests.browser import work
from tests.fixtures.browser import PHONE, NewPage

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from sqlalchemy.orm import Session

    from tests.fixtures.servers import Server

ANSWER = "您的退款已经原路退回，一到三个工作日到账。"

pytestmark = pytest.mark.usefixtures("session")


def claim(page: Page, inquiry_id: str) -> None:
    page.locator(f"#inq-{inquiry_id}").get_by_role("button", name="抢单").click()
    page.wait_for_url(f"**/agent/chats/{inquiry_id}")


def say(page: Page, text: str) -> None:
    page.locator("#reply-text").fill(text)
    page.get_by_role("button", name="发送").click()


def test_an_agent_claims_answers_in_time_and_sees_what_it_paid_and_why(
    live_server: Server, phone: Page
) -> None:
    _, number = work.an_agent()
    inquiry_id = work.asked("下单 40 分钟了\n还没到 🙂 䶮")
    work.log_in(phone, live_server, number)
    card = phone.locator(f"#inq-{inquiry_id}")
    assert "下单" not in card.inner_text()
    price = card.locator(".amount").inner_text()
    claim(phone, inquiry_id)
    assert phone.locator(".bub.c").inner_text() == "下单 40 分钟了\n还没到 🙂 䶮"
    phone.get_by_text("秒内回复，得全额").wait_for()
    say(phone, ANSWER)
    paid = phone.locator(".msg.me .meta a")
    paid.wait_for()
    assert paid.inner_text() == f"+{price}"
    assert "准时" in phone.locator(".msg.me .meta").inner_text()
    phone.get_by_text("等客户回复").wait_for()
    paid.click()
    phone.wait_for_url("**/agent/earnings/*")
    assert phone.locator(".hero").inner_text().replace("\n", "") == price
    phone.goto(f"{live_server.url}/agent/earnings")
    phone.locator("details.earn summary").click()
    equation = phone.locator("details.earn .eqx")
    equation.wait_for()
    assert equation.locator("b").last.inner_text() == price.removeprefix("¥")
    assert price.removeprefix("¥") in phone.locator(".sumline").inner_text()


def test_a_further_message_arrives_without_disturbing_what_is_being_typed(
    live_server: Server, phone: Page
) -> None:
    _, number = work.an_agent()
    inquiry_id = work.asked()
    work.log_in(phone, live_server, number)
    claim(phone, inquiry_id)
    phone.locator("#reply-text").fill("我正在查")
    work.adds(inquiry_id, "还在吗？已经等很久了")
    phone.get_by_text("还在吗？已经等很久了").wait_for()
    assert phone.locator("#reply-text").input_value() == "我正在查"


def test_a_draft_survives_a_reload_and_another_device(
    live_server: Server, phone: Page, new_page: NewPage
) -> None:
    _, number = work.an_agent()
    inquiry_id = work.asked()
    work.log_in(phone, live_server, number)
    claim(phone, inquiry_id)
    with phone.expect_response(re.compile("/draft$")):
        phone.locator("#reply-text").fill("写了一半的话")
    phone.reload()
    assert phone.locator("#reply-text").input_value() == "写了一半的话"
    other = new_page(PHONE)
    work.log_in(other, live_server, number)
    other.goto(f"{live_server.url}/agent/chats/{inquiry_id}")
    assert other.locator("#reply-text").input_value() == "写了一半的话"


def test_of_two_agents_at_one_inquiry_the_second_is_told_calmly(
    live_server: Server, new_page: NewPage
) -> None:
    inquiry_id = work.asked()
    pages = []
    for name in ("林可", "周舟"):
        _, number = work.an_agent(name=name)
        page = new_page(PHONE)
        work.log_in(page, live_server, number)
        pages.append(page)
    first, second = pages
    second.route("**/live/stream*", lambda route: route.abort())
    second.reload()
    claim(first, inquiry_id)
    second.locator(f"#inq-{inquiry_id} button:has-text('抢单')").evaluate("button => button.click()")
    second.get_by_text("手慢了，这条刚被抢走，没扣分").wait_for()
    second.locator(f"#inq-{inquiry_id}").wait_for(state="detached")
    assert second.url.endswith("/agent/feed")


def test_a_taken_inquiry_greys_where_it_stands(live_server: Server, new_page: NewPage) -> None:
    taken, other = work.asked(ago_s=90), work.asked()
    pages = []
    for name in ("林可", "周舟"):
        _, number = work.an_agent(name=name)
        page = new_page(PHONE)
        work.log_in(page, live_server, number)
        pages.append(page)
    first, second = pages
    claim(first, taken)
    second.locator(f"#inq-{taken}.taken").wait_for()
    second.locator(f"#inq-{taken}").wait_for(state="detached")
    assert second.locator(f"#inq-{other}").is_visible()


def test_a_reply_written_without_a_connection_is_sent_once_when_it_is_back(
    live_server: Server, phone: Page
) -> None:
    _, number = work.an_agent()
    inquiry_id = work.asked()
    work.log_in(phone, live_server, number)
    claim(phone, inquiry_id)
    phone.locator("html.js").wait_for(state="attached")  # the page's scripts are there
    phone.context.set_offline(True)
    phone.locator("[data-offline]").wait_for()
    say(phone, ANSWER)
    phone.locator(".msg.queued").wait_for()
    phone.locator("[data-ring-headline]", has_text="约").wait_for()
    phone.context.set_offline(False)
    phone.locator(".msg.me .meta a").wait_for()
    assert not phone.locator("[data-offline]").is_visible()
    sent = sa.select(sa.func.count()).where(Message.inquiry_id == inquiry_id, Message.author == "agent")
    assert work.count(sent) == 1
    assert work.count(sa.select(sa.func.count()).select_from(Earning)) == 1


def test_a_new_inquiry_is_counted_in_a_pill_and_moves_no_row(live_server: Server, phone: Page) -> None:
    _, number = work.an_agent()
    first = work.asked(ago_s=90)
    work.log_in(phone, live_server, number)
    place = phone.locator(f"#inq-{first}").bounding_box()
    new = work.asked(ago_s=0)
    phone.get_by_text("有 1 条新咨询").wait_for()
    assert phone.locator(f"#inq-{new}").count() == 0
    assert phone.locator(f"#inq-{first}").bounding_box() == place
    phone.get_by_text("有 1 条新咨询").click()
    phone.locator(f"#inq-{new}").wait_for()
    phone.locator(f"#inq-{first}").wait_for()


def test_claim_and_reply_work_without_scripts(live_server: Server, new_page: NewPage) -> None:
    _, number = work.an_agent()
    inquiry_id = work.asked()
    page = new_page(PHONE, java_script_enabled=False)
    work.log_in(page, live_server, number)
    claim(page, inquiry_id)
    say(page, "您好，请稍等")
    assert "不计费" in page.locator(".msg.me .meta").last.inner_text()
    say(page, ANSWER)
    assert "+¥" in page.locator(".msg.me .meta").last.inner_text()
    page.get_by_role("button", name="已解决").click()
    page.wait_for_url("**/agent/chats")
    assert page.get_by_text("今天已解决").is_visible()


def test_giving_back_says_what_it_costs_and_keeps_the_others_words_away(
    live_server: Server, phone: Page
) -> None:
    _, number = work.an_agent()
    inquiry_id = work.asked("只有抢到的人能看的话")
    work.log_in(phone, live_server, number)
    claim(phone, inquiry_id)
    phone.get_by_role("link", name="退单").click()
    phone.get_by_text("今天还可免费退单 3 次").wait_for()
    phone.get_by_text("临时有事").click()
    phone.get_by_role("button", name="退单").click()
    phone.get_by_text("今天还可免费退单 2 次").wait_for()
    phone.locator(f"#inq-{inquiry_id}").get_by_text("计时没停").wait_for()
    phone.goto(f"{live_server.url}/agent/chats/{inquiry_id}")
    assert phone.get_by_text("你退了这一单").is_visible()
    assert phone.get_by_text("只有抢到的人能看的话").count() == 0


def test_going_offline_asks_first_while_a_customer_waits(
    live_server: Server, phone: Page, session: Session
) -> None:
    agent_id, number = work.an_agent()
    inquiry_id = work.asked()
    work.log_in(phone, live_server, number)
    claim(phone, inquiry_id)
    phone.goto(f"{live_server.url}/agent/feed")
    phone.get_by_role("switch").click()
    phone.get_by_text("还有 1 位客户在等你").wait_for()
    assert work.presence_of(agent_id) == "online"
    phone.get_by_role("button", name="仍然离线").click()
    phone.wait_for_url("**/agent/feed")
    assert work.presence_of(agent_id) == "offline"
    assert phone.get_by_role("switch").get_attribute("aria-checked") == "false"


def test_another_agents_earning_and_conversation_do_not_exist(live_server: Server, new_page: NewPage) -> None:
    inquiry_id = work.asked()
    _, number = work.an_agent()
    mine = new_page(PHONE)
    work.log_in(mine, live_server, number)
    claim(mine, inquiry_id)
    say(mine, ANSWER)
    link = mine.locator(".msg.me .meta a")
    link.wait_for()
    address = link.get_attribute("href")
    _, number = work.an_agent(name="周舟")
    other = new_page(PHONE)
    work.log_in(other, live_server, number)
    for path in (address, f"/agent/chats/{inquiry_id}"):
        answer = other.goto(f"{live_server.url}{path}")
        assert answer is not None
        assert answer.status == 404
