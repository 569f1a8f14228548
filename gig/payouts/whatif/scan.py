"""Reads what was earned and prices it by another card, as fast as it can be read.

Each row is looked at by functions that are written in C: which case it is (queue, issue type, tier,
lateness, old pay) and which slot its clock started in make one number, and the price of each number is
worked out once. Rows come straight from the driver, a few hundred at a time, so that they are still in the
processor's cache when they are counted.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from itertools import compress, repeat
from operator import add
from typing import Any

from sqlalchemy.orm import Session

from gig.core.db import is_sqlite
from gig.payouts.rates.rules.card import ANY, RateCard
from gig.payouts.whatif.repricing import LONGEST_CLOCK
from gig.payouts.whatif.rules.paying import pay_fen, thresholds_us
from gig.payouts.whatif.rules.slots import slots
from gig.payouts.whatif.tally import Tally

BATCH = 500

_QUERY = (
    "SELECT agent_id, {queue}, issue_type, {tier}, {late}, pay_fen, {clock} FROM earning "
    "WHERE received_at >= {mark} AND received_at < {mark}"
)


def scan(session: Session, card: RateCard, since: dt.datetime, until: dt.datetime, tally: Tally) -> int:
    """Every reply in `[since, until)` is in the tally, priced as if its inquiry had paid replies left.

    Says how many there were. Surges and the cap are looked at afterwards (`correction`).
    """
    sliced = _Slice(card, since, until)
    counts: Counter[int] = Counter()
    agents = tally.agents
    for people, keys, places in _batches(session, sliced, since, until):
        ids = list(map(add, map(sliced.cases.__getitem__, keys), places))
        counts.update(ids)
        changes = list(map(sliced.changes.__getitem__, ids))
        for agent_id, change in compress(zip(people, changes, strict=True), changes):
            agents[agent_id] += change
    for id, replies in counts.items():
        case, slot = sliced.read(id)
        old_fen = case[-1]
        tally.unpaid = tally.unpaid or not old_fen
        new_fen = old_fen + sliced.changes[id]
        tally.add(case[1], slot.hour, replies, old_fen * replies, new_fen * replies)
    return sum(counts.values())


class _Slice:
    """The slots of one slice, and the numbers of the cases that were met in it."""

    def __init__(self, card: RateCard, since: dt.datetime, until: dt.datetime) -> None:
        self.card = card
        self.starts, self.slots = slots(card, since - LONGEST_CLOCK, until)
        self.stride = len(self.starts) + 1
        self.cases = _Cases(self.stride)
        self.changes = _Changes(self)

    def read(self, id: int) -> tuple[Any, Any]:
        case, place = divmod(id, self.stride)
        return self.cases.met[case], self.slots[place - 1]


class _Cases(dict[Any, int]):
    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.met: list[Any] = []

    def __missing__(self, case: Any) -> int:
        number = self[case] = len(self.met) * self.stride
        self.met.append(case)
        return number


class _Changes(dict[int, int]):
    """By number, what the card would pay more or less than was paid."""

    def __init__(self, sliced: _Slice) -> None:
        super().__init__()
        self.sliced = sliced

    def __missing__(self, id: int) -> int:
        (queue, issue_type, tier, late, old_fen), slot = self.sliced.read(id)
        card = self.sliced.card
        new_fen = pay_fen(card, card.base_fen(queue, issue_type, tier), slot.percent, late)
        self[id] = new_fen - old_fen
        return self[id]


def _batches(session: Session, sliced: _Slice, since: dt.datetime, until: dt.datetime) -> Iterator[Any]:
    """Agents, cases and places of slots, some hundred rows at a time, on the driver's own cursor."""
    asked = _asked(sliced.card)
    raw: Any = session.connection().connection
    if is_sqlite(session):
        cursor = raw.cursor()
        query = _QUERY.format(**asked, clock="clock_started_at", mark="?")
        cursor.execute(query, (_text(since), _text(until)))
        starts = [_text(at) for at in sliced.starts]
    else:
        cursor = raw.cursor(name="what_if")
        clock = "width_bucket(clock_started_at, %s::timestamptz[])"
        query = _QUERY.format(**asked, clock=clock, mark="%s")
        cursor.execute(query, (sliced.starts, since, until))
        starts = []
    try:
        while rows := cursor.fetchmany(BATCH):
            people, *case, clocks = zip(*rows, strict=True)
            places = map(bisect_right, repeat(starts), clocks) if starts else clocks
            yield people, zip(*case, strict=True), places
    finally:
        cursor.close()


def _asked(card: RateCard) -> dict[str, str]:
    """What the card asks of a reply; a column that none of its prices asks for is not read."""
    steps = [f"WHEN latency_us <= {most} THEN {n}" for n, most in enumerate(thresholds_us(card))]
    return {
        "late": f"CASE {' '.join(steps)} ELSE {len(steps)} END",
        "queue": "queue" if any(row.queue != ANY for row in card.base) else "''",
        "tier": "tier" if any(row.tier != ANY for row in card.base) else "''",
    }


def _text(at: dt.datetime) -> str:
    """An instant as SQLite keeps it."""
    return at.astimezone(dt.UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
