"""What one reply gets in a back-pay run: each rounded once, never below 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gig.core.money import half_up, half_up_percent
from gig.payouts.rates.rules.pricing import Pricing

Mode = Literal["fixed", "percent", "card"]
MODES: tuple[Mode, ...] = ("fixed", "percent", "card")


@dataclass(frozen=True)
class PaidReply:
    """What a reply was priced at, and what became of it since.

    `excused_fen` of its penalty were given back, `given_fen` are what earlier runs of back pay gave for it,
    `taken_fen` of what it earned were taken back, by reversals and clawbacks. `barred`: it was beyond
    the paid replies of its inquiry and its agent kept nothing of those, or the agent was its customer.
    """

    gross_fen: int
    penalty_fen: int = 0
    excused_fen: int = 0
    given_fen: int = 0
    taken_fen: int = 0
    barred: bool = False

    @property
    def got_fen(self) -> int:
        return self.gross_fen - self.penalty_fen + self.excused_fen + self.given_fen

    @property
    def is_gone(self) -> bool:
        """Nothing is left of what it earned, because it was taken back."""
        return self.barred or 0 < self.taken_fen >= self.gross_fen - self.penalty_fen + self.excused_fen


def fixed(_reply: PaidReply, fen: int) -> int:
    """The same for every reply that was paid."""
    return fen


def percent(reply: PaidReply, share: int) -> int:
    """A share of what the reply earned before penalties, half up."""
    return half_up_percent(reply.gross_fen, share)


def by_card(reply: PaidReply, would: Pricing) -> int:
    """What the card would have paid more than the reply has got by now; nothing is taken where it pays less.

    Of the penalty that the card would have cost as large a part counts as given back as of the real one.
    """
    excused_fen = (
        half_up(would.penalty_fen * reply.excused_fen, reply.penalty_fen) if reply.penalty_fen else 0
    )
    return max(0, would.pay_fen + excused_fen - reply.got_fen)
