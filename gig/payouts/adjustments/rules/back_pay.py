"""What one reply gets in a back-pay run: each rounded once, never below 0."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from gig.core.money import half_up_percent
from gig.payouts.rates.rules.card import RateCard
from gig.payouts.rates.rules.pricing import price
from gig.payouts.rates.rules.quote import quote

Mode = Literal["fixed", "percent", "card"]
MODES: tuple[Mode, ...] = ("fixed", "percent", "card")


@dataclass(frozen=True)
class PaidReply:
    """A reply as it was priced: what it was for, the clock it was answered on, what it paid."""

    queue: str
    issue_type: str
    tier: str
    clock_started_at: dt.datetime
    received_at: dt.datetime
    gross_fen: int
    pay_fen: int


def fixed(_reply: PaidReply, fen: int) -> int:
    """The same for every reply that was paid."""
    return fen


def percent(reply: PaidReply, share: int) -> int:
    """A share of what the reply earned before penalties, half up."""
    return half_up_percent(reply.gross_fen, share)


def by_card(reply: PaidReply, card: RateCard) -> int:
    """What the card would have paid more than the reply got; nothing is taken where it pays less."""
    promised = quote(
        card,
        queue=reply.queue,
        issue_type=reply.issue_type,
        tier=reply.tier,
        clock_started_at=reply.clock_started_at,
        paid_so_far=0,
    )
    would = price(promised, clock_started_at=reply.clock_started_at, replied_at=reply.received_at)
    return max(0, would.pay_fen - reply.pay_fen)
