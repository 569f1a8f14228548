"""What answering one turn pays, step by step."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from gig.core.money import MINUS, half_up_percent, yuan
from gig.payouts.rates.rules.card import LateTier
from gig.payouts.rates.rules.quote import Quote

EXPIRED = "expired"
_MICROSECOND = dt.timedelta(microseconds=1)


class ReplyBeforeClock(ValueError):
    """The reply is earlier than the start of the clock that it answers."""


@dataclass(frozen=True)
class Pricing:
    """One answered turn, priced. `pay = gross − penalty`, and `why` says every step in one line."""

    base_fen: int
    multiplier_percent: int
    gross_fen: int
    late_percent: int
    penalty_fen: int
    pay_fen: int
    latency_us: int
    on_time: bool
    expired: bool
    why: str

    @property
    def latency_ms(self) -> int:
        """Whole milliseconds, rounded up, so that a late reply never reads as one on time."""
        return -(-self.latency_us // 1000)


def price(quote: Quote, *, clock_started_at: dt.datetime, replied_at: dt.datetime) -> Pricing:
    """Late is decided on the agent clock, to the microsecond; the quote was fixed when it started."""
    clock_started_at, replied_at = clock_started_at.astimezone(dt.UTC), replied_at.astimezone(dt.UTC)
    latency = replied_at - clock_started_at
    if latency < dt.timedelta(0):
        raise ReplyBeforeClock
    latency_us = latency // _MICROSECOND
    expired = replied_at > quote.expires_at(clock_started_at)
    gross_fen = 0 if expired else quote.gross_fen
    tier = None if expired or quote.capped else quote.late_tier(latency)
    late_percent = 0 if tier is None else tier.percent
    penalty_fen = half_up_percent(gross_fen, late_percent)
    return Pricing(
        base_fen=quote.base_fen,
        multiplier_percent=quote.multiplier_percent,
        gross_fen=gross_fen,
        late_percent=late_percent,
        penalty_fen=penalty_fen,
        pay_fen=gross_fen - penalty_fen,
        latency_us=latency_us,
        on_time=replied_at <= quote.deadline_at(clock_started_at),
        expired=expired,
        why=EXPIRED if expired else _why(quote, tier, latency_us, penalty_fen),
    )


def _why(quote: Quote, tier: LateTier | None, latency_us: int, penalty_fen: int) -> str:
    if tier is None:
        return quote.why
    late = f"{tier.percent}% 超时({seconds(latency_us, over_s=tier.over_s)} s)"
    pay = yuan(quote.gross_fen - penalty_fen)
    return f"{quote.why} {MINUS} {late} {yuan(penalty_fen)} = {pay}"


def seconds(latency_us: int, *, over_s: int = 0) -> str:
    """`71.3`; with as many decimals as it takes to read as more than `over_s`."""
    tenths = (latency_us + 50_000) // 100_000
    if tenths > over_s * 10:
        return f"{tenths // 10}.{tenths % 10}"
    whole, rest = divmod(latency_us, 1_000_000)
    return f"{whole}.{rest:06d}".rstrip("0")
