"""What a deployment of a stated size has to carry: what the product writes, measured; a day, simulated.

    python -m scripts.scale_model [--agents N] [--inquiries N] [--cities N] [--seed S]

1. The operations of the product run on a small database and are counted: rows, bytes and events of one
   conversation. Nothing of this is guessed.
2. One city's day is simulated, customer by customer: when they come, how long they wait, how busy agents
   are. When people come and how long they take to answer are assumptions; they stand at the top of this
   file, and docs/scaling.md names them.
3. The rest is arithmetic on the two.
"""

from __future__ import annotations

import argparse
import datetime as dt
import heapq
import math
import random
import tempfile
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path

SHARE_OF_DAY = (
    *(0.9, 0.5, 0.3, 0.2, 0.2, 0.4, 1.2, 2.4, 3.6, 4.6, 7.4, 8.8),
    *(6.4, 4.6, 4.0, 3.8, 4.4, 8.2, 10.0, 9.2, 6.4, 5.2, 4.2, 3.1),
)
"""Percent of a day's inquiries by its hours: two peaks, as the rate card's bands expect them."""
AT_WORK = (
    *(12, 8, 6, 5, 5, 8, 16, 30, 45, 60, 85, 95),
    *(80, 62, 55, 54, 62, 92, 100, 98, 78, 62, 48, 30),
)
"""Percent of the agents who are online, by hour; the stated number is that of the fullest hour."""
TURNS = 1.6
"""Questions in a conversation, on average (geometric)."""
ANSWER_MEDIAN_S, ANSWER_SPREAD = 28.0, 0.55
"""How long an agent takes to answer a turn (log-normal)."""
CUSTOMER_MEDIAN_S, CUSTOMER_SPREAD = 45.0, 0.8
"""How long a customer takes to ask again."""
CONVERSATIONS_AT_ONCE = 3
CONVERSATIONS_MEASURED = 60
SKILLS, QUEUES = 3, 8
"""An agent serves so many of so many queues, so each event of a queue concerns that share of the city."""


@dataclass(frozen=True)
class Conversation:
    """What one conversation of two turns leaves in the database."""

    rows: Counter[str]
    bytes: float
    queue_events: float
    agent_events: float


def measured() -> Conversation:
    """The product's own operations, from the customer's first word to the resolution."""
    import sqlalchemy as sa

    from bench.desk import staff
    from gig.app import create_app
    from gig.core.clock import real_now
    from gig.core.db import Base, db
    from gig.core.schema import upgrade
    from gig.dispatch.operations.claims import claim
    from gig.dispatch.operations.inquiries import NewInquiry, add_customer_message, receive_inquiry
    from gig.dispatch.operations.replies import reply
    from gig.dispatch.operations.resolution import resolve
    from gig.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(database_url=f"sqlite:///{Path(folder) / 'model.db'}"))
        with app.app_context():
            upgrade(db.engine)
            start = real_now() - dt.timedelta(hours=1)
            desk = staff(CONVERSATIONS_MEASURED, now=start)

            def state() -> tuple[Counter[str], int, Counter[str]]:
                with db.engine.connect() as connection:
                    count = sa.select(sa.func.count())
                    rows = Counter(
                        {
                            name: connection.scalar(count.select_from(table)) or 0
                            for name, table in Base.metadata.tables.items()
                        }
                    )
                    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
                    size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
                    topics = Counter(
                        str(topic).partition(":")[0]
                        for topic in connection.execute(sa.text("SELECT topic FROM outbox")).scalars()
                    )
                return rows, pages * size, topics

            rows, size, topics = state()
            for number, agent in enumerate(desk.agents):
                now = start + dt.timedelta(seconds=number)
                new = NewInquiry(
                    external_id=f"m{number}",
                    queue="refund",
                    issue_type="general",
                    text="我的退款到哪里了？" * 3,
                )
                id = receive_inquiry(channel_id=desk.channel_id, new=new, now=now).inquiry_id
                claim(inquiry_id=id, agent_id=agent, now=now + dt.timedelta(seconds=20))
                reply(inquiry_id=id, agent_id=agent, text="已提交退款，三天内到账。", now=_later(now, 50))
                add_customer_message(
                    channel_id=desk.channel_id,
                    inquiry_id=id,
                    external_id=f"n{number}",
                    text="那要是没有到账呢？",
                    now=_later(now, 90),
                )
                reply(inquiry_id=id, agent_id=agent, text="三天没有到账可以再来找我。", now=_later(now, 120))
                resolve(inquiry_id=id, agent_id=agent, now=_later(now, 130))
            rows_after, size_after, topics_after = state()
            db.session.remove()
            db.engine.dispose()
    made = rows_after - rows
    each = CONVERSATIONS_MEASURED
    return Conversation(
        Counter({name: round(count / each, 2) for name, count in made.items() if count >= each / 2}),  # type: ignore[misc]
        (size_after - size) / each,
        (topics_after["queue"] - topics["queue"]) / each,
        (topics_after["agent"] - topics["agent"]) / each,
    )


