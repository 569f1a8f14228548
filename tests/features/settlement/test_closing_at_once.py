"""A close beside others: two at once, one that dies, one between claims, one inside another transaction."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.db import db, transaction
from gig.core.writers import writers_of
from gig.payouts.earnings.models import Earning
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.operations import closing
from gig.payouts.settlement.operations.closing import DoesNotTie, close_period
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, WEEK
from tests.features.settlement.test_closing import lines


def test_a_close_that_dies_before_any_of_its_commits_is_finished_by_the_next(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "CHUNK", 2)
    monkeypatch.setattr(closing, "SLICE", 1)
    for _ in range(5):
        books.earn(books.agent(), 1200, base=400)
    states = set()
    for steps in range(1, 30):
        with books.crashing(steps):
            close_period(period_id=WEEK, actor_id="maker", now=CLOSING_TIME)
        states.add(books.state(session))
        assert books.faults() == []
        if books.state(session) == "closed":
            break
    assert states == {"open", "closing", "closed"}
    assert [fen for _, fen, _, _ in lines(session)] == [1200] * 5
    assert session.scalar(sa.select(Period.close_no).where(Period.id == WEEK)) == 1


def test_a_close_that_does_not_tie_stays_closing(session: Session) -> None:
    lin = books.agent()
    id = books.earn(lin, 1200, base=400)
    with transaction() as writing:
        writing.execute(
            sa.update(Earning).where(Earning.id == id).values(gross_fen=1100, base_fen=300, pay_fen=1100)
        )
    with pytest.raises(DoesNotTie):
        books.close()
    assert books.state(session) == "closing"
    assert books.faults() != []


def test_a_claim_that_waits_goes_between_two_slices(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wants to write while a close holds the one writer of SQLite is let in before it goes on."""
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL has many writers")
    monkeypatch.setattr(closing, "SLICE", 1)
    monkeypatch.setattr(closing, "SLICE_WHEN_AWAITED", 1)
    for _ in range(4):
        books.earn(books.agent(), 1200, base=400)
    session.rollback()
    order: list[str] = []
    waiting = threading.Thread(target=lambda: write(app, order))
    wrote = closing.cut.write

    def writing(*given: Any) -> None:
        if not order:
            waiting.start()
            while not writers_of(session).waiting:
                pass
        order.append("slice")
        wrote(*given)

    monkeypatch.setattr(closing.cut, "write", writing)
    books.close()
    waiting.join()
    assert order[:2] == ["slice", "claim"]
    assert order.count("slice") == 4


def write(app: Flask, order: list[str]) -> None:
    with app.app_context():
        with transaction():
            order.append("claim")
        db.session.remove()


def test_the_scheduler_registers_the_close(app: Flask) -> None:
    from gig.scheduler import jobs_of

    assert "settlement.close" in {job.name for job in jobs_of(app)}
