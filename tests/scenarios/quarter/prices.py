"""What the cards' own text says that a reply pays; nothing here asks the product's arithmetic."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.earnings.models import Earning
from gig.payouts.rates.models import RateCardVersion

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Cards = Sequence[tuple[dt.datetime, dict[str, Any]]]
"""From when each published card holds, and what it says; the oldest first."""


def half_up(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def cards_of(session: Session) -> Cards:
    published = (
        sa.select(RateCardVersion.valid_from, RateCardVersion.body)
        .where(RateCardVersion.state == "published")
        .order_by(RateCardVersion.valid_from)
    )
    return [(valid_from, json.loads(body)) for valid_from, body in session.execute(published)]


def card_at(cards: Cards, clock: dt.datetime) -> dict[str, Any]:
    return [body for valid_from, body in cards if valid_from <= clock][-1]


def price_of(card: dict[str, Any], reply: Earning, paid: int) -> tuple[int, int]:
    """(gross, penalty) by the card's text alone. The cards of this quarter have no band over midnight."""
    rows = {(row["queue"], row["issue_type"], row["tier"]): row["fen"] for row in card["base"]}
    base = next(
        rows[key]
        for key in (
            (reply.queue, "*", reply.tier),
            (reply.queue, "*", "*"),
            ("*", "*", reply.tier),
            ("*", "*", "*"),
        )
        if key in rows
    )
    local = reply.clock_started_at.astimezone(SHANGHAI)
    dated = [each["bands"] for each in card["dates"] if each["date"] == local.date().isoformat()]
    bands = dated[0] if dated else [each for each in card["bands"] if _on(each["days"], local.weekday())]
    minute = local.hour * 60 + local.minute
    percent = next((b["percent"] for b in bands if _minute(b["from"]) <= minute < _minute(b["to"])), 100)
    gross = 0 if paid >= card["max_paid_replies"] else half_up(Decimal(base * percent) / 100)
    latency = (reply.received_at - reply.clock_started_at) / dt.timedelta(microseconds=1)
    late = [tier["percent"] for tier in card["late"] if tier["over_s"] * 1_000_000 < latency]
    return gross, half_up(Decimal(gross * (late[-1] if late else 0)) / 100)


def _on(days: str, weekday: int) -> bool:
    first, _, last = days.partition("-")
    return DAYS.index(first) <= weekday <= DAYS.index(last or first)


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
