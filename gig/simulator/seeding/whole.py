"""The whole demo world: the plain one, two closed weeks of work behind it, and something going on now."""

from __future__ import annotations

import datetime as dt
import itertools
import random

from gig.core.businesstime import BusinessZone, PeriodKind, period_start
from gig.core.db import db, transaction
from gig.dispatch.scripts.operations.figures import count_uses
from gig.payouts.disbursement.operations.batches import approve_batch, create_batch
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.settlement.operations.approving import approve_period
from gig.payouts.settlement.operations.closing import close_due
from gig.payouts.settlement.operations.periods import ensure_period
from gig.payouts.settlement.values import zone
from gig.scoring.operations.nightly import close_night
from gig.simulator import world
from gig.simulator.seeding import present, prices
from gig.simulator.seeding.appealing import appeal_lately
from gig.simulator.seeding.base import Base, cheap_passwords, seed_base
from gig.simulator.seeding.timeline import Timeline
from gig.simulator.seeding.working import History, Worker, day_of_work
from gig.simulator.stories import STORIES
from gig.simulator.world import Login

DAY = dt.timedelta(days=1)
AFTER_THE_CLOSE = dt.timedelta(minutes=11)
A_DAY_OF = {"first": 8, "second": 22, "now": 12}
"""Conversations a day: in the first closed week, in the second, and since."""


def seed_whole(*, agents: int, secret_key: str, now: dt.datetime) -> list[Login]:
    """The demo world has a past and a present; the logins of the people beyond the plain one.

    A second run changes nothing: what happened carries a mark in the log, and one that was cut off is
    refused. A day is one transaction; nights have their own, since a close is made of short ones.
    """
    calendar = zone()
    monday = last_closed_monday(calendar, now)
    joined = calendar.start_of_day(monday - 17 * DAY) + dt.timedelta(hours=10)
    base = seed_base(agents=agents, secret_key=secret_key, now=joined)
    others = present.logins(secret_key)
    if present.is_lived_in(db.session()):
        return others
    present.refuse_half_a_world(db.session())
    with cheap_passwords():
        present.mark("begun", now=now)
        _live_through(base, calendar, monday, secret_key, now)
        present.mark("history", now=now)
    _pay_out(monday - 14 * DAY, base, calendar.start_of_day(monday - 6 * DAY) + dt.timedelta(hours=11))
    return others


def last_closed_monday(calendar: BusinessZone, now: dt.datetime) -> dt.date:
    """The Monday on which the latest week ended whose grace is over."""
    return period_start(PeriodKind.WEEK, calendar.day_of(now - AFTER_THE_CLOSE))


def _live_through(
    base: Base, calendar: BusinessZone, monday: dt.date, secret_key: str, now: dt.datetime
) -> None:
    chance = random.Random(7)
    ops_id = base.id_of(world.OPS)
    first = monday - 14 * DAY
    opened = calendar.start_of_day(first)
    timeline = Timeline()
    history = History(base.channel_id, calendar.name, chance, timeline)
    with transaction() as session:
        prices.publish_second(at=opened, ops_id=ops_id, now=opened - 2 * DAY)
        ensure_period(session, opened)
        others = present.join_early(base, secret_key, now=opened - DAY)
    habits = itertools.cycle(_HABITS)
    crew = [Worker(base.id_of(person), *next(habits)) for person in base.agents[:10]] + others
    today = calendar.day_of(now)
    day = first
    while day <= today:
        week = "first" if day < monday - 7 * DAY else "second" if day < monday else "now"
        start, end = calendar.day_bounds(day)
        night = start + AFTER_THE_CLOSE
        day_of_work(
            history, STORIES, crew, start, conversations=A_DAY_OF[week], until=now - dt.timedelta(minutes=40)
        )
        with transaction():
            timeline.run(min(night, now))
        if night < now:
            _night(night)
        with transaction():
            timeline.run(min(end, now))
        day += DAY
    with transaction():
        timeline.finish(now)
        count_uses(zone=calendar, now=now, days=(today - first).days + 1)
        present.begin(base, history, calendar, secret_key, now=now)
        appeal_lately(reviewer_id=base.id_of(world.REVIEWER), now=now)
        coming = calendar.start_of_day(monday + 7 * DAY)
        second = present.second_of_operations(secret_key, now=now - DAY)
        prices.schedule_third(at=coming, ops_id=second, reviewer_id=ops_id, now=now, zone=calendar)


_HABITS: tuple[tuple[float, float, tuple[int, ...]], ...] = (
    (0.02, 0.0, (5, 5, 5, 5, 4)),
    (0.05, 0.0, (5, 5, 5, 4)),
    (0.10, 0.01, (5, 5, 4, 4, 3)),
    (0.15, 0.02, (5, 4, 4, 3, 2)),
    (0.30, 0.05, (4, 3, 3, 2, 1)),
)
"""How late, how absent and how well liked an agent is."""


def _night(now: dt.datetime) -> None:
    close_night(now=now)
    close_due(now=now)


def _pay_out(first_day: dt.date, base: Base, now: dt.datetime) -> None:
    """The older week is approved, its batch exported: a sheet to look at."""
    maker, checker = base.id_of(world.MAKER), base.id_of(world.CHECKER)
    period_id = f"week-{first_day.isoformat()}"
    approve_period(period_id=period_id, actor_id=checker, now=now)
    batch_id = create_batch(period_id=period_id, actor_id=maker, now=now)
    approve_batch(batch_id=batch_id, actor_id=checker, now=now + dt.timedelta(minutes=5))
    export_batch(batch_id=batch_id, actor_id=maker, now=now + dt.timedelta(minutes=9))
