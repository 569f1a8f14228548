"""Two people of finance take a week from its last reply to a bank's sheet, in real Chromium."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from gig.core.clock import real_now
from gig.payouts.disbursement.models import Batch
from gig.payouts.settlement.models import Period
from tests.browser import desks
from tests.features.settlement import books
from tests.fixtures.browser import NewPage

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from sqlalchemy.orm import Session

    from tests.fixtures.servers import Server


def two_agents_worked() -> None:
    """Replies of a week that has ended: in time, late, and at their peak."""
    at = real_now() - dt.timedelta(days=14)
    for name, replies in {"林可": ((400, 0), (800, 160), (120, 0)), "何静": ((720, 0), (640, 128))}.items():
        id = books.agent(payee=False, name=name)
        books.name_payee(id, holder=name, at=at)
        for gross, penalty in replies:
            books.earn(id, gross, base=min(gross, 400), penalty=penalty, at=at)


def fen(text: str) -> int:
    """`¥1,234.50` → 123450; every amount here has two places."""
    return int(text.translate(str.maketrans({"¥": "", ",": "", ".": "", "+": "", "−": "-"})))


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def downloaded(page: Page, kind: str) -> bytes:
    with page.expect_download() as started:
        page.locator("button.btn", has_text=kind).click()
    return Path(started.value.path()).read_bytes()


def replies_in_the_book(page: Page) -> int:
    """What the replies of the week pay, added up line by line from the book's page."""
    rows = page.locator("table.cards").first.locator("tbody tr").all()
    total = 0
    for row in rows:
        amount = fen(row.locator("[data-label=金额]").inner_text())
        kind = row.locator("[data-label=类型]").inner_text()
        total += {"佣金": amount, "迟到扣减": -amount}[kind]
    return total


def test_a_week_is_closed_approved_and_exported_between_two_people(
    live_server: Server, new_page: NewPage, session: Session
) -> None:
    two_agents_worked()
    week = session.scalars(sa.select(Period.id)).one()
    maker = desks.sits_down(new_page, live_server, session, "finance", "李敏")
    checker = desks.sits_down(new_page, live_server, session, "finance", "许岚")
    address = f"{live_server.url}/console/periods/{week}"

    maker.goto(f"{live_server.url}/console/periods")
    desks.is_open_to_all(maker)
    maker.goto(address)
    press(maker, "关账")
    maker.get_by_text("三方一致，差额 0.00").wait_for()
    assert maker.get_by_role("button", name="审批通过").count() == 0
    desks.is_open_to_all(maker)

    checker.goto(address)
    press(checker, "审批通过")
    checker.get_by_text("审批 · 许岚（你）").wait_for()

    maker.goto(address)
    maker.locator("[data-live-dot].ok").wait_for()
    maker.get_by_text("导出付款表").click()
    maker.evaluate("document.body.dispatchEvent(new CustomEvent('live:period.state'))")
    desks.is_open_to_all(maker)  # and the menu is still there: what changed meanwhile is shown later
    press(maker, "通用代发")
    maker.get_by_text("等另一位财务审批", exact=True).wait_for()
    assert maker.get_by_role("button", name="审批这一批").count() == 0
    checker.goto(address)
    press(checker, "审批这一批")
    checker.evaluate("addEventListener('submit', (event) => event.preventDefault(), {once: true})")
    checker.get_by_role("button", name="导出并冻结").click()
    checker.get_by_text("正在处理，行数多时要一会儿").wait_for()
    checker.reload()
    press(checker, "导出并冻结")
    checker.get_by_text("SHA-256").wait_for()
    desks.is_open_to_all(checker)

    paid = [fen(cell.inner_text()) for cell in checker.locator("tbody [data-label=实发]").all()]
    assert len(paid) == 2
    total = fen(checker.locator(".pfoot b").inner_text())
    assert sum(paid) == total
    maker.goto(address)
    for kind in ("XLSX", "CSV"):
        assert downloaded(checker, kind) == downloaded(maker, kind)
    sheet = list(csv.DictReader(io.StringIO(downloaded(maker, "CSV").decode("utf-8-sig"))))
    assert sorted(fen(row["转账金额（元）"]) for row in sheet) == sorted(paid)
    maker.get_by_role("link", name="对账明细").click()
    maker.locator("#f-kind").wait_for()
    desks.is_open_to_all(maker)
    assert replies_in_the_book(maker) == total
    session.rollback()
    assert session.scalars(sa.select(Batch.total_fen)).one() == total
    assert books.faults(session) == []
