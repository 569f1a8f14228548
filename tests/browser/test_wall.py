"""实时大盘 in real Chromium: live, honest about its age, and worked by keys; and what the phone is told."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from gig.core.clock import real_now
from gig.core.db import transaction
from gig.dispatch.models import Inquiry
from gig.dispatch.operations.claims import claim
from gig.identity import passwords
from gig.identity.models import Person
from tests import builders
from tests.browser import work
from tests.fixtures.browser import DESK, NewPage, serious_faults_of_access

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.fixtures.servers import Server

pytestmark = pytest.mark.usefixtures("session")


def held_for(owner: str, seconds: int) -> str:
    """An inquiry whose owner's clock has run so long."""
    inquiry = work.asked(ago_s=seconds + 30)
    claim(inquiry_id=inquiry, agent_id=owner, now=real_now() - dt.timedelta(seconds=seconds))
    return inquiry


def ops(page: Page, server: Server) -> None:
    id = builders.person(roles="ops", name="陈雨")
    with transaction() as session:
        person = session.get_one(Person, id)
        person.password_hash = passwords.hashed(work.PASSWORD)
        phone = person.phone.removeprefix("+86")
    page.goto(f"{server.url}/login")
    page.locator("[name=phone]").fill(phone)
    page.locator("[name=password]").fill(work.PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/console/live")


def test_ops_sees_who_waits_too_long_hands_them_on_and_is_told_when_the_figures_are_old(
    live_server: Server, new_page: NewPage, phone: Page
) -> None:
    owner, number = work.an_agent(name="林可")
    first = held_for(owner, 70)
    desk = new_page(DESK)
    ops(desk, live_server)
    desk.locator(f"#r-{first}", has_text="已超时").wait_for()
    assert serious_faults_of_access(desk) == []
    desk.emulate_media(color_scheme="dark")
    assert serious_faults_of_access(desk) == []

    # a later risk comes in by itself, and does not move what the pointer rests on
    row = desk.locator(f"#r-{first}")
    row.hover()
    earlier = held_for(owner, 120)
    desk.locator(f"#r-{earlier}").wait_for()
    assert desk.locator(".risks li").first.get_attribute("id") == f"r-{first}"
    desk.mouse.move(0, 0)
    desk.locator(f".risks li:first-child#r-{earlier}").wait_for()

    # old figures say so, and nothing can be pressed
    desk.route("**/console/live?part=wall", lambda route: route.abort())
    desk.locator("#wall").evaluate("box => { box.dataset.at = '2020-01-01T00:00:00Z' }")
    desk.get_by_text("下面的操作先停用").wait_for()
    assert desk.locator(f"#go-{first}").is_disabled()
    desk.unroute("**/console/live?part=wall")
    desk.locator("[data-wall-stale]").wait_for(state="hidden")

    # with keys alone: to the row, and on to the best free agent
    free, _ = work.an_agent(name="何静")
    work.log_in(phone, live_server, number)
    go = desk.locator(f"#go-{first}")
    for _ in range(12):
        desk.keyboard.press("j")
        if go.evaluate("button => button === document.activeElement"):
            break
    desk.keyboard.press("Enter")
    desk.get_by_text("已改派，原来的客服不受影响").wait_for()
    reserved = sa.select(sa.func.count()).where(Inquiry.id == first, Inquiry.reserved_for == free)
    assert work.count(reserved) == 1
    phone.locator("#notices", has_text="不扣分，不算漏答").wait_for()
    phone.get_by_role("button", name="知道了，收起").click()
    phone.locator("#notices .notice").wait_for(state="detached")
