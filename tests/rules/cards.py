"""Builds rate cards for the tests: the contract's example, changed by keyword."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from gig.payouts.rates.rules.card import RateCard
from gig.payouts.rates.rules.validation import validate

SHANGHAI = ZoneInfo("Asia/Shanghai")
LUNCH = {"days": "mon-sun", "from": "10:00", "to": "12:00", "percent": 150, "name": "午高峰"}
DINNER = {"days": "mon-sun", "from": "17:00", "to": "20:00", "percent": 200, "name": "晚高峰"}
CHRISTMAS = {
    "date": "2026-12-25",
    "bands": [{"from": "00:00", "to": "24:00", "percent": 200, "name": "圣诞"}],
}


def base_row(fen: int, queue: str = "*", issue_type: str = "*", tier: str = "*") -> dict[str, Any]:
    return {"queue": queue, "issue_type": issue_type, "tier": tier, "fen": fen}


def band(days: str, start: str, end: str, percent: int = 150, name: str = "") -> dict[str, Any]:
    return {"days": days, "from": start, "to": end, "percent": percent, "name": name}


def card_json(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(
        {
            "name": "v1",
            "valid_from": "2026-11-01T00:00:00+08:00",
            "timezone": "Asia/Shanghai",
            "reply_within_s": 60,
            "claim_expires_s": 300,
            "max_paid_replies": 10,
            "triage_fee_fen": 0,
            "base": [base_row(120), base_row(200, queue="refund", tier="gold")],
            "bands": [LUNCH, DINNER],
            "dates": [CHRISTMAS],
            "late": [{"over_s": 60, "percent": 20}, {"over_s": 120, "percent": 50}],
        }
        | changes
    )


def a_card(**changes: Any) -> RateCard:
    card, faults = validate(card_json(**changes))
    assert card is not None, [str(fault) for fault in faults]
    return card


def faults_of(**changes: Any) -> dict[str, str]:
    """Pointer → sentence of a card with these changes."""
    card, faults = validate(card_json(**changes))
    assert (card is None) == bool(faults)
    return {fault.pointer: str(fault.sentence) for fault in faults}


def shanghai(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
