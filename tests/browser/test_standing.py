"""Ops suspends an agent: the agent's page stops and says why, and ops sees at once what now waits in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gig.core.clock import real_now
from gig.dispatch.operations import claims
from gig.identity import passwords
from tests import builders
from tests.browser import work
from tests.fixtures.browser import DESK, PHONE, NewPage, serious_faults_of_access

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from gig.identity.values import Role
    from tests.fixtures.servers import Server

pytestmark = pytest.mark.usefixtures("session")


def staff(page: Page, server: Server, role: Role, path: str) -> None:
    """Somebody of the role has logged in and opened the page."""
    from gig.core.db import db
    from gig.identity.models import Person

    id = builders.person(roles=role, password_hash=passwords.hashed(work.PASSWORD))
    phone = db.session().get_one(Person, id).phone.removeprefix("+86")
    page.goto(f"{server.url}/login?next={path}")
    page.locator("[name=phone]").fill(phone)
    page.locator("[name=password]").fill(work.PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"**{path}")


def test_a_suspended_agents_page_stops_and_says_why_and_ops_sees_what_is_left(
    live_server: Server, new_page: NewPage
) -> None:
    agent, number = work.an_agent()
    held, waits = work.asked(), work.asked(queue="delivery")
    claims.claim(inquiry_id=held, agent_id=agent, now=real_now())
    phone = new_page(PHONE, is_mobile=True)
    work.log_in(phone, live_server, number)
    phone.goto(f"{live_server.url}/agent/chats/{held}")
    wall = new_page(DESK)
    staff(wall, live_server, "ops", "/console/waiting")
    wall.locator("[data-live-dot].ok").wait_for()
    assert wall.get_by_text("没有滞留的咨询").is_visible()
    desk = wall.context.new_page()
    desk.goto(f"{live_server.url}/console/agents/{agent}")
    desk.locator("form[action$=suspension] [name=reason]").fill("客户投诉辱骂")
    desk.locator("form[action$=suspension] button").click()

    wall.locator("[data-toast]", has_text="没人能接").wait_for()  # gone again in seconds, so it is first
    told = phone.locator(".standing .note")
    told.wait_for()
    assert "原因：客户投诉辱骂" in told.inner_text()
    phone.get_by_text("这条咨询已转给别人").wait_for()
    for id in (held, waits):
        wall.locator("tr", has_text=f"…{id[-6:]}").wait_for()
    phone.goto(f"{live_server.url}/agent/feed")
    phone.get_by_text("原因：客户投诉辱骂").first.wait_for()
    assert not phone.locator("[data-inquiry]").count()

    desk.locator("form[action$=reinstatement] [name=reason]").fill("查清了")
    desk.locator("form[action$=reinstatement] button").click()
    phone.locator(".standing .note", has_text="重新接单").wait_for()
    phone.locator("[data-inquiry]").first.wait_for()
    fresh = work.asked()
    phone.locator("[data-feed-pill]:not([hidden])").wait_for()
    phone.locator("[data-feed-pill]").click()
    phone.locator(f"[data-inquiry='{fresh}']").wait_for()


def test_the_desks_of_ops_and_reviewers_have_no_serious_fault_of_access(
    live_server: Server, new_page: NewPage
) -> None:
    agent, _number = work.an_agent()
    builders.queue("general")
    work.asked(queue="general")
    faults = {}
    for role, paths in {
        "ops": ("/console/waiting", "/console/agents?lacks=general", f"/console/agents/{agent}"),
        "reviewer": ("/console/erasures", f"/console/erasures/{agent}"),
    }.items():
        page = new_page(DESK)
        staff(page, live_server, role, paths[0])  # type: ignore[arg-type]
        for path in paths:
            page.goto(f"{live_server.url}{path}")
            faults[path] = serious_faults_of_access(page)
            page.emulate_media(color_scheme="dark")
            faults[path] += serious_faults_of_access(page)
            page.emulate_media(color_scheme="light")
    assert {path: found for path, found in faults.items() if found} == {}
