"""The numbers of settlement that finance may change, and the zone its days are counted in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from flask import current_app
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.businesstime import BusinessZone, PeriodKind, business_zone
from gig.core.text import N_
from gig.core.tunables import Tunable

KINDS: tuple[PeriodKind, ...] = (PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.HALF_MONTH, PeriodKind.MONTH)

PERIOD_KIND = Tunable("period_kind", 1, 0, 3, N_("结算周期：0 日、1 周、2 半月、3 月"), "finance")
CLOSE_GRACE = Tunable("close_grace_s", 600, 0, 86_400, N_("周期结束后多少秒才关账"), "finance")
MINIMUM_PAYOUT = Tunable(
    "minimum_payout_fen", 1000, 0, 100_000, N_("最低付款额（分），不足的结转下期"), "finance"
)

tunables.declare(PERIOD_KIND, CLOSE_GRACE, MINIMUM_PAYOUT)

PAYMENT_KINDS = ("export", "tax", "settled", "failed", "returned")
"""The kinds of ledger entry that move money already on a statement; a statement sums all the others."""


def zone() -> BusinessZone:
    """The business zone of this deployment."""
    return business_zone(current_app.config["GIG_TIMEZONE"])


def kind_in_force(session: Session) -> PeriodKind:
    return KINDS[tunables.values(session)[PERIOD_KIND.name]]


def grace(numbers: Mapping[str, int]) -> dt.timedelta:
    return dt.timedelta(seconds=numbers[CLOSE_GRACE.name])
