"""From what dispatch knows to what its templates show: plain values, in the page's language."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _

from gig.core.money import multiplier, yuan
from gig.core.text import N_
from gig.dispatch.models import Inquiry, TurnQuote
from gig.dispatch.queries.feed import FeedRow
from gig.dispatch.queries.threads import Held
from gig.dispatch.values import EMERGENCY
from gig.payouts.rates.rules.bands import holds_until, hours_at
from gig.payouts.rates.rules.card import RateCard, clock_text
from gig.web.filters import iso
from gig.web.names import called

SIDES = {"customer": N_("客户"), "merchant": N_("商家")}
TIERS = {
    "gold": N_("金牌"),
    "silver": N_("银牌"),
    "bronze": N_("铜牌"),
    "limited": N_("受限"),
    "retrain": N_("再培训"),
    "trainee": N_("新手"),
}
BANDS = (N_("午高峰"), N_("晚高峰"), N_("加成"))
"""The names of the first card's bands, and of a surge; others are shown as ops wrote them."""

_DAY_MINUTES = 24 * 60


def side(slug: str) -> str:
    return _(SIDES[slug])


def band(name: str | None) -> str:
    """`晚高峰+加成` in the page's language, part by part."""
    return "+".join(_(part) for part in name.split("+") if part) if name else ""


def customer(inquiry: Inquiry) -> str:
    """What the conversation is called."""
    return inquiry.customer_name or (_("商家") if inquiry.side == "merchant" else _("客户"))


def why(*, base_fen: int, percent: int, band_name: str | None, gross_fen: int, capped: bool = False) -> str:
    """`1.20 × 2.0 晚高峰 = 2.40`, in the page's language."""
    if capped or not gross_fen:
        return _("这个单的计费回复已满，这条不计费")
    steps = f"{yuan(base_fen)} × {multiplier(percent)}"
    return f"{steps} {band(band_name)} = {yuan(gross_fen)}" if band_name else f"{steps} = {yuan(gross_fen)}"


def late_tiers(card: RateCard) -> list[dict[str, int]]:
    return [tier.to_json() for tier in card.late]


def row_quote(row: FeedRow, card: RateCard) -> dict[str, Any]:
    return {
        "base_fen": row.base_fen,
        "multiplier_percent": row.multiplier_percent,
        "gross_fen": row.gross_fen,
        "band": band(row.band),
        "category": called(row.issue_type, "issue_type"),
        "until": None if row.kept_until else row.until,
        "reply_within_s": row.reply_within_s,
        "late": late_tiers(card),
        "card_name": card.name,
        "why": why(
            base_fen=row.base_fen, percent=row.multiplier_percent, band_name=row.band, gross_fen=row.gross_fen
        ),
    }


def card_row(
    row: FeedRow, card: RateCard, now: dt.datetime, *, blocked: str, offered_after: int | None = None
) -> dict[str, Any]:
    """A row of the feed as `inquiry_card` takes it; one that waited until offers begin says why not me."""
    kept = None
    pushed = offered_after is not None and row.waiting_s >= offered_after
    if row.kept_until:
        kept = {"deadline": row.kept_until, "left_s": max(0, int((row.kept_until - now).total_seconds()))}
    return {
        "id": row.id,
        "issue_type": called(row.issue_type, "issue_type"),
        "queue": called(row.queue, "queue"),
        "side": side(row.side),
        "order_kind": row.order_kind,
        "length": row.length,
        "since": row.queued_at,
        "waiting_s": row.waiting_s,
        "quote": row_quote(row, card),
        "claim_url": f"/agent/inquiries/{row.id}/claim",
        "urgent": row.priority >= EMERGENCY,
        "escalated": row.handovers > 0,
        "exclusive": _("先留给你") if row.reserved else _("新手专享") if row.for_trainees else "",
        "blocked": blocked,
        "kept": kept,
        "estimate": "",
        "why_url": f"/agent/inquiries/{row.id}/why-not-me" if pushed else "",
    }


