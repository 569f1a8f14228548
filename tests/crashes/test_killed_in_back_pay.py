"""The process that counts and posts back pay is killed again and again; everybody is paid once."""

from __future__ import annotations

import random
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.adjustments.models import Adjustment, BackPayRun
from gig.payouts.adjustments.operations.back_pay import advance_runs, start_run
from gig.payouts.ledger.models import LedgerEntry
from tests.features.adjustments.test_back_pay import NOW, draft
from tests.features.settlement import books
from tests.fixtures.servers import environment
from tests.fixtures.warm import Program
from tests.races.test_killed_close import kill_after

AGENTS, KILLS = 12, 3

WORKER = """
from gig.app import create_app
from gig.payouts.adjustments.operations import back_pay
from tests.features.adjustments.test_back_pay import NOW
from tests.fixtures import disk

def step(name, work):
    def stepped(*given, **named):
        print(name, flush=True)
        return work(*given, **named)
    return stepped

back_pay.AGENTS_AT_ONCE = back_pay.POSTED_AT_ONCE = 1
for name in ("_count_next", "_post_next", "rows_changed", "post_adjustments"):
    setattr(back_pay, name, step(name, getattr(back_pay, name)))
disk.is_not_waited_for()
with create_app().app_context():
    back_pay.advance_runs(now=NOW)
"""


def start_worker(database_url: str, folder: Path) -> Program:
    """Another process that counts and posts, one agent at a time, and prints a line before each step."""
    return Program(WORKER, cwd=folder, env=environment(GIG_DATABASE_URL=database_url))


def state(session: Session, run_id: str) -> str:
    session.rollback()
    return session.scalars(sa.select(BackPayRun.state).where(BackPayRun.id == run_id)).one()


def test_a_run_killed_at_random_moments_pays_everybody_once(
    session: Session, database_url: str, tmp_path: Path
) -> None:
    chance = random.Random(20261126)
    agents = [books.agent() for _ in range(AGENTS)]
    for id in agents:
        books.earn(id, 240, base=120)
    run_id = draft()
    session.rollback()
    killed = 0
    for wanted in ("ready", "posted"):
        for _ in range(KILLS):
            killed += kill_after(start_worker(database_url, tmp_path), chance.randint(1, 9))
            assert books.faults() == []
        advance_runs(now=NOW)
        assert state(session, run_id) == wanted
        if wanted == "ready":
            start_run(run_id=run_id, actor_id="checker", now=NOW)
            session.rollback()
    assert killed >= KILLS
    posted = sa.select(LedgerEntry.agent_id, LedgerEntry.amount_fen).where(LedgerEntry.kind == "adjustment")
    assert sorted(tuple(row) for row in session.execute(posted)) == sorted((id, 20) for id in agents)
    assert session.scalars(sa.select(Adjustment.state).distinct()).all() == ["posted"]
    assert books.faults() == []
