"""Two people press at once: one posts it, and what may be taken is never taken twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.db import db, transaction
from gig.core.errors import Refused
from gig.core.ids import new_id
from gig.payouts.adjustments import queries
from gig.payouts.adjustments.models import Adjustment, BackPayRun
from gig.payouts.adjustments.operations import back_pay
from gig.payouts.adjustments.operations.deciding import Evidence, approve, propose, propose_reversal
from gig.payouts.disbursement.operations.questions import take_back
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from tests.features.adjustments.test_back_pay import NOW, counted, draft
from tests.features.adjustments.test_back_pay_again import by_card, card, post
from tests.features.adjustments.test_back_pay_again import take_back as take_by_hand
from tests.features.adjustments.test_back_pay_taken import take_inquiry
from tests.features.settlement import books
from tests.features.settlement.books import HOUR, WEDNESDAY
from tests.races.waiting import until_it_waits

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


@pytest.mark.parametrize("state", ["ready", "posting"])
def test_a_run_that_is_started_beside_a_decision_pays_nothing_of_what_it_takes(
    app: Flask, session: Session, state: str
) -> None:
    """The decision has looked for back pay of the inquiry and not committed; then the run would post some."""
    lin, inquiry = books.agent(), new_id()
    books.earn(lin, 120, inquiry_id=inquiry)
    kept = books.earn(books.agent(), 120)
    run_id = counted()
    if state == "posting":
        back_pay.start_run(run_id=run_id, actor_id="checker", now=NOW)
    told: list[str] = []

    def start_and_post() -> None:
        with app.app_context():
            try:
                back_pay.start_run(run_id=run_id, actor_id="checker", now=NOW)
                back_pay.advance_runs(now=NOW)
                told.append("done")
            except Refused as refused:
                told.append(refused.slug)
            finally:
                db.session.remove()

    posting = Thread(target=start_and_post)
    session.rollback()
    with transaction() as writing:
        taken = take_back(writing, agent_id=lin, inquiry_id=inquiry, decision="own", why="自己的单", now=NOW)
        posting.start()
        until_it_waits(posting)
        assert told == []
    posting.join()
    session.rollback()
    posted = session.scalars(sa.select(Adjustment.agent_id).where(Adjustment.state == "posted")).all()
    # with one writer a run that is not started yet may look only after the decision: it is refused then
    assert (taken, told, posted) in [
        (120, ["done"], [session.get_one(Earning, kept).agent_id]),
        *([(120, ["outdated"], [])] if state == "ready" else []),
    ]
    assert books.faults() == []


def test_two_inquiries_that_are_taken_back_at_one_moment_lose_each_its_own_back_pay(
    app: Flask, session: Session
) -> None:
    lin = books.agent()
    inquiries = [new_id() for _ in range(3)]
    for minutes, inquiry in enumerate(inquiries):
        books.earn(lin, 120, inquiry_id=inquiry, at=WEDNESDAY + minutes * HOUR)
    run = post(by_card(card(150)))
    told = at_once(
        app,
        *(lambda id=id: take_inquiry(lin, id) for id in inquiries[:2]),  # type: ignore[misc]
        lambda: take_by_hand(session, run, lin, 30),
    )
    assert told == ["done"] * 3
    session.rollback()
    assert sum(queries.back_paid_in(session, lin, inquiry) for inquiry in inquiries) == 0
    assert books.faults() == []
