"""Back pay that is there already, for tests of what happens after it."""

from __future__ import annotations

import datetime as dt

from gig.payouts.adjustments.operations import back_pay
from gig.payouts.settlement.values import zone


def back_paid(at: dt.datetime, *, now: dt.datetime, fen: int = 20, reason: str = "大促补贴") -> str:
    """Every paid reply of the instant's business day has got so much more."""
    day = zone().day_of(at)
    id = back_pay.draft_run(
        first_day=day,
        last_day=day,
        mode="fixed",
        figure=fen,
        card_id=None,
        reason=reason,
        evidence="方案",
        actor_id="maker",
        now=now,
    )
    back_pay.advance_runs(now=now)
    back_pay.start_run(run_id=id, actor_id="checker", now=now)
    back_pay.advance_runs(now=now)
    return id
