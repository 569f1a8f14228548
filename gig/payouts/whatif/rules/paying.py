"""What one reply pays by its base, its multiplier and how late it was: the fast half of a what-if.

The same arithmetic as `rates.rules.pricing`, with the latency told by its class alone; a test prices
random turns by both.
"""

from __future__ import annotations

from gig.core.money import half_up_percent
from gig.payouts.rates.rules.card import RateCard

_SECOND = 1_000_000


def thresholds_us(card: RateCard) -> list[int]:
    """Latencies beyond which a reply is in the next class: late by each tier, and at last expired."""
    return [*(tier.over_s * _SECOND for tier in card.late), card.claim_expires_s * _SECOND]


def lateness(card: RateCard, latency_us: int) -> int:
    """The class: 0 on time, n beyond n thresholds."""
    return sum(latency_us > threshold for threshold in thresholds_us(card))


def pay_fen(card: RateCard, base_fen: int, percent: int, late: int) -> int:
    """Gross less penalty, as long as the inquiry has paid replies left."""
    if late > len(card.late) or not card.max_paid_replies:
        return 0
    gross_fen = half_up_percent(base_fen, percent)
    return gross_fen - half_up_percent(gross_fen, card.late[late - 1].percent if late else 0)
