"""The first rate card of a new platform: in force since the epoch, so that every instant has a card."""

from __future__ import annotations

import datetime as dt

from gig.payouts.rates.rules.card import ANY, BaseRow, Hours, LateTier, RateCard, WeeklyBand

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EVERY_DAY = frozenset(range(7))


def seed_card(timezone: str) -> RateCard:
    """Plain prices by queue, ×1.5 from 10 to 12, ×2.0 from 17 to 20, a fifth and a half for lateness."""
    return RateCard(
        name="v1",
        valid_from=EPOCH,
        timezone=timezone,
        reply_within_s=60,
        claim_expires_s=300,
        max_paid_replies=10,
        triage_fee_fen=0,
        base=(
            BaseRow(ANY, ANY, ANY, 120),
            BaseRow("refund", ANY, ANY, 180),
            BaseRow("delivery", ANY, ANY, 120),
            BaseRow("quality", ANY, ANY, 240),
            BaseRow("account", ANY, ANY, 100),
            BaseRow("merchant", ANY, ANY, 150),
        ),
        bands=(
            WeeklyBand("mon-sun", _EVERY_DAY, Hours(10 * 60, 12 * 60, 150, "午高峰")),
            WeeklyBand("mon-sun", _EVERY_DAY, Hours(17 * 60, 20 * 60, 200, "晚高峰")),
        ),
        dates=(),
        late=(LateTier(60, 20), LateTier(120, 50)),
    )
