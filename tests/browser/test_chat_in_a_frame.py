"""The chat page in a frame of a shop's own site, and in English."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from gig.channels.operations import doors
from gig.channels.queries.doors import token_of
from gig.core.clock import real_now
from gig.core.db import db
from gig.dispatch.operations import claims, replies
from tests import builders
from tests.browser import work
from tests.fixtures.browser import DESK, NewPage

if TYPE_CHECKING:
    from tests.fixtures.servers import Server

pytestmark = [
    pytest.mark.usefixtures("session"),
    pytest.mark.parametrize("platform", ["sqlite"], indirect=True),  # a frame is the same on every database
]


@contextmanager
def a_site(body: str) -> Iterator[str]:
    """Another site on this machine, with one page."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>Shop</title><body>{body}".encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_page_works_in_a_frame_of_the_sites_that_were_named_and_in_english(
    live_server: Server, new_page: NewPage
) -> None:
    agent_id, _ = work.an_agent()
    inquiry_id = work.asked("Where is my refund?")
    url, source = (
        f"{live_server.url}/c/{token_of(db.session(), inquiry_id)}",
        f"{live_server.url}/static/js/embed.js",
    )
    with a_site(f'<script src="{source}" data-chat="{url}" data-lang="en" async></script>') as site:
        doors.allow_sites(channel_id=builders.channel(), sites=site, actor_id=agent_id, now=real_now())
        shop = new_page(DESK, color_scheme="dark")
        shop.goto(f"{site}/order")
        shop.get_by_role("button", name="Chat with us").click()
        chat = shop.frame_locator("iframe")
        chat.get_by_text("In the queue · you are next").wait_for()
        assert (
            shop.locator("iframe").get_attribute("sandbox") == "allow-scripts allow-forms allow-same-origin"
        )
        claims.claim(inquiry_id=inquiry_id, agent_id=agent_id, now=real_now())
        chat.get_by_text("An agent is on it").wait_for()
        chat.locator("#reply-text").fill("Order 12")
        chat.get_by_role("button", name="Send", exact=True).click()
        chat.locator(".msg.me:not([data-pending])", has_text="Order 12").wait_for()
        replies.reply(
            inquiry_id=inquiry_id, agent_id=agent_id, text="It arrives within three days.", now=real_now()
        )
        chat.get_by_text("It arrives within three days.").wait_for()
