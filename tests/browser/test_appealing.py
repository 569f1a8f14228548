"""A late reply is appealed from its statement, upheld at a desk, and the money is back, in real Chromium."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from gig.core import tunables
from gig.core.clock import real_now
from gig.core.db import transaction
from gig.payouts.settlement.operations.closing import close_due
from gig.payouts.settlement.values import CLOSE_GRACE, PERIOD_KIND
from tests.browser import desks, work
from tests.features.quality.cases import DAY, late_reply, reversals
from tests.features.settlement import books
from tests.fixtures.browser import PHONE, NewPage, serious_faults_of_access

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from sqlalchemy.orm import Session

    from tests.fixtures.servers import Server

SAID = "我在 52 秒点了发送，一直转圈，重连后才发出去。"
ANSWERED = "记录与您说的一致，扣款已返还。给您添麻烦了。"


def a_closed_day_with_a_late_reply() -> str:
    """Two days ago an agent answered late; that day is closed. Returns the agent's phone."""
    with transaction() as session:
        for number, value in ((PERIOD_KIND, 0), (CLOSE_GRACE, 0)):
            tunables.change(session, number.name, value, actor_id=None, reason="按天结算", now=real_now())
    id, phone = work.an_agent()
    books.name_payee(id, at=real_now() - 30 * DAY)
    late_reply(id, at=real_now() - 2 * DAY)
    for minute in range(4):
        books.earn(id, 400, at=real_now() - 2 * DAY + dt.timedelta(minutes=minute))
    close_due(now=real_now())
    return phone


def all_can_use(page: Page) -> None:
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        assert serious_faults_of_access(page) == [], f"{theme} {page.url}"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], page.url


def test_a_late_deduction_comes_back_from_the_statement_to_the_desk_and_home(
    live_server: Server, new_page: NewPage, session: Session
) -> None:
    number = a_closed_day_with_a_late_reply()
    phone = new_page(PHONE, reduced_motion="reduce")
    work.log_in(phone, live_server, number)
    phone.get_by_role("link", name="收入", exact=True).click()
    phone.locator("#hourly").wait_for()
    all_can_use(phone)
    phone.get_by_role("link", name="往期").click()
    phone.locator(".list a.row").first.click()
    phone.get_by_role("link", name="迟到扣减").wait_for()
    all_can_use(phone)
    phone.get_by_role("link", name="迟到扣减").click()
    phone.locator("details.earn summary").click()
    phone.get_by_text("还可申诉").wait_for()
    all_can_use(phone)
    phone.get_by_role("link", name="返回").click()
    phone.get_by_role("link", name="有异议").click()
    all_can_use(phone)
    phone.get_by_role("link", name="申诉", exact=False).filter(has_text="迟到扣款").click()
    phone.get_by_label("哪里不对").fill(SAID)
    all_can_use(phone)
    phone.get_by_role("button", name="提交申诉").click()
    phone.get_by_text("最晚").wait_for()
    all_can_use(phone)

    desk = desks.sits_down(new_page, live_server, session, "reviewer", "周航")
    desk.get_by_role("link", name="申诉").click()
    desks.is_open_to_all(desk)
    desk.locator("tbody a.btn").click()
    desk.get_by_text("服务器收到回复，判定迟到 14 秒").wait_for()
    desks.is_open_to_all(desk)
    whole = desk.locator("[data-fen]").all_inner_texts()
    desk.locator("[name=verdict][value=partly]").check()
    desk.locator("[name=part]").fill("0.10")
    assert desk.locator("[data-fen]").all_inner_texts() == ["0.10", "0.10"], "the entry says the stated part"
    desk.get_by_label("成立，全额返还").check()
    assert desk.locator("[data-fen]").all_inner_texts() == whole
    desk.get_by_text("平台网络", exact=True).click()
    desk.get_by_label("回复客服").fill(ANSWERED)
    with desk.expect_navigation():
        desk.get_by_role("button", name="确认裁定").click()
    desk.get_by_text(ANSWERED).wait_for()
    desks.is_open_to_all(desk)

    phone.get_by_text(ANSWERED).wait_for()
    phone.get_by_text("这一条不再计分").wait_for()
    phone.get_by_text("成立：这一条不算了").wait_for()
    all_can_use(phone)
    (reversal,) = reversals(session)
    shown = f"+¥{reversal.amount_fen / 100:.2f}"
    assert shown in phone.locator(".hero").inner_text().replace("\n", "")
    phone.get_by_role("link", name="看这条怎么算的").click()
    phone.get_by_text(f"申诉成立，返还扣款 +¥{reversal.amount_fen / 100:.2f}").wait_for()
    all_can_use(phone)


def test_the_papers_come_down_and_no_script_is_needed(
    live_server: Server, new_page: NewPage, session: Session
) -> None:
    number = a_closed_day_with_a_late_reply()
    phone = new_page(PHONE, java_script_enabled=False)
    work.log_in(phone, live_server, number)
    phone.goto(f"{live_server.url}/agent/statements")
    phone.locator(".list a.row").first.click()
    for kind, first in (("PDF", b"%PDF-"), ("CSV", "\ufeff".encode())):
        if not phone.locator(".menu").is_visible():
            phone.locator("summary[aria-label=下载]").click()
        with phone.expect_download() as started:
            phone.locator(".menu a", has_text=kind).click()
        assert Path(started.value.path()).read_bytes().startswith(first)
    phone.get_by_role("link", name="有异议").click()
    phone.get_by_role("link", name="申诉", exact=False).filter(has_text="迟到扣款").click()
    phone.get_by_label("哪里不对").fill(SAID)
    phone.get_by_role("button", name="提交申诉").click()
    phone.get_by_text(SAID).wait_for()
