"""Closing a week of 200,000 earnings of 5,000 agents, over one bare INSERT … SELECT … GROUP BY.

The bare statement writes the same statements from the same earnings into an empty copy of the statement
table. The close writes them too, and the payout lines with their holds, proves that book, statements and
lines agree, and can be killed at any point.
"""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa

from bench.books import AFTER, KINDS, database, week_of
from bench.memory import peak_kib
from gig.core.db import transaction
from gig.payouts.settlement.models import Statement
from gig.payouts.settlement.operations.approving import reopen_period
from gig.payouts.settlement.operations.closing import close_period

EARNINGS, AGENTS, ROUNDS, AIM = 200_000, 5_000, 7, 3.0

BARE = """
INSERT INTO bare (id, period_id, agent_id, close_no, turns, late_turns, peak_turns, base_fen, peak_fen,
  late_fen, adjustments_fen, awards_fen, triage_fen, reversals_fen, gross_fen, carried_in_fen, available_fen,
  payable_fen, carried_out_fen, cut_at)
SELECT period_id || '.1.' || agent_id, period_id, agent_id, 1, count(*),
  count(CASE WHEN penalty_fen > 0 THEN 1 END), count(CASE WHEN gross_fen > base_fen THEN 1 END),
  sum(base_fen), sum(gross_fen - base_fen), sum(penalty_fen), 0, 0, 0, 0, sum(gross_fen - penalty_fen), 0,
  sum(gross_fen - penalty_fen),
  CASE WHEN sum(gross_fen - penalty_fen) >= 1000 THEN sum(gross_fen - penalty_fen) ELSE 0 END,
  CASE WHEN sum(gross_fen - penalty_fen) >= 1000 THEN 0 ELSE sum(gross_fen - penalty_fen) END, :now
FROM earning WHERE period_id = :period AND gross_fen > 0 GROUP BY period_id, agent_id
"""


def run() -> list[dict[str, Any]]:
    return [measure(kind) for kind in KINDS]


def measure(kind: str) -> dict[str, Any]:
    """The close and the bare statement in turn, on the same rows; the least disturbed run of each side."""
    with database(kind):
        period_id = week_of(EARNINGS, AGENTS)
        before_kib = peak_kib()
        bare_s, close_s = [], []
        for _ in range(ROUNDS):
            bare_s.append(_bare(period_id))
            started = time.perf_counter()
            close_period(period_id=period_id, actor_id=None, now=AFTER)
            close_s.append(time.perf_counter() - started)
            reopen_period(period_id=period_id, reason="the next round", actor_id="bench", now=AFTER)
        grown_kib = peak_kib() - before_kib
    ratio = min(close_s) / min(bare_s)
    return {
        "name": f"close_over_sql_{kind}",
        "value": round(ratio, 2),
        "unit": "ratio",
        "aim": f"<= {AIM:g}",
        "holds": ratio <= AIM,
        "how": f"{EARNINGS:,} earnings, {AGENTS:,} agents: {min(close_s):.3f} s / {min(bare_s):.3f} s, "
        f"best of {ROUNDS}; peak memory grew by {grown_kib // 1024} MiB",
    }


def _bare(period_id: str) -> float:
    """Seconds that the bare statement takes, into an empty table of the same columns, checks and indexes."""
    table = Statement.__table__.to_metadata(sa.MetaData(), name="bare")  # type: ignore[attr-defined]
    table.primary_key.name = "pk_bare"
    for index in table.indexes:
        index.name = f"bare_{index.name}"
    with transaction() as session:
        session.execute(sa.text("DROP TABLE IF EXISTS bare"))
        session.connection().execute(sa.schema.CreateTable(table))
        for index in table.indexes:
            session.connection().execute(sa.schema.CreateIndex(index))
    statement = sa.text(BARE).bindparams(sa.bindparam("now", type_=Statement.__table__.c.cut_at.type))
    started = time.perf_counter()
    with transaction() as session:
        session.execute(statement, {"period": period_id, "now": AFTER})
    return time.perf_counter() - started
