"""Staff at their desks: who sits there, and whether everyone could use the page as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import builders
from tests.browser.work import PASSWORD
from tests.features.onboarding.people import phone_of
from tests.fixtures.browser import DESK, NewPage, serious_faults_of_access

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page
    from sqlalchemy.orm import Session

    from tests.fixtures.servers import Server


def sits_down(new_page: NewPage, server: Server, session: Session, role: str, name: str) -> Page:
    """Somebody new of the role has logged in and sees the page that they begin with."""
    from gig.identity import passwords

    id = builders.person(roles=role, name=name, password_hash=passwords.hashed(PASSWORD))
    page = new_page(DESK, reduced_motion="reduce")
    page.goto(f"{server.url}/login")
    page.get_by_label("手机号").fill(phone_of(session, id).removeprefix("+86"))
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/console/**")
    return page


def is_open_to_all(page: Page) -> None:
    """By day and by night nothing on the page fails WCAG AA, and it fits the desk."""
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        assert serious_faults_of_access(page) == [], f"{theme} {page.url}"
    assert page.evaluate("document.documentElement.scrollWidth") <= DESK["width"], page.url


def tab_to(page: Page, wanted: Locator) -> None:
    """The keyboard alone reaches it."""
    for _ in range(80):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} is not reached by Tab")
