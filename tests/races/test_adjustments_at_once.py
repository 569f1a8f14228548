"""Two people press at once: one posts it, and what may be taken is never taken twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.db import db
from gig.core.errors import Refused
from gig.core.ids import new_id
from gig.payouts.adjustments import queries
from gig.payouts.adjustments.models import Adjustment, BackPayRun
from gig.payouts.adjustments.operations import back_pay
from gig.payouts.adjustments.operations.deciding import Evidence, approve, propose, propose_reversal
from gig.payouts.ledger.models import LedgerEntry
from tests.features.adjustments.test_back_pay import NOW, counted, draft
from tests.features.settlement import books
from tests.features.settlement.books import WEDNESDAY

HANDS = 6


def at_once(app: Flask, *works: Callable[[], object]) -> list[str]:
    """What became of each: done, or the slug of the refusal."""

    def run(work: Callable[[], object]) -> str:
        with app.app_context():
            try:
                work()
            except Refused as refused:
                return refused.slug
            finally:
                db.session.remove()
        return "done"

    db.session.rollback()
    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def taking(agent_id: str, fen: int, **given: str) -> str:
    return propose(
        kind="clawback",
        agent_id=agent_id,
        amount_fen=fen,
        reason="质检",
        evidence=Evidence("质检单"),
        actor_id="maker",
        now=WEDNESDAY,
        **given,
    )


def test_of_several_who_approve_one_wins(app: Flask, session: Session) -> None:
    id = taking(books.agent(), 9000)
    people = [
        lambda name=f"checker{n}": approve(adjustment_id=id, actor_id=name, now=WEDNESDAY)
        for n in range(HANDS)
    ]  # type: ignore[misc]
    told = at_once(app, *people)
    assert sorted(told) == ["already-decided"] * (HANDS - 1) + ["done"]
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(LedgerEntry)) == 1
    assert books.faults() == []


def test_clawbacks_and_reversals_of_one_reply_at_once_stay_within_it(app: Flask, session: Session) -> None:
    lin = books.agent()
    reply = books.earn(lin, 240, base=120, penalty=48)
    session.rollback()
    entry_id = session.scalars(sa.select(LedgerEntry.id).where(LedgerEntry.kind == "earning")).one()

    def claw() -> str:
        return taking(lin, 80, earning_id=reply)

    def back() -> str:
        return propose_reversal(
            entry_id=entry_id,
            amount_fen=80,
            reason="记错了",
            evidence=Evidence("对账单"),
            actor_id="other",
            now=WEDNESDAY,
        )

    told = at_once(app, claw, back, claw, back, claw, back)
    assert told.count("done") == 2
    session.rollback()
    assert queries.taken_from(session, reply) == 48 + 160
    assert books.faults() == []


def test_a_run_posted_by_several_is_posted_once(app: Flask, session: Session) -> None:
    for _ in range(7):
        books.earn(books.agent(), 100)
    id = counted()
    back_pay.start_run(run_id=id, actor_id="checker", now=NOW)
    assert at_once(app, *[lambda: back_pay.advance_runs(now=NOW)] * 4) == ["done"] * 4
    session.rollback()
    assert session.scalars(sa.select(Adjustment.state).distinct()).all() == ["posted"]
    assert session.scalar(sa.select(sa.func.count()).where(LedgerEntry.kind == "adjustment")) == 7
    assert books.faults() == []


def test_one_form_sent_several_times_at_once_is_one_run(app: Flask, session: Session) -> None:
    books.earn(books.agent(), 100)
    id = new_id()
    assert at_once(app, *[lambda: draft(id=id)] * 4) == ["done"] * 4
    session.rollback()
    assert session.scalars(sa.select(BackPayRun.id)).all() == [id]
