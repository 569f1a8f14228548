"""Each of the agent's pages: open to everyone's eyes and hands, in both themes and both languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gig.core.clock import real_now
from gig.dispatch.operations import claims, replies, resolution
from tests.browser import work
from tests.fixtures.browser import PHONE, NewPage, serious_faults_of_access

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.fixtures.servers import Server

HAN = re.compile("[\u3400-\u9fff]+")
LARGEST = {"name": "text", "value": "larger"}

pytestmark = pytest.mark.usefixtures("session")


def a_day_of_work(agent_id: str) -> list[str]:
    """One conversation in which a customer waits, one that waits for the customer, one resolved."""
    open_one, answered, resolved = (work.asked("Where is my order? " * n) for n in (1, 2, 3))
    for inquiry_id in (open_one, answered, resolved):
        claims.claim(inquiry_id=inquiry_id, agent_id=agent_id, now=real_now())
    for inquiry_id in (answered, resolved):
        replies.reply(
            inquiry_id=inquiry_id, agent_id=agent_id, text="It arrives in ten minutes.", now=real_now()
        )
    resolution.resolve(inquiry_id=resolved, agent_id=agent_id, now=real_now())
    work.asked("Can I still cancel?", queue="delivery")
    return [open_one, answered, resolved]


def pages(conversations: list[str]) -> list[str]:
    chats = [f"/agent/chats/{id}" for id in conversations]
    return [
        "/agent/feed",
        "/agent/chats",
        *chats,
        f"{chats[0]}/release",
        "/agent/leaving",
        "/agent/earnings",
        "/agent/earnings?range=period",
        "/agent/me",
        "/agent/duty",
        "/agent/offers",
        f"/agent/inquiries/{conversations[0]}/why-not-me",
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_serious_fault_of_access_or_scrolls_sideways(
    live_server: Server, new_page: NewPage, theme: str
) -> None:
    agent_id, number = work.an_agent()
    conversations = a_day_of_work(agent_id)
    page = new_page(PHONE, color_scheme=theme, is_mobile=True)
    work.log_in(page, live_server, number)
    faults: dict[str, list[str]] = {}
    for path in pages(conversations):
        page.goto(f"{live_server.url}{path}")
        faults[path] = serious_faults_of_access(page)
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            faults[path].append("wider than the phone")
    assert {path: found for path, found in faults.items() if found} == {}


def test_english_pages_hold_no_chinese_words(live_server: Server, new_page: NewPage) -> None:
    agent_id, number = work.an_agent(name="Lin Ke")
    conversations = a_day_of_work(agent_id)
    page = new_page(PHONE)
    work.log_in(page, live_server, number, language="en")
    found: dict[str, list[str]] = {}
    for path in pages(conversations):
        page.goto(f"{live_server.url}{path}")
        page.evaluate("document.querySelectorAll('[lang=zh-CN]').forEach(part => part.remove())")
        words = f"{page.title()} {page.locator('body').inner_text()} {_said_to_readers(page)}"
        found[path] = HAN.findall(words)
    assert {path: words for path, words in found.items() if words} == {}


def test_the_largest_text_cuts_neither_the_composer_nor_the_price(
    live_server: Server, new_page: NewPage
) -> None:
    agent_id, number = work.an_agent()
    conversations = a_day_of_work(agent_id)
    page = new_page(PHONE, is_mobile=True)
    page.context.add_cookies([{**LARGEST, "url": live_server.url}])
    work.log_in(page, live_server, number, language="en")
    for path in pages(conversations):
        page.goto(f"{live_server.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
    page.goto(f"{live_server.url}/agent/chats/{conversations[0]}")
    for part in ("#reply-text", "[data-ring-pay]", "[data-composer] button"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["y"] + box["height"] <= PHONE["height"]


@pytest.mark.parametrize(
    ("presence", "words"), [("offline", "你现在离线，可以先看看在排什么"), ("away", "小休中")]
)
def test_who_is_not_online_sees_what_waits_and_what_to_do(
    live_server: Server, phone: Page, presence: str, words: str
) -> None:
    _, number = work.an_agent(presence=presence)
    inquiry_id = work.asked()
    work.log_in(phone, live_server, number)
    assert phone.get_by_text(words).first.is_visible()
    assert phone.locator(f"#inq-{inquiry_id} button.claim").count() == 0
    phone.get_by_role("switch").click()
    phone.locator(f"#inq-{inquiry_id}").get_by_role("button", name="抢单").wait_for()


def test_an_empty_feed_says_when_work_will_come(live_server: Server, phone: Page) -> None:
    _, number = work.an_agent()
    work.log_in(phone, live_server, number)
    assert phone.get_by_text("现在没人排队").is_visible()
    work.asked(ago_s=0)
    phone.get_by_role("button", name="抢单").wait_for()


def _said_to_readers(page: Page) -> str:
    """The words that are heard and not seen."""
    spoken = "element => element.getAttribute('aria-label') || element.getAttribute('title')"
    return " ".join(
        page.locator("[aria-label], [title], [placeholder]").evaluate_all(
            f"all => all.map({spoken}).concat(all.map(element => element.placeholder)).filter(Boolean)"
        )
    )
