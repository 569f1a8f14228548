"""From earnings to what their templates show: plain values, in the page's language."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gig.core.businesstime import BusinessZone
from gig.core.db import db
from gig.core.money import multiplier, yuan
from gig.payouts.earnings import queries, triage
from gig.payouts.earnings.models import Earning
from gig.payouts.earnings.queries import Returned, Totals
from gig.payouts.earnings.values import appeal_until
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.rates import queries as rates
from gig.payouts.rates.rules.bands import percent_at
from gig.payouts.rates.rules.card import RateCard
from gig.web import languages
from gig.web.filters import yuan as with_sign
from gig.web.names import called

FIRST_HOUR, LAST_HOUR = 9, 22
ANY = "*"


def line(
    earning: Earning, returned: Returned | None = None, *, now: dt.datetime | None = None
) -> dict[str, Any]:
    """One reply as `earning_row` takes it; with `now`, until when its lateness can be appealed against."""
    late_us = earning.latency_us - _within_us(earning)
    return {
        "id": earning.id,
        "url": f"/agent/earnings/{earning.id}",
        "chat_url": f"/agent/chats/{earning.inquiry_id}",
        "label": called(earning.issue_type, "issue_type"),
        "at": earning.received_at,
        "latency_s": -(-earning.latency_us // 1_000_000),
        "latency_exact": f"{earning.latency_us / 1_000_000:.1f}",
        "late_s": -(-late_us // 1_000_000) if earning.late_percent else 0,
        "pay_fen": earning.pay_fen,
        "parts": parts(earning),
        "state": why(earning),
        "returned": returned,
        "turn_id": earning.turn_id,
        **_appeal(earning, now),
    }


def _appeal(earning: Earning, now: dt.datetime | None) -> dict[str, Any]:
    """Where and for how long the agent may appeal; nothing where nothing was lost."""
    if now is None or not earning.late_percent:
        return {"appeal_url": None, "appeal_left_s": None}
    left = (appeal_until(earning.received_at) - now).total_seconds()
    url = f"/agent/appeals/turns/{earning.turn_id}" if left >= 0 else None
    return {"appeal_url": url, "appeal_left_s": left}


def parts(earning: Earning) -> dict[str, Any]:
    """The steps of one reply's price as `pay_equation` takes them."""
    return {
        "base_fen": earning.base_fen,
        "multiplier_percent": earning.multiplier_percent,
        "band": band(earning.band),
        "gross_fen": earning.gross_fen,
        "late_percent": earning.late_percent,
        "penalty_fen": earning.penalty_fen,
        "late_words": "",
        "pay_fen": earning.pay_fen,
        "capped": earning.capped,
    }


def band(name: str | None) -> str:
    """`晚高峰+加成` in the page's language, part by part."""
    return "+".join(str(_(part)) for part in name.split("+") if part) if name else ""


def why(earning: Earning) -> str:
    """The line that was stored with the earning; in English, the same said from its parts."""
    if languages.current() != "en":
        return earning.why
    if earning.capped:
        return str(_("这个单的计费回复已满，这条不计费"))
    steps = (
        f"{yuan(earning.base_fen)} × {multiplier(earning.multiplier_percent)} {band(earning.band)}".rstrip()
    )
    said = f"{steps} = {yuan(earning.gross_fen)}"
    if earning.penalty_fen:
        late = f"{earning.late_percent}% {_('超时')} ({earning.latency_us / 1_000_000:.1f} s)"
        said += f" − {late} {yuan(earning.penalty_fen)} = {yuan(earning.pay_fen)}"
    return said


def _within_us(earning: Earning) -> int:
    """How long a reply could take and be on time, by the earning's own card."""
    return rates.card(db.session(), earning.card_id).reply_within_s * 1_000_000


def sum_terms(totals: Totals) -> list[dict[str, Any]]:
    """基础 + 高峰 − 迟到 as `sum_line` takes them, and 转交 where there is any."""
    handed = [{"label": _("转交费"), "fen": totals.triage_fen, "tone": "br"}] if totals.triage_fen else []
    return [
        {"label": _("基础"), "fen": totals.base_fen},
        {"label": _("高峰"), "fen": totals.peak_fen, "tone": "pk"},
        {"label": _("迟到"), "fen": -totals.penalty_fen, "tone": "dg", "minus": True},
        *handed,
    ]


def fee(entry: LedgerEntry) -> dict[str, Any]:
    """One triage fee: its reason, and where its hand-over can be read."""
    return {
        "id": entry.id,
        "at": entry.posted_at,
        "words": _(entry.memo),
        "fen": entry.payable_fen,
        "url": f"/agent/handovers/{triage.turn_of(entry)}",
    }


def chart(
    session: Session, agent_id: str, zone: BusinessZone, day: dt.date, now: dt.datetime
) -> dict[str, Any]:
    """The hours of a business day with the multiplier that stood behind each.

    The card in force is asked for once, and again where the next one starts.
    """
    since, until = zone.day_bounds(day)
    earned = {hour.hour: hour for hour in queries.hours(session, agent_id, since, until, zone)}
    first, last = min([FIRST_HOUR, *earned]), max([LAST_HOUR, *earned])
    present = zone.local(now)
    hours: list[dict[str, Any]] = []
    card: RateCard | None = None
    holds_until: dt.datetime | None = None
    for hour in range(first, last + 1):
        at = zone.instants_of(dt.datetime.combine(day, dt.time(hour)))[0]
        if card is None or (holds_until is not None and at >= holds_until):
            _id, card = rates.card_in_force(session, at)
            holds_until = session.execute(sa.select(rates.next_card_at(at))).scalar_one()
        found = earned.get(hour)
        state = "past" if (day, hour) < (present.date(), present.hour) else "future"
        hours.append(
            {
                "hour": hour,
                "base_fen": found.base_fen if found else 0,
                "peak_fen": found.peak_fen if found else 0,
                "percent": percent_at(card, at),
                "state": "now" if (day, hour) == (present.date(), present.hour) else state,
            }
        )
    return {"hours": hours, "sentence": _sentence(hours)}


def _sentence(hours: list[dict[str, Any]]) -> str:
    best = max(hours, key=lambda hour: hour["base_fen"] + hour["peak_fen"])
    total = best["base_fen"] + best["peak_fen"]
    if not total:
        return str(_("这一天还没有收入"))
    return str(_("每小时收入，%(hour)s 点最多，%(yuan)s", hour=best["hour"], yuan=with_sign(total)))


def rules(card: RateCard) -> dict[str, Any]:
    """The card in plain words: what a reply pays, when more, when less, when nothing."""
    fens = [row.fen for row in card.base]
    rows = sorted(card.base, key=lambda row: (-row.fen, row.key))
    return {
        "least": min(fens),
        "most": max(fens),
        "bases": [
            {"label": _base_label(row.queue, row.issue_type, row.tier), "fen": row.fen} for row in rows
        ],
        "bands": [
            {
                "name": _(band.hours.name) if band.hours.name else _("高峰"),
                "hours": band.hours.clock,
                "percent": band.hours.percent,
            }
            for band in card.bands
        ],
        "late": [tier.to_json() for tier in card.late],
        "within_s": card.reply_within_s,
        "expires_s": card.claim_expires_s,
        "most_paid": card.max_paid_replies,
    }


def _base_label(queue: str, issue_type: str, tier: str) -> str:
    words = [
        called(slug, kind)
        for slug, kind in ((queue, "queue"), (issue_type, "issue_type"), (tier, "tier"))
        if slug != ANY
    ]
    return " · ".join(words) or _("其他")
