"""派单 on a real phone: the sheet comes by itself, says why, and leaves when it is decided."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gig.core import tunables
from gig.core.clock import real_now
from gig.core.db import transaction
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.offers import sweep_offers
from gig.dispatch.operations.replies import reply
from gig.identity.operations.presence import set_presence
from tests import builders
from tests.browser import work
from tests.fixtures.browser import PHONE, NewPage, serious_faults_of_access

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.fixtures.servers import Server

pytestmark = pytest.mark.usefixtures("session")


def offered() -> str:
    """An inquiry that has just been offered to whoever is idle."""
    inquiry_id = work.asked("退款怎么还没到账？", ago_s=47)
    assert sweep_offers(now=real_now(), wait=builders.seconds(0)) == 1
    return inquiry_id


def set_online(agent_id: str) -> None:
    set_presence(agent_id=agent_id, state="online", now=real_now())


def patient() -> None:
    """Offers stay open for as long as a busy machine may need."""
    with transaction() as session:
        for name, value in (("offer_open_s", 60), ("offer_pause_s", 0)):
            tunables.change(session, name, value, actor_id=None, reason="test", now=real_now())


def picture(page: Page, name: str) -> None:
    """Kept where somebody wants to look at it."""
    if folder := os.environ.get("GIG_TEST_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_an_offer_comes_says_why_and_is_refused_lost_or_taken(live_server: Server, new_page: NewPage) -> None:
    patient()
    _, number = work.an_agent()
    page = new_page(PHONE, is_mobile=True, color_scheme="dark")
    work.log_in(page, live_server, number)
    offered()
    sheet = page.locator("[data-offer]")
    sheet.get_by_text("系统派给你").wait_for()
    sheet.get_by_text("为什么派给我").click()
    assert sheet.get_by_text("服务分：你 84.8").is_visible()
    page.wait_for_timeout(400)
    assert serious_faults_of_access(page) == []
    picture(page, "offer-dark")
    sheet.get_by_role("button", name="不接").click()
    sheet.wait_for(state="detached")
    page.get_by_text("今天还可不接 2 次").wait_for()

    rival = builders.agent(presence="away", seen_at=real_now(), tier="gold")
    taken = offered()
    sheet.wait_for()
    set_online(rival)
    claim(inquiry_id=taken, agent_id=rival, now=real_now())
    sheet.wait_for(state="detached")
    page.get_by_text("不算你没应答").wait_for()

    mine = offered()
    sheet.wait_for()
    sheet.get_by_role("button", name="接", exact=True).click()
    page.wait_for_url(f"**/agent/chats/{mine}")


def test_who_accepts_on_one_page_is_not_told_on_another_that_it_was_taken(
    live_server: Server, new_page: NewPage
) -> None:
    patient()
    agent, number = work.an_agent()
    page = new_page(PHONE, is_mobile=True)
    work.log_in(page, live_server, number)
    other = page.context.new_page()
    other.goto(f"{live_server.url}/agent/feed")
    mine = offered()
    there = other.locator("[data-offer]")
    there.get_by_text("系统派给你").wait_for()
    page.locator("[data-offer]").get_by_role("button", name="接", exact=True).click()
    page.wait_for_url(f"**/agent/chats/{mine}")
    there.wait_for(state="detached")
    assert other.locator("[data-toast]").count() == 0
    reply(inquiry_id=mine, agent_id=agent, text="已为您全额退款，请稍后查看。", now=real_now())
    offered()
    there.wait_for()
    work.adds(mine, "还在吗？")
    other.get_by_text("派单先收回").wait_for()


UNCOVERED = """(field) => {
  const box = field.getBoundingClientRect();
  const round = 24;  // its corners are
  const spots = [[round, 3], [box.width / 2, box.height / 2], [box.width - round, box.height - 3]];
  return spots.every(([x, y]) => document.elementFromPoint(box.x + x, box.y + y) === field);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_offer_covers_nothing_of_a_conversation_and_leaves_when_its_customer_asks(
    live_server: Server, new_page: NewPage, scheme: str
) -> None:
    patient()
    agent, number = work.an_agent()
    held = work.asked()
    claim(inquiry_id=held, agent_id=agent, now=real_now())
    reply(inquiry_id=held, agent_id=agent, text="已为您全额退款，请稍后查看。", now=real_now())
    page = new_page(PHONE, is_mobile=True, color_scheme=scheme)
    work.log_in(page, live_server, number)
    page.goto(f"{live_server.url}/agent/chats/{held}")
    box = page.locator("[data-composer] textarea")
    box.click()
    box.press_sequentially("退款一般三天内")
    before = box.bounding_box()
    offered()
    bar = page.locator("[data-offer]")
    bar.get_by_text("系统派给你").wait_for()
    box.press_sequentially("到账")
    assert box.input_value() == "退款一般三天内到账", "what is typed goes where it was typed"
    assert box.evaluate(UNCOVERED)
    assert box.bounding_box() == before, "nothing moves under the thumb"
    assert page.locator(".scrim").count() == 0
    bar.get_by_text("为什么派给我").click()
    assert bar.get_by_text("服务分：你 84.8").is_visible()
    assert box.evaluate(UNCOVERED)
    assert serious_faults_of_access(page) == []
    for button in bar.get_by_role("button").all():
        size = button.bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 44
    picture(page, f"offer-beside-composer-{scheme}")
    work.adds(held, "那还要等多久？")
    bar.wait_for(state="detached")
    page.get_by_text("派单先收回").wait_for()
    assert box.input_value() == "退款一般三天内到账"
    page.reload()
    assert page.locator("[data-offer]").count() == 0
    page.goto(f"{live_server.url}/agent/feed")
    assert page.locator("[data-offer]").count() == 0


def test_a_bar_beside_the_composer_is_refused_and_taken_by_its_buttons(
    live_server: Server, new_page: NewPage
) -> None:
    patient()
    agent, number = work.an_agent()
    held = work.asked()
    claim(inquiry_id=held, agent_id=agent, now=real_now())
    reply(inquiry_id=held, agent_id=agent, text="已为您全额退款，请稍后查看。", now=real_now())
    page = new_page(PHONE, is_mobile=True)
    work.log_in(page, live_server, number)
    page.goto(f"{live_server.url}/agent/chats/{held}")
    bar = page.locator("[data-offer]")
    offered()
    bar.get_by_role("button", name="不接").click()
    bar.wait_for(state="detached")
    page.get_by_text("今天还可不接 2 次").wait_for()
    mine = offered()
    bar.get_by_role("button", name="接", exact=True).click()
    page.wait_for_url(f"**/agent/chats/{mine}")
