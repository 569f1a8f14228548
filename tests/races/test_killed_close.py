"""A close that is killed again and again says in the end what one that was never disturbed says."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.settlement.models import Statement
from gig.payouts.settlement.operations.approving import reopen_period
from gig.payouts.settlement.operations.closing import close_period
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, WEEK, WEEKS
from tests.fixtures.servers import environment
from tests.fixtures.warm import Program

AGENTS = 24
KILLS = 5

CLOSER = """
import sys
from gig.app import create_app
from gig.payouts.settlement.operations import closing
from tests.features.settlement.books import CLOSING_TIME
from tests.fixtures import disk

def step(name, work):
    def stepped(*given, **named):
        print(name, flush=True)
        return work(*given, **named)
    return stepped

closing.CHUNK = 3
closing.SLICE = closing.SLICE_WHEN_AWAITED = 1
for name in ("_advance", "_begin", "_cut_next", "_finish", "tie", "move"):
    setattr(closing, name, step(name, getattr(closing, name)))
disk.is_not_waited_for()
with create_app().app_context():
    closing.close_due(now=CLOSING_TIME)
"""


def start_closing(database_url: str, folder: Path) -> Program:
    """Another process that closes, one agent at a time, and prints a line before each step."""
    return Program(CLOSER, cwd=folder, env=environment(GIG_DATABASE_URL=database_url))


def kill_after(process: Program, steps: int) -> bool:
    """SIGKILL in the middle of whatever follows the given number of steps; False if it had ended."""
    for _ in range(steps):
        if not process.stdout.readline():
            break
    process.kill()
    return process.wait() != 0


def what_was_cut(session: Session) -> list[tuple[object, ...]]:
    session.rollback()
    skipped = {"id", "close_no", "cut_at", "voided_at"}
    columns = [column for column in Statement.__table__.c if column.name not in skipped]
    statements = sa.select(*columns).where(Statement.voided_at.is_(None)).order_by(Statement.agent_id)
    lines = (
        sa.select(PayoutLine.agent_id, PayoutLine.amount_fen, PayoutLine.state, PayoutLine.payee_id)
        .where(PayoutLine.state != "voided")
        .order_by(PayoutLine.agent_id)
    )
    return [tuple(row) for query in (statements, lines) for row in session.execute(query)]


@pytest.mark.long
def test_a_close_killed_at_random_moments_ends_like_an_undisturbed_one(
    session: Session, database_url: str, tmp_path: Path
) -> None:
    chance = random.Random(20261123)
    for place in range(AGENTS):
        id = books.agent(payee=place % 5 != 0)
        books.earn(id, 900 + 50 * place, base=400, penalty=9 * (place % 3))
    session.rollback()
    killed = 0
    for _ in range(KILLS):
        killed += kill_after(start_closing(database_url, tmp_path), chance.randint(1, 6))
        assert [fault for fault in books.faults() if "without a statement" not in fault] == []
    assert killed >= KILLS // 2
    assert start_closing(database_url, tmp_path).end() == 0
    assert books.state(session) == "closed"
    assert books.faults() == []
    after_kills = what_was_cut(session)
    assert len(after_kills) > AGENTS
    reopen_period(period_id=WEEK, reason="once more, undisturbed", actor_id="maker", now=CLOSING_TIME)
    close_period(period_id=WEEK, actor_id="maker", now=CLOSING_TIME)
    assert what_was_cut(session) == after_kills
    assert books.close(CLOSING_TIME + WEEKS) == ["week-2026-11-23"]
    assert books.faults() == []