def turn_quote(quote: TurnQuote, inquiry: Inquiry, card: RateCard) -> dict[str, Any]:
    """The price of an open turn as `why_chip` takes it."""
    return {
        "base_fen": quote.base_fen,
        "multiplier_percent": quote.multiplier_percent,
        "gross_fen": quote.gross_fen,
        "band": band(quote.band),
        "category": called(inquiry.issue_type, "issue_type"),
        "late": late_tiers(card),
        "card_name": card.name,
        "why": why(
            base_fen=quote.base_fen,
            percent=quote.multiplier_percent,
            band_name=quote.band,
            gross_fen=quote.gross_fen,
            capped=quote.capped,
        ),
    }


def clock(
    quote: TurnQuote, inquiry: Inquiry, card: RateCard, now: dt.datetime, earned: tuple[int, int]
) -> dict[str, Any]:
    """The running turn as `clock_panel` takes it."""
    within = int((quote.deadline_at - quote.clock_started_at).total_seconds())
    return {
        "deadline": quote.deadline_at,
        "started_at": quote.clock_started_at,
        "remaining_s": seconds_left(quote.deadline_at, now),
        "elapsed_s": (now - quote.clock_started_at).total_seconds(),
        "reply_within_s": within,
        "expires_s": int((quote.expires_at - quote.clock_started_at).total_seconds()),
        "tiers": late_tiers(card),
        "quote": turn_quote(quote, inquiry, card),
        "earned_count": earned[0],
        "earned_fen": earned[1],
    }


def seconds_left(deadline: dt.datetime, now: dt.datetime) -> int:
    """Whole seconds, rounded up; negative when it has passed."""
    return -int((now - deadline) // dt.timedelta(seconds=1))


def live_bar(held: list[Held], now: dt.datetime) -> dict[str, Any] | None:
    """The most urgent conversation in which a customer waits."""
    waiting = [each for each in held if each.quote is not None]
    if not waiting:
        return None
    first = waiting[0]
    quote = first.quote
    assert quote is not None
    return {
        "url": f"/agent/chats/{first.inquiry.id}",
        "title": f"{customer(first.inquiry)} · {called(first.inquiry.issue_type, 'issue_type')}",
        "words": _("等你回复第 %(n)s 轮：%(text)s", n=first.turn_number, text=first.last_text[:40]),
        "deadline": quote.deadline_at,
        "total_s": int((quote.deadline_at - quote.clock_started_at).total_seconds()),
        "remaining_s": seconds_left(quote.deadline_at, now),
        "more": len(waiting) - 1,
    }


def open_turn(inquiry_id: str, quote: TurnQuote) -> dict[str, Any]:
    """An open turn as the device's alarms take it: instants, no words."""
    return {
        "id": inquiry_id,
        "url": f"/agent/chats/{inquiry_id}",
        "deadline": iso(quote.deadline_at),
        "expires": iso(quote.expires_at),
        "total_s": int((quote.deadline_at - quote.clock_started_at).total_seconds()),
    }


def peak(card: RateCard, now: dt.datetime) -> dict[str, Any]:
    """The multiplier that holds now, or the next one of this business day."""
    hours = hours_at(card, now)
    changes_at = holds_until(card, now)
    if hours and hours.percent > 100 and changes_at:
        wall = card.zone.local(now)
        into = (wall.hour * 60 + wall.minute - hours.start) % _DAY_MINUTES * 60 + wall.second
        left = seconds_left(changes_at, now)
        return {
            "state": "now",
            "percent": hours.percent,
            "name": band(hours.name) or _("高峰"),
            "start": clock_text(hours.start),
            "end": clock_text(hours.end),
            "until": changes_at,
            "seconds": left,
            "share": round(100 * into / max(1, into + left)),
        }
    following = hours_at(card, changes_at) if changes_at else None
    if changes_at and following and card.zone.day_of(changes_at) == card.zone.day_of(now):
        return {
            "state": "next",
            "percent": following.percent,
            "name": band(following.name) or _("高峰"),
            "start": clock_text(following.start),
            "end": clock_text(following.end),
            "until": changes_at,
            "seconds": seconds_left(changes_at, now),
            "share": 0,
        }
    return {"state": "none"}
