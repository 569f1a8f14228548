"""Closing a week of 200,000 earnings of 5,000 agents, over the bare INSERT … SELECT … GROUP BY."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import sqlalchemy as sa

from bench.books import AFTER, KINDS, database, week_of
from gig.core.db import db, transaction
from gig.payouts.settlement.models import Statement
from gig.payouts.settlement.operations.approving import reopen_period
from gig.payouts.settlement.operations.closing import close_period

EARNINGS, AGENTS, ROUNDS, AIM = 200_000, 5_000, 5, 3.0

BARE = """
INSERT INTO bare (id, period_id, agent_id, turns, late_turns, peak_turns, base_fen, peak_fen, late_fen, gross_fen)
SELECT period_id || '.' || agent_id, period_id, agent_id, count(*), count(CASE WHEN penalty_fen > 0 THEN 1 END),
  count(CASE WHEN gross_fen > base_fen THEN 1 END), sum(base_fen), sum(gross_fen - base_fen), sum(penalty_fen),
  sum(gross_fen - penalty_fen)
FROM earning WHERE period_id = :period AND gross_fen > 0 GROUP BY period_id, agent_id
"""


def run() -> list[dict[str, Any]]:
    return [measure(kind) for kind in KINDS]


def measure(kind: str) -> dict[str, Any]:
    """The close and the bare statement in turn, on the same rows; the median of each side."""
    with database(kind):
        period_id = week_of(EARNINGS, AGENTS)
        bare_s, close_s = [], []
        for _ in range(ROUNDS):
            bare_s.append(_bare(period_id))
            started = time.perf_counter()
            close_period(period_id=period_id, actor_id=None, now=AFTER)
            close_s.append(time.perf_counter() - started)
            reopen_period(period_id=period_id, reason="the next round", actor_id="bench", now=AFTER)
    ratio = median(close_s) / median(bare_s)
    return {
        "name": f"close_over_sql_{kind}",
        "value": round(ratio, 2),
        "unit": f"ratio ({median(close_s):.3f} s / {median(bare_s):.3f} s)",
        "aim": AIM,
        "holds": ratio <= AIM,
    }


def _bare(period_id: str) -> float:
    with transaction() as session:
        session.execute(sa.text("DROP TABLE IF EXISTS bare"))
        session.execute(sa.text(_table()))
    started = time.perf_counter()
    with transaction() as session:
        session.execute(sa.text(BARE), {"period": period_id})
    return time.perf_counter() - started


def _table() -> str:
    columns = ", ".join(
        f"{column.name} {column.type.compile(db.engine.dialect)}"
        for column in Statement.__table__.c
        if column.name != "id"
    )
    return f"CREATE TABLE bare (id TEXT PRIMARY KEY, {columns})"
