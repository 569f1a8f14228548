"""A reviewer decides about two people without touching the mouse, in real Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gig.core.clock import real_now
from gig.onboarding.operations.applications import save_draft, submit
from tests.browser import desks
from tests.features.onboarding.conftest import applicant_named
from tests.features.onboarding.people import NUMBER, OTHER_NUMBER, application_of, photo
from tests.fixtures.browser import NewPage

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.fixtures.servers import Server

REASON = "右上角反光，关掉闪光灯再拍一次。"


def handed_in(name: str, number: str) -> str:
    """Somebody who has photographed their card and waits."""
    id = applicant_named(name)
    photos = {side: photo(seed=f"{name} {side}") for side in ("front", "back")}
    assert save_draft(person_id=id, name=name, number=number, photos=photos, now=real_now()) == {}
    submit(person_id=id, consent=True, now=real_now())
    return id


def test_a_reviewer_passes_one_and_rejects_another_with_the_keyboard_alone(
    live_server: Server, new_page: NewPage, session: Session
) -> None:
    lin, zhou = handed_in("林晓明", NUMBER), handed_in("周小舟", OTHER_NUMBER)
    page = desks.sits_down(new_page, live_server, session, "reviewer", "徐婷")
    desks.is_open_to_all(page)
    desks.tab_to(page, page.get_by_role("link", name="从等得最久的开始"))
    page.keyboard.press("Enter")
    page.get_by_text("110***********0015").wait_for()
    page.wait_for_load_state("networkidle")
    desks.is_open_to_all(page)

    page.keyboard.press("a")
    page.get_by_text("360***********0071").wait_for()
    page.wait_for_load_state("networkidle")
    assert application_of(session, lin).state == "approved"

    desks.tab_to(page, page.get_by_role("radio").first)
    page.keyboard.press("Space")
    desks.tab_to(page, page.get_by_role("checkbox", name="身份证人像面"))
    page.keyboard.press("Space")
    desks.tab_to(
        page,
        page.get_by_role("heading", name="核对").locator(
            "xpath=ancestor::section//button[contains(., '退回补拍')]"
        ),
    )
    page.keyboard.press("r")
    page.keyboard.type(REASON)
    desks.is_open_to_all(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("都审完了").wait_for()
    desks.is_open_to_all(page)

    rejected = application_of(session, zhou)
    assert (rejected.state, rejected.reason_text, rejected.retake) == ("rejected", REASON, "front")
    page.goto(f"{live_server.url}/console/review/{rejected.id}")
    assert page.get_by_text(REASON).first.is_visible()
    desks.is_open_to_all(page)
