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
