"""A turn handed on in real browsers: the sheet, the next agent's page, and ops' list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gig.core.clock import real_now
from gig.core.db import transaction
from gig.identity import passwords
from gig.identity.models import Person
from tests import builders
from tests.browser import work
from tests.features.dispatch.handing import SUMMARY, fee_card, route
from tests.fixtures.browser import DESK, PHONE, NewPage, serious_faults_of_access

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.fixtures.servers import Server

pytestmark = pytest.mark.usefixtures("session")


def fits(page: Page) -> None:
    assert serious_faults_of_access(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def ops() -> str:
    id = builders.person(roles="ops", name="陈雨")
    with transaction() as session:
        person = session.get_one(Person, id)
        person.password_hash = passwords.hashed(work.PASSWORD)
        return person.phone.removeprefix("+86")


def test_a_turn_goes_to_the_next_agent_with_its_summary_and_ops_can_read_it(
    live_server: Server, new_page: NewPage
) -> None:
    now = real_now()
    fee_card(30, at=now - builders.seconds(7200))
    route("refund", "delivery", now=now)
    _, number = work.an_agent(name="林可")
    _, other_number = work.an_agent(name="陈屿")
    inquiry = work.asked("我要全额退款，别再拖了")
    phone, other = new_page(PHONE, is_mobile=True), new_page(PHONE, is_mobile=True)
    work.log_in(phone, live_server, number)
    phone.locator(f"#inq-{inquiry}").get_by_role("button", name="抢单").click()
    phone.get_by_role("link", name="升级").click()
    phone.get_by_text("转交费 ¥0.30").wait_for()
    fits(phone)
    phone.get_by_text("超出我的权限").click()
    phone.get_by_label("交接说明").fill(SUMMARY)
    phone.get_by_role("button", name="升级").click()
    phone.wait_for_url("**/agent/feed")
    assert phone.locator(f"#inq-{inquiry}").count() == 0
    phone.goto(f"{live_server.url}/agent/earnings")
    phone.get_by_text("转交费 · 超出我的权限").click()
    phone.get_by_text(SUMMARY).wait_for()
    fits(phone)
    work.log_in(other, live_server, other_number)
    card = other.locator(f"#inq-{inquiry}")
    card.get_by_text("升级").wait_for()
    card.get_by_role("button", name="抢单").click()
    handover = other.locator("#chat-handover")
    handover.get_by_text(SUMMARY).wait_for()
    assert "林可" not in other.content()
    assert handover.get_by_text("我要全额退款").is_visible()
    fits(other)
    desk = new_page(DESK)
    desk.goto(f"{live_server.url}/login")
    desk.locator("[name=phone]").fill(ops())
    desk.locator("[name=password]").fill(work.PASSWORD)
    desk.locator("[name=password]").press("Enter")
    desk.wait_for_url("**/console/**")
    desk.goto(f"{live_server.url}/console/escalations")
    desk.locator("td").get_by_text("林可").wait_for()
    fits(desk)
    desk.goto(f"{live_server.url}/console/escalations/{inquiry}")
    desk.get_by_text(SUMMARY).wait_for()
    fits(desk)
