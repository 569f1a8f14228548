"""Back pay by a card gives what its what-if says that replies would have been paid more."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from gig.core.db import db, transaction
from gig.core.ids import new_id
from gig.payouts.adjustments.models import BackPayRun
from gig.payouts.adjustments.operations.counting import next_shares
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger import journal
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.rates import queries as rates
from gig.payouts.settlement.operations.periods import posting_period
from gig.payouts.surges.models import Surge
from gig.payouts.whatif.tally import read_tally
from tests.features.rates.test_what_if import NOW, SINCE, a_turn, asked, drafted, finished
from tests.rules.cards import base_row

DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)
POINTS = 50
LATE_US = {"on time": 30_000_000, "late": 90_000_000, "very late": 150_000_000, "too late": 250_000_000}
NO_LATENESS = [{"over_s": 60, "percent": 0}]
_days = itertools.count(10)
_agents = itertools.count(1)


@dataclass(frozen=True)
class Turn:
    """One answered turn: how late, whether a surge and an excuse were in it, and of which inquiry."""

    late: str
    surged: bool
    excused: bool
    capped: bool
    inquiry: int
    minute: int


turns = st.builds(
    Turn,
    late=st.sampled_from(list(LATE_US)),
    surged=st.booleans(),
    excused=st.booleans(),
    capped=st.sampled_from([False, False, True]),
    inquiry=st.integers(0, 2),
    minute=st.integers(0, 200),
)


def test_a_surged_reply_gets_what_the_surge_would_have_been_worth(session: Session) -> None:
    """1.20 at ×1.5 by the surge was 1.80; 1.50 at the same is 2.25."""
    turn = Turn("on time", surged=True, excused=False, capped=False, inquiry=0, minute=0)
    rises, found = priced([turn], base=[base_row(150)], bands=[], dates=[])
    assert list(rises.values()) == list(found.values()) == [45]


@settings(
    max_examples=20,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(answered=st.lists(turns, min_size=1, max_size=14), base=st.integers(60, 240), cap=st.integers(0, 5))
def test_it_is_the_rise_of_each_reply_with_surges_lateness_excuses_and_the_cap(
    session: Session, answered: list[Turn], base: int, cap: int
) -> None:
    rises, found = priced(answered, base=[base_row(base)], max_paid_replies=cap)
    assert found == rises


def priced(answered: list[Turn], **card: Any) -> tuple[dict[str, int], dict[str, int]]:
    """By reply, the rises that what-ifs find, and what back pay by the card gives; each on a day of its own.

    Every reply has an agent of its own, so that the what-if's list of people is a list of replies. A what-if
    knows nothing of excuses: what an excused reply would have got is asked of the card without lateness.
    """
    day = SINCE - next(_days) * 3 * DAY
    rows = [_row(turn, day, index) for index, turn in enumerate(answered)]
    _keep(rows, day)
    card_id = drafted(**card)
    changes, on_time = (_changes(id, day) for id in (card_id, drafted(**card, late=NO_LATENESS)))
    rises = {}
    for row in rows:
        change = changes.get(row["agent_id"], 0)
        if row["excused"]:
            change = on_time.get(row["agent_id"], 0) - row["penalty_fen"]
        rises[row["id"]] = max(0, change)
    run = BackPayRun(
        starts_at=day, ends_at=day + DAY, mode="card", card_id=card_id, counted_after="", drafted_after=0
    )
    shares = next_shares(db.session(), run, agents=1000, replies=10_000)
    found = {id: fen for each in shares.values() for id, fen in each}
    return {id: fen for id, fen in rises.items() if fen}, found


def _changes(card_id: str, day: dt.datetime) -> dict[str, int]:
    run = finished(db.session(), asked(card_id, day, day + DAY))
    return dict(read_tally(run.tally).changes())


def _row(turn: Turn, day: dt.datetime, index: int) -> dict[str, Any]:
    """As a card of 1.20 without bands priced it: a fifth less late, half less very late."""
    percent = 100 if turn.capped or not turn.surged else 100 + POINTS
    gross = 0 if turn.capped else 120 * percent // 100
    share = {"on time": 0, "late": 20}.get(turn.late, 50)
    start = day + (turn.minute * 5 + (720 if turn.surged else 0)) * MINUTE / 2
    row = a_turn(
        agent_id=f"b{next(_agents):025d}",
        inquiry_id=f"b{day.date():%Y%m%d}{turn.inquiry:017d}",
        clock_started_at=start + index * dt.timedelta(microseconds=1),
        latency_us=LATE_US[turn.late],
        gross_fen=gross,
        multiplier_percent=percent,
        queue="refund" if turn.surged else "delivery",
    )
    penalty = gross * share // 100
    row |= {"penalty_fen": penalty, "pay_fen": gross - penalty, "late_percent": share}
    return row | {"excused": turn.excused and penalty > 0}


def _keep(rows: list[dict[str, Any]], day: dt.datetime) -> None:
    card_id = rates.card_in_force(db.session(), day)[0]
    db.session.rollback()
    with transaction() as session:
        plain = [{name: row[name] for name in row if name != "excused"} for row in rows]
        session.execute(sa.insert(Earning), [{**row, "card_id": card_id, "band": None} for row in plain])
        surge = {"queue": "refund", "percent": POINTS, "budget_fen": 90_000, "reason": "雨天"}
        span = {"starts_at": day, "ends_at": day + DAY, "ended_at": day + DAY, "ended_reason": "time"}
        session.add(Surge(id=new_id(), **surge, **span))
        period_id, _late = posting_period(session, NOW, NOW)
        excused = [row for row in rows if row["excused"]]
        entries = [journal.penalty(row["id"], row["agent_id"], row["penalty_fen"], "") for row in excused]
        journal.post(session, entries, period_id=period_id, now=NOW)
        keys = [entry.source_key for entry in entries]
        for entry in session.scalars(sa.select(LedgerEntry).where(LedgerEntry.source_key.in_(keys))).all():
            journal.reverse(
                session,
                entry,
                decision="outage",
                amount_fen=entry.amount_fen,
                period_id=period_id,
                why="",
                now=NOW,
            )
