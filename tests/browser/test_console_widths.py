"""No page of finance or operations is wider than its desk, in either language, with plain or large text.

A table with many figures may scroll in its own room where both hold: the narrow desk and the largest text.
"""

from __future__ import annotations

import datetime as dt
from itertools import product
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from gig.core.clock import real_now
from gig.core.db import transaction
from gig.payouts.adjustments.models import Adjustment
from gig.payouts.adjustments.operations.checking import Evidence
from gig.payouts.adjustments.operations.deciding import propose
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.rates.operations.drafts import create_draft
from gig.payouts.settlement.models import Period
from tests.browser import desks
from tests.browser.test_tax import a_rich_week
from tests.features.settlement import books
from tests.fixtures.browser import NewPage

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from sqlalchemy.orm import Session

    from tests.fixtures.servers import Server

LARGER = {"name": "text", "value": "larger"}
WIDTHS = (1100, 1440)
BEYOND = """() => {
  const room = (part) => part.closest(".scrollx, .tablebox, pre, svg, nav, .vh") === null;
  const faults = [];
  const root = document.documentElement;
  const over = root.scrollWidth - root.clientWidth;
  if (over > 0) faults.push(`the page by ${over} px`);
  for (const table of document.querySelectorAll(".scrollx, .tablebox"))
    if (table.scrollWidth > table.clientWidth + 1)
      faults.push(`a table scrolls by ${table.scrollWidth - table.clientWidth} px`);
  for (const panel of document.querySelectorAll(".panel, .hd")) {
    const edge = panel.getBoundingClientRect().right + 1;
    for (const part of panel.querySelectorAll("*")) {
      const box = part.getBoundingClientRect();
      if (box.width && box.height && box.right > edge && room(part) && part.checkVisibility())
        faults.push(`${part.tagName} ${part.className} by ${Math.round(box.right - edge)} px`);
    }
  }
  return [...new Set(faults)].slice(0, 4);
}"""
"""What is wider than the page, than the table's own room, or than the panel that it stands in."""
BROKEN = """() => [...document.querySelectorAll("td.nw, th.nw, .btn, .tag")]
  .filter((part) => part.checkVisibility() && getComputedStyle(part).whiteSpace === "nowrap")
  .filter((part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth)
  .map((part) => `${part.className}: ${part.textContent.trim().slice(0, 30)}`).slice(0, 4)"""
"""What is to stand on one line and is cut off there."""
IN_TWO = """() => [...document.querySelectorAll("th")].flatMap((head) => {
  if (!head.checkVisibility()) return [];
  const texts = document.createTreeWalker(head, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    for (const word of texts.currentNode.data.matchAll(/[A-Za-z]+/g)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, word.index);
      range.setEnd(texts.currentNode, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((line) => Math.round(line.top))).size > 1)
        found.push(`the head ${word[0]} in two`);
    }
  }
  return found;
}).slice(0, 4)"""
"""Words of a table's head that are broken over two lines."""
FAULTS = f"""text => {{
  document.documentElement.toggleAttribute("data-text", text !== "");
  if (text) document.documentElement.dataset.text = text;
  return [...({BEYOND})(), ...({BROKEN})(), ...({IN_TWO})()];
}}"""
"""All three, with the text in this size; a page is loaded once for all sizes and widths."""


def a_house_at_work(session: Session) -> dict[str, list[str]]:
    """Something on every page, and the pages about one thing that no menu names."""
    _phone, period = a_rich_week(session)
    long_ago = real_now() - dt.timedelta(days=14)
    he = books.agent(payee=False, name="Alexandra Montgomery")
    books.name_payee(he, holder="Alexandra Montgomery", at=long_ago)
    for kind in ("award", "clawback"):
        propose(
            kind=kind,
            agent_id=he,
            amount_fen=1_234_567,
            reason="夜里顶班" * 8,
            evidence=Evidence(words="值班表" * 20),
            actor_id="x",
            now=real_now(),
        )
    with transaction() as writing:  # the longest reason that the list of those who wait can show
        writing.execute(sa.update(PayoutLine).values(state="held", hold_reason="own-customer"))
    card = create_draft(now=real_now(), actor_id=None)
    session.rollback()
    adjustment = session.scalars(sa.select(Adjustment.id)).first()
    entry = session.scalars(sa.select(LedgerEntry.id)).first()
    assert session.get(Period, period)
    finance = [
        f"/console/periods/{period}",
        f"/console/periods/{period}?lines=held",
        f"/console/adjustments/{adjustment}",
        "/console/ledger/accounts",
        f"/console/ledger/{entry}",
        "/console/back-pay",
        f"/console/payees/{he}",
        "/console/templates/generic",
    ]
    return {"finance": finance, "ops": [f"/console/rates/{card}", f"/console/rates/{card}/what-if"]}


@pytest.mark.parametrize("role", ["finance", "ops"])
def test_no_page_is_wider_than_its_desk(
    live_server: Server, new_page: NewPage, session: Session, role: str
) -> None:
    more = a_house_at_work(session)[role]
    page = desks.sits_down(new_page, live_server, session, role, "Katherine Abernathy")
    links = page.locator("nav.side a[href^='/console/']").evaluate_all("all => all.map(a => a.pathname)")
    faults: dict[str, list[str]] = {}
    for language in ("zh", "en"):
        _speak(page, live_server, language)
        for path in dict.fromkeys([*links, *more]):
            page.goto(f"{live_server.url}{path}")
            for text, width in product(("", LARGER["value"]), WIDTHS):
                page.set_viewport_size({"width": width, "height": 900})
                found = page.evaluate(FAULTS, text)
                if text and width == WIDTHS[0]:
                    found = [each for each in found if not each.startswith("a table scrolls")]
                if found:
                    faults[f"{path} {language} {width}{' 130 %' if text else ''}"] = found
    assert faults == {}, "\n".join(f"{where}: {found}" for where, found in faults.items())


def _speak(page: Page, server: Server, language: str) -> None:
    """From here on pages are in the language, and what sets the larger text is seen to be one attribute."""
    page.context.add_cookies([{**LARGER, "url": server.url}])
    page.goto(f"{server.url}/console/?lang={language}")
    assert page.locator("html").get_attribute("data-text") == LARGER["value"]
    page.context.clear_cookies(name=LARGER["name"])
    page.reload()
    assert page.locator("html").get_attribute("data-text") is None
