"""What is too little, or owed, is carried on; who left is paid the last fen."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.identity.models import Agent
from gig.payouts.settlement.models import Statement
from gig.payouts.settlement.operations.periods import ensure_period
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, WEDNESDAY, WEEKS
from tests.features.settlement.test_closing import lines


def test_less_than_the_minimum_is_carried_and_paid_with_the_next(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 999, base=400)
    books.close()
    first = books.statement(session, lin)
    assert (first.payable_fen, first.carried_out_fen) == (0, 999)
    assert lines(session) == []
    books.earn(lin, 50, at=WEDNESDAY + WEEKS)
    books.close(CLOSING_TIME + WEEKS)
    second = books.statement(session, lin, "week-2026-11-23")
    assert (second.carried_in_fen, second.available_fen, second.payable_fen) == (999, 1049, 1049)
    assert books.faults() == []


def test_exactly_the_minimum_is_paid(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 1000, base=400)
    books.close()
    assert books.statement(session, lin).payable_fen == 1000


def test_an_agent_who_left_is_paid_the_last_fen(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 50)
    with transaction() as writing:
        writing.execute(sa.update(Agent).where(Agent.id == lin).values(stage="left"))
    books.close()
    assert books.statement(session, lin).payable_fen == 50


def test_a_debt_is_carried_and_never_paid_as_a_negative_line(session: Session) -> None:
    lin = books.agent()
    books.post(lin, "adjustment", -5000)
    books.close()
    cut = books.statement(session, lin)
    assert (cut.payable_fen, cut.carried_out_fen) == (0, -5000)
    books.close(CLOSING_TIME + WEEKS)
    assert books.statement(session, lin, "week-2026-11-23").carried_out_fen == -5000
    books.earn(lin, 8000, base=400, at=WEDNESDAY + 2 * WEEKS)
    books.close(CLOSING_TIME + 2 * WEEKS)
    assert books.statement(session, lin, "week-2026-11-30").payable_fen == 3000
    assert books.faults() == []


def test_nobody_without_activity_or_carry_gets_a_statement(session: Session) -> None:
    books.agent()
    with transaction() as writing:
        ensure_period(writing, WEDNESDAY)
    books.close()
    session.rollback()
    assert session.scalars(sa.select(Statement)).all() == []
    assert books.state(session) == "closed"
