"""One sweep that offers 1,000 waiting inquiries to 1,000 idle agents: read, ranked, written and told.

The whole sweep is timed, as the scheduler runs it, on each database; the figure is the slower one's median.
"""

from __future__ import annotations

import datetime as dt
import random
import statistics
import time
from typing import Any

import sqlalchemy as sa

from bench.claims import _database
from bench.desk import staff, waiting
from gig.core.db import db, transaction
from gig.dispatch.models_offers import Offer
from gig.dispatch.operations.offers import sweep_offers
from gig.identity.models import Agent

WAITING = AGENTS = 1000
ROUNDS, AIM = 7, 1.0
NO_TIME = dt.timedelta()


def run() -> list[dict[str, Any]]:
    times = {kind: _measure(kind) for kind in ("sqlite", "postgresql")}
    value = max(statistics.median(taken) for taken in times.values())
    each = ", ".join(f"{kind} {statistics.median(taken):.3f} s" for kind, taken in times.items())
    return [
        {
            "name": "offers_1000x1000_s",
            "value": round(value, 3),
            "unit": "s",
            "aim": f"<= {AIM:g}",
            "holds": value <= AIM,
            "detail": f"{WAITING} waiting, {AGENTS} idle: {each}, medians of {ROUNDS} whole sweeps",
        }
    ]


def _measure(kind: str) -> list[float]:
    with _database(kind) as (app, _), app.app_context():
        now = dt.datetime.now(dt.UTC)
        desk = staff(AGENTS, now=now)
        waiting(desk, WAITING, now=now - dt.timedelta(seconds=60))
        _differ(desk.agents, now)
        taken = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            made = sweep_offers(now=now, wait=NO_TIME)
            taken.append(time.perf_counter() - started)
            assert made == WAITING, made
            with transaction() as session:
                session.execute(sa.delete(Offer))
        db.session.remove()
        db.engine.dispose()
    return taken


def _differ(agents: list[str], now: dt.datetime) -> None:
    """No two agents are alike, so that the ranking has something to decide."""
    chance = random.Random(7)
    with transaction() as session:
        session.execute(
            sa.update(Agent),
            [
                {
                    "id": id,
                    "score_tenths": chance.randrange(600, 1000),
                    "idle_since": now - dt.timedelta(seconds=chance.randrange(3600)),
                }
                for id in agents
            ],
        )
