"""Which changes of a card one agent would feel."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gig.payouts.rates.rules.card import ANY
from gig.payouts.rates.rules.comparison import Difference


def concerning(found: Sequence[Difference], *, tier: str, queues: Collection[str]) -> list[Difference]:
    """Without the prices of other tiers and of queues that the agent does not serve.

    Hours, late tiers and limits hold for everybody.
    """
    return [
        each
        for each in found
        if each.row is None
        or (each.row.tier in (ANY, tier) and (each.row.queue == ANY or each.row.queue in queues))
    ]
