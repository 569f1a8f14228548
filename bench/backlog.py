"""A claim among a million open inquiries against a claim among a thousand, on each database.

Both in one run, in turns. An agent reads the feed and claims its first row, as a page does; the claim alone
is timed. The figure is the dearer database's ratio of medians.
"""

from __future__ import annotations

import datetime as dt
import statistics
import time
from typing import Any

import sqlalchemy as sa
from flask import Flask

from bench.claims import _database
from bench.desk import QUEUE, WORDS, Desk, staff
from gig.core.db import Instant, db, transaction
from gig.dispatch.models import Inquiry, Message, Turn
from gig.dispatch.operations.claims import claim
from gig.dispatch.queries import feed as feeds

FEW, MANY = 1_000, 1_000_000
AGENTS, WARM, SAMPLES = 20, 40, 300
AIM = 1.2
FIRST_ID = 10**12
"""Ids are this and the rows' numbers behind it, so that they have one length and are in order."""


def run() -> list[dict[str, Any]]:
    """One result, of both databases."""
    times = {kind: _measure(kind, FEW, MANY) for kind in ("sqlite", "postgresql")}
    ratios = {kind: many / few for kind, (few, many) in times.items()}
    worse = max(ratios.values())
    each = "; ".join(
        f"{kind} {many * 1000:.2f} ms against {few * 1000:.2f} ms ({ratios[kind]:.2f})"
        for kind, (few, many) in times.items()
    )
    return [
        {
            "name": "claim_backlog_ratio_1m",
            "value": round(worse, 2),
            "unit": f"{MANY} open ÷ {FEW} open",
            "aim": f"<= {AIM}",
            "holds": worse <= AIM,
            "detail": f"{each}; medians of {SAMPLES}, the first row of the feed each time",
        }
    ]


def _measure(kind: str, few: int, many: int, *, samples: int = SAMPLES) -> tuple[float, float]:
    """Median seconds of a claim among few and among many."""
    with _database(kind) as (one, _), _database(kind) as (other, _):
        now = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=60)
        places = [(app, _filled(app, count, now)) for app, count in ((one, few), (other, many))]
        taken: list[list[float]] = [[], []]
        for sample in range(WARM + samples):
            for (app, desk), times in zip(places, taken, strict=True):
                with app.app_context():
                    times.append(_claim_first(desk.agents[sample % AGENTS]))
                    db.session.remove()
        for app, _ in places:
            with app.app_context():
                db.engine.dispose()
    low, high = (statistics.median(times[WARM:]) for times in taken)
    return low, high


def _filled(app: Flask, count: int, now: dt.datetime) -> Desk:
    with app.app_context():
        desk = staff(AGENTS, now=now)
        fill(desk, count, now=now)
        db.session.remove()
        if db.engine.dialect.name == "postgresql":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text("VACUUM (ANALYZE)"))
    return desk


def fill(desk: Desk, count: int, *, now: dt.datetime) -> None:
    """So many open inquiries more in an empty desk, each with its turn and its customer's words.

    Three statements: the rows are made inside the database.
    """
    counting = sa.select(sa.literal(1).label("n")).cte("counting", recursive=True)
    counting = counting.union_all(sa.select(counting.c.n + 1).where(counting.c.n < count))
    number = sa.cast(sa.literal(FIRST_ID, sa.BigInteger) + counting.c.n, sa.String)
    id = sa.literal("0" * 13) + number
    at = sa.literal(now, Instant())
    rows: list[tuple[type[Any], dict[str, Any]]] = [
        (
            Inquiry,
            {
                "id": id,
                "channel_id": desk.channel_id,
                "external_id": number,
                "queue": QUEUE,
                "issue_type": "general",
                "side": "customer",
                "state": "open",
                "open_turn_id": id,
                "length": len(WORDS),
                "bucket": 50,
                "arrived_at": at,
                "queued_at": at,
                "entered_at": at,
                "due_at": sa.literal(now + dt.timedelta(days=1), Instant()),
            },
        ),
        (Turn, {"id": id, "inquiry_id": id, "number": 1, "state": "open", "asked_at": at}),
        (
            Message,
            {"id": id, "inquiry_id": id, "turn_id": id, "author": "customer", "text": WORDS, "sent_at": at},
        ),
    ]
    with transaction() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for model, values in rows:
            columns = [
                value if isinstance(value, sa.ColumnElement) else sa.literal(value)
                for value in values.values()
            ]
            session.execute(sa.insert(model).from_select(list(values), sa.select(*columns)))


def _claim_first(agent: str) -> float:
    """How long the claim of what the agent's feed shows first took."""
    now = dt.datetime.now(dt.UTC)
    session = db.session()
    first = feeds.feed(session, feeds.standing(session, agent, now), now)[0]
    session.rollback()
    began = time.perf_counter()
    claim(inquiry_id=first.id, agent_id=agent, now=now)
    return time.perf_counter() - began
