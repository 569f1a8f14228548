"""The app on the home screen, without a server, and out of sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gig.core.clock import real_now
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.replies import reply
from tests import builders
from tests.browser import work
from tests.fixtures.browser import PHONE, NewPage, serious_faults_of_access
from tests.fixtures.servers import Serve

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.usefixtures("session")

COUNT_TONES = """
window.tones = 0;
class Tone {
  constructor() { this.frequency = {}; }
  connect(other) { return other; }
  start() { window.tones += 1; }
  stop() {}
}
window.AudioContext = class {
  constructor() { this.state = 'running'; this.currentTime = 0; this.destination = {}; }
  createOscillator() { return new Tone(); }
  createGain() { return { gain: {}, connect() {}, disconnect() {} }; }
};
"""
HIDE = """
Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' });
document.dispatchEvent(new Event('visibilitychange'));
"""
NOTICES = """async () => {
  const worker = await navigator.serviceWorker.ready;
  return (await worker.getNotifications()).map((each) => [each.title, each.body, each.data.url]);
}"""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What a device does is the same on every database."""
    return sqlite_url


def until(page: Page, condition: str) -> None:
    """Waits inside the page: Playwright's own way needs eval, which the page's policy forbids."""
    page.evaluate(
        "async () => { for (let n = 0; n < 600; n += 1) {"
        f" if (await ({condition})) return; await new Promise((go) => setTimeout(go, 50)); }}"
        f" throw new Error({condition!r}); }}"
    )


def controlled(page: Page) -> None:
    until(page, "navigator.serviceWorker.controller !== null")


def test_the_app_installs_shows_its_own_page_without_a_server_and_comes_back(
    serve: Serve, database_url: str, new_page: NewPage
) -> None:
    agent, number = work.an_agent()
    inquiry = work.asked()
    server = serve("--no-scheduler", database_url=database_url)
    page = new_page(PHONE, is_mobile=True, service_workers="allow")
    work.log_in(page, server, number)
    controlled(page)
    devtools = page.context.new_cdp_session(page)
    missing = {
        each["errorId"] for each in devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    }
    assert missing <= {"in-incognito"}, "a test's pages are incognito; nothing else may be missing"
    assert devtools.send("Page.getAppManifest")["errors"] == []
    claim(inquiry_id=inquiry, agent_id=agent, now=real_now())
    page.goto(f"{server.url}/agent/chats/{inquiry}")
    server.stop()
    page.goto(f"{server.url}/agent/earnings")
    page.get_by_role("heading", name="现在连不上").wait_for()
    assert page.get_by_text("秒 · 等待连接").is_visible()
    assert serious_faults_of_access(page) == []
    assert "我的退款" not in page.content()
    kept = page.evaluate(
        "async () => (await Promise.all((await caches.keys()).map(async (name) =>"
        " (await (await caches.open(name)).keys()).map((each) => new URL(each.url).pathname)))).flat()"
    )
    assert sorted(kept) == [
        "/offline/zh",
        "/static/css/phone.css",
        "/static/css/tokens.css",
        "/static/js/offline.js",
        "/static/vendor/icons.svg",
    ]
    serve("--no-scheduler", database_url=database_url, port=server.port)
    page.get_by_role("heading", name="收入").wait_for()


def test_a_turn_about_to_time_out_rings_in_a_hidden_tab_until_it_is_answered(
    serve: Serve, database_url: str, new_page: NewPage
) -> None:
    agent, number = work.an_agent()
    inquiry = work.asked(ago_s=120)
    server = serve("--no-scheduler", database_url=database_url)
    page = new_page(PHONE, is_mobile=True, service_workers="allow", permissions=["notifications"])
    page.add_init_script(COUNT_TONES)
    work.log_in(page, server, number)
    controlled(page)
    page.goto(f"{server.url}/agent/me")
    for name in ("声音", "后台提醒"):
        switch = page.get_by_role("switch", name=name)
        assert switch.get_attribute("aria-checked") == "false"
        switch.tap()
        page.get_by_role("switch", name=name, checked=True).wait_for()
    page.get_by_role("button", name="响一次").tap()
    page.get_by_text("快到时间时就是这样响").wait_for()
    claim(inquiry_id=inquiry, agent_id=agent, now=real_now() - builders.seconds(39))
    page.goto(f"{server.url}/agent/me")
    assert page.get_by_role("switch", name="声音").get_attribute("aria-checked") == "true"
    page.get_by_role("switch", name="震动").tap()
    before = page.evaluate("window.tones")
    page.evaluate(HIDE)
    until(page, f"window.tones >= {before + 3}")
    until(page, "document.title.includes('秒')")
    until(page, f"({NOTICES})().then((list) => list.length === 1)")
    ((title, body, url),) = page.evaluate(NOTICES)
    assert (title, url) == ("有客户在等你回复", f"/agent/chats/{inquiry}")
    assert "我的退款" not in body
    reply(inquiry_id=inquiry, agent_id=agent, text="退款已经原路退回，一到三天到账。", now=real_now())
    until(page, f"({NOTICES})().then((list) => list.length === 0)")
    until(page, "!document.title.includes('秒')")
