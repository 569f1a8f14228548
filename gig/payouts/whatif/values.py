"""The numbers of a what-if."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.money import half_up
from gig.core.text import N_
from gig.core.tunables import Tunable

LONGEST_DAYS = Tunable("what_if_days", 92, 1, 366, N_("试算最长多少天"), "ops")
WEEK_BUDGET = Tunable(
    "week_budget_fen", 0, 0, 100_000_000_000, N_("每周佣金预算（分），0 表示没有预算"), "finance"
)

tunables.declare(LONGEST_DAYS, WEEK_BUDGET)

SLICE = dt.timedelta(hours=6)
"""How much of the span is read between two looks at the watch."""

SAVE_EVERY_S = 0.7
BUSY = dt.timedelta(seconds=30)
"""How long nobody else takes on a run that somebody works at; after a crash another one does."""

IN_A_REQUEST_S = 20
"""How long the API works at an answer before it says where the answer will be."""
ON_A_PAGE_S = 1.5
"""How long a page does, before it shows how far it came."""
WEEK_S = 7 * 24 * 3600


def share_of_budget(
    session: Session, new_fen: int, since: dt.datetime, until: dt.datetime
) -> dict[str, int] | None:
    """What the span may cost, as its part of the week's budget, and how much of it would be used; None
    while there is no budget."""
    week_fen = tunables.values(session)[WEEK_BUDGET.name]
    if not week_fen:
        return None
    span_s = (until - since) // dt.timedelta(seconds=1)
    span_fen = half_up(week_fen * span_s, WEEK_S)
    if not span_fen:
        return None
    return {"week_fen": week_fen, "span_fen": span_fen, "share_permille": half_up(1000 * new_fen, span_fen)}