def _later(now: dt.datetime, seconds: float) -> dt.datetime:
    return now + dt.timedelta(seconds=seconds)


@dataclass
class Day:
    """What one city's day came to."""

    waits: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    arrivals: Counter[int] = field(default_factory=Counter)
    replies: Counter[int] = field(default_factory=Counter)
    busy: list[float] = field(default_factory=list)
    left_waiting: int = 0


def simulated(agents: int, inquiries: int, chance: random.Random) -> Day:
    """A first-come queue before so many agents, each in a few conversations at once."""
    day, waiting, due = Day(), deque[float](), list[tuple[float, int, str]]()
    numbers = iter(range(10**9))
    held = 0

    def later(at: float, what: str) -> None:
        heapq.heappush(due, (at, next(numbers), what))

    for hour, share in enumerate(SHARE_OF_DAY):
        for _ in range(round(inquiries * share / sum(SHARE_OF_DAY))):
            later(3600 * (hour + chance.random()), "arrives")
    for minute in range(24 * 60):
        later(60.0 * minute, "looked at")
    while due:
        at, _, what = heapq.heappop(due)
        places = int(agents * AT_WORK[int(at // 3600) % 24] / 100) * CONVERSATIONS_AT_ONCE
        if what == "arrives":
            day.arrivals[int(at // 60)] += 1
            waiting.append(at)
        elif what == "asked":
            took = chance.lognormvariate(math.log(ANSWER_MEDIAN_S), ANSWER_SPREAD)
            day.answers.append(took)
            later(at + took, "answered")
        elif what == "answered":
            day.replies[int(at // 60)] += 1
            if chance.random() < 1 - 1 / TURNS:
                later(at + chance.lognormvariate(math.log(CUSTOMER_MEDIAN_S), CUSTOMER_SPREAD), "asked")
            else:
                held -= 1
        else:
            day.busy.append(held / max(places, 1))
        while waiting and held < places:
            day.waits.append(at - waiting.popleft())
            held += 1
            later(at, "asked")
    day.left_waiting = len(waiting)
    return day


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--agents", type=int, default=50_000, help="online in the fullest hour")
    asked.add_argument("--inquiries", type=int, default=10_000_000, help="a day")
    asked.add_argument("--cities", type=int, default=100)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    one = measured()
    agents, inquiries = given.agents // given.cities, given.inquiries // given.cities
    day = simulated(agents, inquiries, random.Random(given.seed))
    peak_in = max(day.arrivals.values()) * given.cities / 60
    peak_out = max(day.replies.values()) * given.cities / 60
    rows = sum(one.rows.values())
    stay = one.rows - Counter({"outbox": one.rows["outbox"]})
    heard = SKILLS / QUEUES
    everywhere, in_city = (peak_in * one.queue_events * given.agents * heard / n for n in (1, given.cities))
    print(f"one conversation of two turns: {rows:.0f} rows, {one.bytes / 1024:.1f} KiB with indexes (SQLite)")
    print("   " + ", ".join(f"{name} {count:g}" for name, count in one.rows.most_common()))
    print(f"   {one.queue_events:.1f} events for a queue, {one.agent_events:.1f} for the agent")
    print(f"one city of {given.cities}: {agents} agents online at most, {inquiries} inquiries a day")
    print(f"   waited before the claim: p50 {percentile(day.waits, 0.5):.1f} s, p95 ", end="")
    print(f"{percentile(day.waits, 0.95):.1f} s, p99 {percentile(day.waits, 0.99):.1f} s", end="")
    print(f"; {day.left_waiting} never claimed")
    late = sum(took > 60 for took in day.answers) / len(day.answers)
    print(f"   answers over 60 s: {late:.1%}; places taken in the fullest minute: {max(day.busy):.0%}")
    print(f"all cities, fullest minute: {peak_in:.0f} inquiries/s, {peak_out:.0f} replies/s")
    made, kept = (given.inquiries * count / 1e6 for count in (rows, sum(stay.values())))
    size = given.inquiries * one.bytes / 2**30
    print(
        f"   rows/s {peak_in * rows:.0f}; a day {made:.0f} M rows, of which {kept:.0f} M stay: {size:.0f} GiB"
    )
    print(f"writes to streams/s: {everywhere / 1e6:.1f} M with one feed for all, ", end="")
    print(f"{in_city / 1e3:.0f} k by city,", end="")
    print(f" and {peak_in * one.agent_events / 1e3:.1f} k for the agents' own events")


if __name__ == "__main__":
    main()
