"""Ops changes what work is worth, in real Chromium: from the card in force to one that is to come."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import sqlalchemy as sa

from gig.core.businesstime import business_zone
from gig.core.clock import real_now
from gig.payouts.rates import queries
from gig.payouts.rates.models import RateCardVersion
from tests.browser import desks
from tests.fixtures.browser import NewPage

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page
    from sqlalchemy.orm import Session

    from tests.fixtures.servers import Server

TOO_MUCH = "基础佣金要在 0.50 到 4.00 元之间。"


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def words_beside(field: Locator) -> str:
    """What a screen reader adds to the field's name."""
    return field.evaluate("f => document.getElementById(f.getAttribute('aria-describedby')).innerText")


def test_ops_copies_the_card_in_force_mends_a_fault_and_publishes_it_for_an_instant(
    live_server: Server, new_page: NewPage, session: Session
) -> None:
    page = desks.sits_down(new_page, live_server, session, "ops", "陈雨")
    page.goto(f"{live_server.url}/console/rates")
    desks.is_open_to_all(page)
    press(page, "从生效中的卡新建草稿")

    page.get_by_label("名称", exact=True).last.fill("冬季卡")
    price = page.locator("#f-base-0-yuan")
    before = price.input_value()
    price.fill("4.01")
    press(page, "检查")
    assert (price.input_value(), price.get_attribute("aria-invalid")) == ("4.01", "true")
    assert words_beside(price) == TOO_MUCH
    page.get_by_role("alert").get_by_role("link", name=TOO_MUCH).click()
    assert page.get_by_text(TOO_MUCH).last.is_visible()
    desks.is_open_to_all(page)

    price.fill("2.60")
    press(page, "检查")
    page.get_by_text("检查过了，没有问题。还没有保存。").wait_for()
    assert f"{before} → 2.60" in page.locator(".diff").inner_text()
    desks.is_open_to_all(page)

    zone = business_zone(queries.business_zone_name())
    start = zone.local(real_now() + dt.timedelta(days=2)).replace(hour=9, minute=30, second=0, microsecond=0)
    page.locator("#f-valid_from").fill(start.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("为什么改").fill("冬天单子多")
    press(page, "保存并发布")
    page.get_by_text("已发布，到时自动生效。").wait_for()
    assert page.get_by_text("待生效").first.is_visible()
    assert page.locator("#f-base-0-yuan").count() == 0
    assert start.strftime("%H:%M") in page.locator(".hd").inner_text()
    desks.is_open_to_all(page)

    page.goto(f"{live_server.url}/console/rates")
    row = page.get_by_role("row", name="冬季卡")
    assert "待生效" in row.inner_text()
    assert page.get_by_role("row").filter(has_text="生效中").count() == 1

    session.rollback()
    version = session.scalars(sa.select(RateCardVersion).where(RateCardVersion.name == "冬季卡")).one()
    assert version.valid_from == start
    assert queries.card_of(version).base[0].fen == 260
    assert queries.card_in_force(session, start)[0] == version.id
    assert queries.card_in_force(session, start - dt.timedelta(microseconds=1))[0] != version.id


def test_the_edge_of_a_peak_is_drawn_in_the_picture_and_saved_with_the_form(
    live_server: Server, new_page: NewPage, session: Session
) -> None:
    page = desks.sits_down(new_page, live_server, session, "ops", "陈雨")
    page.goto(f"{live_server.url}/console/rates")
    press(page, "从生效中的卡新建草稿")
    blocks = page.locator("svg.bands rect.band[data-start='1020']")
    ends = page.locator("input[name$='-to']")
    evening = ends.nth([field.input_value() for field in ends.all()].index("20:00"))
    assert page.get_by_text("拖色块的边缘改时间").is_visible()

    box = blocks.first.bounding_box()
    assert box is not None
    edge, middle, an_hour = box["x"] + box["width"], box["y"] + box["height"] / 2, box["width"] / 3
    page.mouse.move(edge, middle)
    page.mouse.down()
    page.mouse.move(edge + an_hour / 2, middle)
    page.mouse.move(edge + an_hour, middle)
    page.mouse.up()
    assert evening.input_value() == "21:00"
    widths = [found["width"] for block in blocks.all() if (found := block.bounding_box())]
    assert [round(width / an_hour, 1) for width in widths] == [4.0] * len(widths)  # on every row of its days

    page.mouse.move(edge + an_hour, middle)
    page.mouse.down()
    page.mouse.move(0, middle)  # far beyond its own beginning: half an hour is left
    page.mouse.up()
    assert evening.input_value() == "17:30"

    evening.fill("20:00")
    page.mouse.move(edge, middle)
    page.mouse.down()
    page.mouse.move(edge + an_hour, middle)
    assert evening.input_value() == "21:00"
    page.keyboard.press("Escape")
    assert evening.input_value() == "20:00", "as it was before"
    page.mouse.move(edge + 2 * an_hour, middle)
    page.mouse.up()
    page.mouse.move(edge, middle)
    page.mouse.down(button="right")
    page.mouse.move(edge + an_hour, middle)
    page.mouse.up(button="right")
    assert evening.input_value() == "20:00"
    page.mouse.move(edge, middle)
    page.mouse.down()
    page.mouse.move(edge + an_hour, -40)  # out of the window, and let go there
    page.mouse.up()
    page.mouse.move(edge, middle)
    assert evening.input_value() == "21:00"
    evening.fill("soon")
    assert evening.input_value() == "soon" and blocks.first.bounding_box(), "what is no time moves nothing"
    evening.fill("21:30")
    assert round((blocks.first.bounding_box() or {})["width"] / an_hour, 1) == 4.5

    assert page.locator("svg.bands rect.changed").count() == blocks.count()

    blocks.first.click()
    assert page.evaluate("document.activeElement.name").endswith("-times")
    page.keyboard.type("1.8")
    press(page, "保存草稿")
    session.rollback()
    draft = session.scalars(sa.select(RateCardVersion).where(RateCardVersion.published_at.is_(None))).one()
    saved = queries.card_of(draft).bands
    evenings = [band.hours for band in saved if band.hours.start == 17 * 60]
    assert [(hours.clock, hours.percent) for hours in evenings] == [("17:00–21:30", 180)]
