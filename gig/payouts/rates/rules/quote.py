"""What answering a turn is worth to one owner, fixed when that owner's clock on it starts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from gig.core.money import half_up_percent, multiplier, yuan
from gig.payouts.rates.rules.bands import PLAIN, hours_at
from gig.payouts.rates.rules.card import PERCENT_MAX, LateTier, RateCard

SURGE = "加成"
"""What a surge is called beside the band that it adds to: `2.5 晚高峰+加成`."""

_SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True)
class Quote:
    """The price and the limits that hold for one owner's clock; later cards change nothing in it.

    `capped`: the inquiry already has all its paid replies, so the gross is 0. `surge_fen` is the part of
    the gross that a surge added to the card's.
    """

    tier: str
    base_fen: int
    multiplier_percent: int
    band: str
    gross_fen: int
    capped: bool
    reply_within_s: int
    claim_expires_s: int
    max_paid_replies: int
    late: tuple[LateTier, ...]
    surge_fen: int = 0

    @property
    def why(self) -> str:
        """`1.20 × 2.0 晚高峰 = 2.40`."""
        if self.capped:
            return f"0.00 本单计费回复已满 {self.max_paid_replies} 条"
        return f"{self.steps} = {yuan(self.gross_fen)}"

    @property
    def steps(self) -> str:
        times = f"{yuan(self.base_fen)} × {multiplier(self.multiplier_percent)}"
        return f"{times} {self.band}" if self.band else times

    def deadline_at(self, clock_started_at: dt.datetime) -> dt.datetime:
        """The last instant at which a reply is on time."""
        return clock_started_at + self.reply_within_s * _SECOND

    def expires_at(self, clock_started_at: dt.datetime) -> dt.datetime:
        """The last instant at which a reply is accepted."""
        return clock_started_at + self.claim_expires_s * _SECOND

    def late_tier(self, latency: dt.timedelta) -> LateTier | None:
        """The last late tier that the latency has passed; passing means more than, not equal."""
        passed = [tier for tier in self.late if tier.over_s * _SECOND < latency]
        return passed[-1] if passed else None


def quote(
    card: RateCard,
    *,
    queue: str,
    issue_type: str,
    tier: str,
    clock_started_at: dt.datetime,
    paid_so_far: int,
    surge_percent: int = 0,
) -> Quote:
    """The quote for a clock that starts (or would start) at this instant.

    `paid_so_far` counts the inquiry's earnings with a gross above 0, of all owners. A surge adds its
    points to the band's multiplier, up to the most that a multiplier may be.
    """
    base_fen = card.base_fen(queue, issue_type, tier)
    hours = hours_at(card, clock_started_at)
    plain = PLAIN if hours is None else hours.percent
    capped = paid_so_far >= card.max_paid_replies
    percent = plain if capped else min(plain + surge_percent, PERCENT_MAX)
    names = [hours.name if hours else "", SURGE if percent > plain else ""]
    gross_fen = 0 if capped else half_up_percent(base_fen, percent)
    return Quote(
        tier=tier,
        base_fen=base_fen,
        multiplier_percent=percent,
        band="+".join(filter(None, names)),
        gross_fen=gross_fen,
        capped=capped,
        reply_within_s=card.reply_within_s,
        claim_expires_s=card.claim_expires_s,
        max_paid_replies=card.max_paid_replies,
        late=card.late,
        surge_fen=gross_fen - half_up_percent(base_fen, plain) if percent > plain else 0,
    )


def agreed(
    card: RateCard,
    *,
    tier: str,
    base_fen: int,
    multiplier_percent: int,
    band: str,
    gross_fen: int,
    capped: bool,
) -> Quote:
    """The quote that was stored with a turn, with the limits of the card that it was made by."""
    return Quote(
        tier=tier,
        base_fen=base_fen,
        multiplier_percent=multiplier_percent,
        band=band,
        gross_fen=gross_fen,
        capped=capped,
        reply_within_s=card.reply_within_s,
        claim_expires_s=card.claim_expires_s,
        max_paid_replies=card.max_paid_replies,
        late=card.late,
    )
