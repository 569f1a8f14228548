"""What the pages show of a what-if: its figures with bars beside them, and how far it has come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gig.core.businesstime import BusinessZone, business_zone
from gig.core.errors import Invalid
from gig.core.money import MINUS
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.queries import business_zone_name
from gig.payouts.whatif import queries
from gig.payouts.whatif.models import WhatIf
from gig.payouts.whatif.operations.asking import ask
from gig.payouts.whatif.operations.running import work
from gig.payouts.whatif.schemas import by_change, named, permille, winners_and_losers
from gig.payouts.whatif.tally import Sum, read_tally
from gig.payouts.whatif.values import ON_A_PAGE_S, share_of_budget
from gig.web.filters import day_range, say

SHOWN = 8
BAR = 120
"""How wide the longest fall and the longest rise are drawn together."""
STEPS = (0, 1000, 2000, 4000)
"""Gains from so many fen on are a column of their own."""


def zone() -> BusinessZone:
    return business_zone(business_zone_name())


def last_week(now: dt.datetime) -> tuple[dt.date, dt.date]:
    """The first and the last day of the week before this one."""
    today = zone().day_of(now)
    monday = today - dt.timedelta(days=today.weekday() + 7)
    return monday, monday + dt.timedelta(days=6)


def span_words(run: WhatIf) -> str:
    """The days of the span; `until` is midnight after the last one."""
    last = zone().day_of(run.until - dt.timedelta(microseconds=1))
    return day_range(zone().day_of(run.since), last)


def latest(session: Session, version: RateCardVersion) -> WhatIf | None:
    """The newest run about the card as it stands, finished or not."""
    runs = queries.of_card(session, version.id)
    return next((run for run in runs if run.body == version.body and run.state != "cancelled"), None)


def progress(run: WhatIf) -> int:
    """How much of the span was read, in percent."""
    return 100 * (run.reached_at - run.since) // (run.until - run.since)


def found(session: Session, run: WhatIf) -> dict[str, Any]:
    """Everything that the panel beside a card shows of a finished run."""
    tally = read_tally(run.tally)
    total = tally.total
    up, down = winners_and_losers(tally)
    return {
        "total": total,
        "share": share_words(total),
        "issues": bars(by_change(tally)[:SHOWN]),
        "issues_left": max(0, len(tally.issues) - SHOWN),
        "hours": bars(sorted(tally.hours.items())),
        "up": len(up),
        "down": len(down),
        "columns": columns([change for _, change in up], len(down)),
        "drop": drop(session, run, down),
        "budget": share_of_budget(session, total.new_fen, run.since, run.until),
    }


def drop(session: Session, run: WhatIf, down: list[tuple[str, int]]) -> dict[str, Any] | None:
    """Who would have lost the most, and which part of their pay."""
    if not down:
        return None
    person = named(session, run, down[:1])[down[0][0]]
    return {**person, "share": thousandths(permille(person["change_fen"], person["old_fen"]))}


def share_words(total: Sum) -> str:
    """`+6.8%`; nothing of nothing."""
    return thousandths(permille(total.change_fen, total.old_fen), sign="+")


def thousandths(value: int | None, *, sign: str = "") -> str:
    """68 → 6.8%, −39 → −3.9%; a dash where there is no whole."""
    if value is None:
        return "—"
    before = MINUS if value < 0 else sign if value > 0 else ""
    return f"{before}{abs(value) // 10}.{abs(value) % 10}%"


def bars(sums: Sequence[tuple[str, Sum]]) -> list[dict[str, Any]]:
    """Each with its change as a bar from zero, all in one scale: to the right if more is paid, else left."""
    changes = [each.change_fen for _, each in sums]
    down, up = -min(0, *changes, 0), max(0, *changes, 0)
    whole = down + up or 1
    axis = BAR * down // whole
    rows = []
    for name, each in sums:
        length = max(2, BAR * abs(each.change_fen) // whole) if each.change_fen else 0
        x = max(0, axis - length) if each.change_fen < 0 else axis
        rows.append({"name": name, "sum": each, "x": x, "w": length, "axis": axis})
    return rows


def columns(gains: Sequence[int], losers: int) -> list[dict[str, Any]]:
    """How many lose, and how many gain how much, as columns."""
    words = [_("降"), "0–10", "10–20", "20–40", "40+"]
    counts = [losers, 0, 0, 0, 0]
    for gain in gains:
        counts[sum(gain >= step for step in STEPS)] += 1
    most = max(counts) or 1
    return [
        {"words": word, "count": count, "h": max(3, 50 * count // most) if count else 0}
        for word, count in zip(words, counts, strict=True)
    ]


def columns_words(drawn: Sequence[dict[str, Any]]) -> str:
    """The columns for those who do not see them."""
    return "，".join(f"{each['words']} {each['count']}" for each in drawn)


def ask_about_last_week(card_id: str, *, now: dt.datetime, actor_id: str) -> str:
    """The card is tried on the week before this one; what to say about it."""
    first, last = last_week(now)
    since, until = zone().span(first, last + dt.timedelta(days=1))
    try:
        id = ask(card_id=card_id, since=since, until=until, actor_id=actor_id, now=now)
    except Invalid as error:
        said = [say(each) for found in error.errors.values() for each in found]
        return " ".join([str(_("已保存。")), *said])
    done = work(id=id, for_s=ON_A_PAGE_S, now=now)
    return str(_("已保存，算完了。") if done else _("已保存，正在算，可以先做别的。"))
