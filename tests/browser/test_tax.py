"""Two people of finance choose a tax policy and pay by it; the agent reads each step on the phone."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import sqlalchemy as sa

from gig.core.clock import real_now
from gig.payouts.settlement.models import Period
from tests.browser import desks, work
from tests.features.settlement import books
from tests.features.tax import taxing
from tests.fixtures.browser import PHONE, NewPage, serious_faults_of_access

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from sqlalchemy.orm import Session

    from tests.fixtures.servers import Server


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name).first.click()


def a_rich_week(session: Session) -> tuple[str, str]:
    """An agent who is owed ¥20,000 of a week that has ended and was approved: (phone, period)."""
    long_ago = real_now() - dt.timedelta(days=14)
    id, phone = work.an_agent()
    taxing.show_document(id, "林可", taxing.RESIDENT)
    books.name_payee(id, at=long_ago)
    books.post(id, "adjustment", 2_000_000, at=long_ago)
    books.close(real_now())
    period_id = session.scalars(sa.select(Period.id).order_by(Period.starts_at)).first()
    assert period_id is not None
    books.approve(period_id, at=real_now())
    return phone, period_id


def test_a_policy_is_chosen_and_its_tax_is_explained(
    live_server: Server, new_page: NewPage, session: Session
) -> None:
    phone, period_id = a_rich_week(session)
    maker = desks.sits_down(new_page, live_server, session, "finance", "李敏")
    checker = desks.sits_down(new_page, live_server, session, "finance", "许岚")
    address = f"{live_server.url}/console/tax"

    maker.goto(address)
    maker.get_by_label("办法").select_option("platform_2025")
    maker.get_by_label("扣缴义务人名称").fill("应声科技有限公司")
    maker.get_by_label("纳税人识别号").fill(taxing.PAYER)
    maker.get_by_label("为什么").fill("已报送平台信息")
    press(maker, "提出")
    maker.get_by_text("等另一位财务复核", exact=True).wait_for()
    desks.is_open_to_all(maker)
    checker.goto(address)
    press(checker, "复核通过")
    checker.get_by_text("平台从业人员累计预扣").first.wait_for()

    agent = new_page(PHONE)
    work.log_in(agent, live_server, phone)
    agent.goto(f"{live_server.url}/agent/statements/{period_id}")
    agent.get_by_text("代扣个税（预估）").click()
    agent.get_by_text("应纳税所得额").wait_for()
    assert "330.00" in agent.locator("main").inner_text()
    for theme in ("dark", "light"):
        agent.emulate_media(color_scheme=theme)
        assert serious_faults_of_access(agent) == []
    assert agent.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    period = f"{live_server.url}/console/periods/{period_id}"
    maker.goto(period)
    maker.get_by_text("导出付款表").click()
    press(maker, "通用代发")
    checker.goto(period)
    press(checker, "审批这一批")
    press(checker, "导出并冻结")
    checker.get_by_text("SHA-256").wait_for()
    assert checker.locator("[data-label=实发]").first.inner_text() == "19,670.00"
    desks.is_open_to_all(checker)
    agent.reload()
    agent.get_by_text("已扣", exact=True).wait_for()
    checker.goto(address)
    checker.get_by_text("结束后可做").first.wait_for()
    desks.is_open_to_all(checker)
