"""The figures of the live wall as one value, read once for all who look at it."""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from gig.core.businesstime import BusinessZone
from gig.insight.queries import answered, arrivals, present, recent
from gig.insight.queries.answered import RECENT, Answers, total
from gig.insight.queries.arrivals import Forecast
from gig.insight.queries.present import Risk, Staff, Uplift, Waiting
from gig.insight.queries.recent import Done
from gig.insight.queries.slots import slot_of

SHARED_S = 1.8
"""So long one reading serves everybody whose page asks again; pages ask every 2 s."""


@dataclass(frozen=True, slots=True)
class QueueNow:
    """One queue as it stands; `trend` is the on-time share of each slot of the last half hour."""

    slug: str
    waiting: Waiting
    soon: int
    overdue: int
    staff: Staff
    answers: Answers
    trend: tuple[int | None, ...]

    def urgency(self, now: dt.datetime) -> tuple[int, dt.timedelta, int, str]:
        """Sorts the riskiest first: about to time out, then the longest wait, then the longest line."""
        waited = now - self.waiting.oldest if self.waiting.oldest else dt.timedelta(0)
        return -(self.soon + self.overdue), -waited, -self.waiting.count, self.slug


@dataclass(frozen=True, slots=True)
class Wall:
    """Everything the wall shows, as of `at`."""

    at: dt.datetime
    queues: tuple[QueueNow, ...]
    surges: tuple[Uplift, ...]
    risks: tuple[Risk, ...]
    unclaimed: tuple[Risk, ...]
    staff: Staff
    half_hour: Answers
    hour: Answers
    arrivals: dict[int, dict[str, int]]
    lately: int
    forecast: Forecast
    done: tuple[Done, ...]

    @property
    def waiting(self) -> int:
        return sum(each.waiting.count for each in self.queues)

    @property
    def oldest(self) -> dt.datetime | None:
        return min((each.waiting.oldest for each in self.queues if each.waiting.oldest), default=None)

    @property
    def soon(self) -> int:
        return sum(each.soon for each in self.queues)

    @property
    def overdue(self) -> int:
        return sum(each.overdue for each in self.queues)


@dataclass
class _Memory:
    """What is known of one database: slots over so long that nothing is added to them, the forecast of
    this quarter, the last reading.
    """

    guard: threading.Lock = field(default_factory=threading.Lock)
    answered: answered.Slots = field(default_factory=dict)
    arrived: arrivals.Slots = field(default_factory=dict)
    forecast: tuple[int, Forecast] | None = None
    last: tuple[float, Wall] | None = None


_memories: dict[str, _Memory] = {}


def wall(session: Session, zone: BusinessZone, now: dt.datetime, *, shared: bool = False) -> Wall:
    """The figures as of `now`; with `shared`, those that somebody else has just read will do."""
    memory = _memories.setdefault(str(session.get_bind().engine.url), _Memory())
    with memory.guard:
        if shared and memory.last and time.monotonic() - memory.last[0] < SHARED_S:
            return memory.last[1]
        found = _read(session, zone, now, memory)
        memory.last = (time.monotonic(), found)
        return found


def forget() -> None:
    """The next reading begins anew; for a database that was emptied."""
    _memories.clear()


def _read(session: Session, zone: BusinessZone, now: dt.datetime, memory: _Memory) -> Wall:
    slugs, surges = present.queues(session, now)
    lines = present.waiting(session, slugs)
    risks = present.running_out(session, now)
    staffed, by_queue = present.staff(session)
    slots = answered.answered(session, now, memory.answered)
    half_hour = sorted(slots)[-RECENT:]
    day, lately = arrivals.today(session, zone, now, memory.arrived)
    memory.answered = {slot: slots[slot] for slot in sorted(slots)[:-2]}
    memory.arrived = {slot: day[slot] for slot in sorted(day)[:-2]}
    hour_began = slot_of(zone.local(now).replace(minute=0, second=0, microsecond=0), answered.SLOT_S)
    queues = [
        QueueNow(
            slug=slug,
            waiting=lines.get(slug, Waiting()),
            soon=sum(each.queue == slug and not _over(each, now) for each in risks),
            overdue=sum(each.queue == slug and _over(each, now) for each in risks),
            staff=by_queue.get(slug, Staff()),
            answers=total(slots[slot].get(slug, Answers()) for slot in half_hour),
            trend=tuple(slots[slot].get(slug, Answers()).on_time_tenths for slot in half_hour),
        )
        for slug in slugs
    ]
    return Wall(
        at=now,
        queues=tuple(sorted(queues, key=lambda each: each.urgency(now))),
        surges=tuple(surges),
        risks=tuple(risks),
        unclaimed=tuple(present.unclaimed(session, slugs, now)),
        staff=staffed,
        half_hour=total(each.answers for each in queues),
        hour=total(part for slot in slots if slot >= hour_began for part in slots[slot].values()),
        arrivals=day,
        lately=lately,
        forecast=_forecast(session, zone, now, memory),
        done=tuple(recent.done_lately(session)),
    )


def _over(risk: Risk, now: dt.datetime) -> bool:
    return risk.deadline_at is not None and risk.deadline_at < now


def _forecast(session: Session, zone: BusinessZone, now: dt.datetime, memory: _Memory) -> Forecast:
    """Read once a quarter of an hour, for it is made of whole past quarters."""
    quarter = slot_of(now, arrivals.SLOT_S)
    if memory.forecast is None or memory.forecast[0] != quarter:
        memory.forecast = (quarter, arrivals.next_hour(session, zone, now))
    return memory.forecast[1]
