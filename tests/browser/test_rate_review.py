"""Two people of ops change a price, in real Chromium: one drafts, tries and hands in, the other passes it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import sqlalchemy as sa

from gig.core.businesstime import business_zone
from gig.core.clock import real_now
from gig.payouts.rates import queries
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.whatif.operations.asking import ask
from gig.payouts.whatif.operations.running import work
from gig.payouts.whatif.views import shown
from tests import builders
from tests.browser import desks
from tests.browser.test_rate_cards import press
from tests.features.rates.test_what_if import a_turn, keep
from tests.fixtures.browser import NewPage

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.fixtures.servers import Server


def test_a_draft_is_tried_handed_in_and_passed_by_another_person(
    live_server: Server, new_page: NewPage, session: Session
) -> None:
    first, last = shown.last_week(real_now())
    since, _until = shown.zone().span(first, last)
    someone = builders.person(name="林可")
    turns = [a_turn(agent_id=someone, clock_started_at=since + dt.timedelta(hours=n)) for n in (1, 2, 3)]
    keep(session, turns)
    maker = desks.sits_down(new_page, live_server, session, "ops", "陈雨")
    checker = desks.sits_down(new_page, live_server, session, "ops", "周航")

    maker.goto(f"{live_server.url}/console/rates")
    press(maker, "从生效中的卡新建草稿")
    maker.get_by_label("名称", exact=True).last.fill("周末卡")
    maker.locator("#f-base-1-yuan").fill("1.90")
    press(maker, "按节假日表填")
    maker.get_by_role("status").first.wait_for(state="attached")
    press(maker, "保存并按上周试算")
    panel = maker.locator("#what-if")
    panel.get_by_text("3 条").wait_for()
    assert "+¥2.10" in panel.inner_text()
    assert "没有人会因此少拿" in maker.locator("#act").inner_text()
    desks.is_open_to_all(maker)

    panel.get_by_role("link", name="看名单").click()
    maker.get_by_role("row").filter(has_text="林可").wait_for()
    desks.is_open_to_all(maker)
    maker.go_back()

    zone = business_zone(queries.business_zone_name())
    start = zone.local(real_now() + dt.timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
    maker.locator("#f-valid_from").fill(start.strftime("%Y-%m-%dT%H:%M"))
    press(maker, "提交复核")
    assert "写一句为什么要改" in maker.locator("#act").inner_text()
    maker.locator("#f-why").fill("退款咨询太难")
    press(maker, "提交复核")
    maker.get_by_text("等另一位运营复核，你不能复核自己的改动。").wait_for()
    assert maker.get_by_role("button", name="通过，到时生效").count() == 0
    desks.is_open_to_all(maker)

    checker.goto(f"{live_server.url}/console/rates")
    checker.get_by_role("row", name="周末卡").get_by_role("link", name="复核").click()
    assert "退款咨询太难" in checker.locator("#act").inner_text()
    press(checker, "通过，到时生效")
    checker.get_by_text("复核通过，到时自动生效。").wait_for()
    assert checker.get_by_text("待生效").first.is_visible()

    session.rollback()
    version = session.scalars(sa.select(RateCardVersion).where(RateCardVersion.name == "周末卡")).one()
    assert (version.state, version.valid_from) == ("published", start)
    assert version.submitted_by != version.published_by


def test_a_what_if_that_ends_while_it_is_watched_shows_all_that_it_found(
    live_server: Server, new_page: NewPage, session: Session
) -> None:
    first, last = shown.last_week(real_now())
    since, until = shown.zone().span(first, last + dt.timedelta(days=1))
    keep(session, [a_turn(agent_id=builders.person(name="林可"), clock_started_at=since)])
    page = desks.sits_down(new_page, live_server, session, "ops", "陈雨")
    page.goto(f"{live_server.url}/console/rates")
    press(page, "从生效中的卡新建草稿")
    page.locator("#f-base-1-yuan").fill("1.90")
    press(page, "保存草稿")
    card_id = page.url.partition("/console/rates/")[2].partition("?")[0]
    run_id = ask(card_id=card_id, since=since, until=until, actor_id=None, now=real_now())

    page.goto(f"{live_server.url}/console/rates/{card_id}/what-if/{run_id}")
    assert "正在算" in page.locator("#runs").inner_text()
    assert page.locator("#found").is_hidden()
    page.locator("#f-from").fill("2026-01-05")

    while not work(id=run_id, for_s=5, now=real_now()):
        pass
    page.locator("#found").get_by_text("+¥0.70").wait_for()
    assert "算完" in page.locator("#runs").inner_text()
    assert "林可" in page.locator("#run").inner_text()
    assert page.locator("#f-from").input_value() == "2026-01-05"  # what was being filled in stays
    desks.is_open_to_all(page)
