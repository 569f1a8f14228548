"""Answered turns of the last hour in slots of five minutes; a slot that is over is read once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.insight.queries.slots import instant_of, slot_column, slot_of
from gig.payouts.earnings.models import Earning

SLOT_S = 300
KEPT = 13
RECENT = 7
"""The slot that runs and the six before it: the last half hour, to the slot."""


@dataclass(slots=True)
class Answers:
    """Turns answered in some time: how many, how many of them on time, their seconds, what they earned."""

    count: int = 0
    on_time: int = 0
    gross_fen: int = 0
    peak_fen: int = 0
    seconds: Counter[int] = field(default_factory=Counter)

    def add(self, other: Answers) -> None:
        self.count += other.count
        self.on_time += other.on_time
        self.gross_fen += other.gross_fen
        self.peak_fen += other.peak_fen
        self.seconds.update(other.seconds)

    @property
    def on_time_tenths(self) -> int | None:
        """In tenths of a percent, rounded half up; None of nothing."""
        return (2000 * self.on_time + self.count) // (2 * self.count) if self.count else None

    def percentile(self, percent: int) -> int | None:
        """The least whole second within which this share of the turns was answered."""
        needed, reached = -(-self.count * percent // 100), 0
        for second in sorted(self.seconds):
            reached += self.seconds[second]
            if reached >= needed:
                return second + 1
        return None


Slots = Mapping[int, Mapping[str, Answers]]
"""Slot → queue → what was answered in it."""


def total(parts: Iterable[Answers]) -> Answers:
    found = Answers()
    for part in parts:
        found.add(part)
    return found


def answered(session: Session, now: dt.datetime, known: Slots) -> dict[int, dict[str, Answers]]:
    """The slots of the last hour. One statement, from the oldest slot that is not known or may still grow.

    A reply may commit a little after its instant, so the slot before the running one is read again.
    """
    current = slot_of(now, SLOT_S)
    wanted = [current - n * SLOT_S for n in range(KEPT - 1, -1, -1)]
    growing = set(wanted[-2:])
    since = next(slot for slot in wanted if slot in growing or slot not in known)
    found: dict[int, dict[str, Answers]] = {slot: dict(known[slot]) for slot in wanted if slot < since}
    found.update({slot: {} for slot in wanted if slot >= since})
    slot = slot_column(session, Earning.received_at, SLOT_S).label("slot")
    second = (Earning.latency_us // sa.literal_column("1000000", sa.BigInteger)).label("second")
    base = sa.case((Earning.gross_fen > 0, Earning.base_fen), else_=0)
    rows = session.execute(
        sa.select(
            slot,
            Earning.queue,
            Earning.on_time,
            second,
            sa.func.count(),
            sa.func.sum(Earning.gross_fen),
            sa.func.sum(Earning.gross_fen - base),
        )
        .where(Earning.received_at >= instant_of(since))
        .group_by(slot, Earning.queue, Earning.on_time, second)
    )
    for at, queue, on_time, took, count, gross, peak in rows:
        if at in found:
            here = found[at].setdefault(queue, Answers())
            here.add(
                Answers(count, count if on_time else 0, int(gross), int(peak), Counter({int(took): count}))
            )
    return found
