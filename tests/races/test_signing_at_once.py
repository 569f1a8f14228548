"""Two people who sign at one moment: the later one is told what is so, and nothing is done by halves.

One of the two holds its transaction until the other waits for it, so that the moment is always the same.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.channels.models import Suspicion
from gig.channels.operations import decisions
from gig.core.db import db, transaction
from gig.core.errors import GigError
from gig.dispatch.operations.expiry import sweep_due
from gig.dispatch.outages.operations import excuse_due, record_outage
from gig.payouts.adjustments.operations.deciding import Evidence, propose
from gig.payouts.disbursement.models import Batch
from gig.payouts.disbursement.operations import exporting
from gig.payouts.disbursement.operations.batches import (
    approve_batch,
    cancel_batch,
    create_batch,
    remove_unwritable,
)
from gig.payouts.disbursement.operations.retries import retry_lines
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.tax.operations.residency import state_residency
from tests import builders
from tests.builders import NOON, seconds
from tests.features.channels.test_own_customers import answer, asked, phone_of, worker
from tests.features.disbursement.payday import NOW, approved_week
from tests.features.quality import cases
from tests.features.settlement import books
from tests.features.settlement.books import WEEK
from tests.features.tax import taxing
from tests.races.waiting import until_it_waits

ON = taxing.day("2026-11-24")
Act = Callable[[], object]


def one_waits_for_the_other(app: Flask, first: Act, second: Act) -> object:
    """`first` is done and not yet committed when `second` begins; what `second` answered or was refused."""
    told: list[object] = []

    def run() -> None:
        with app.app_context():
            try:
                told.append(second())
            except GigError as error:
                told.append(error.slug)
            except Exception as error:
                told.append(error)
            finally:
                db.session.remove()

    other = Thread(target=run)
    db.session.rollback()
    with transaction():
        first()
        other.start()
        until_it_waits(other)
    other.join()
    return told[0]


def state(session: Session, batch_id: str) -> str:
    session.rollback()
    return session.get_one(Batch, batch_id, populate_existing=True).state


def test_a_batch_that_is_being_approved_can_be_cancelled_and_not_called_exported(
    app: Flask, session: Session
) -> None:
    approved_week(1200)
    batch_id = create_batch(period_id=WEEK, actor_id="maker", now=NOW)
    told = one_waits_for_the_other(
        app,
        lambda: approve_batch(batch_id=batch_id, actor_id="checker", now=NOW),
        lambda: cancel_batch(batch_id=batch_id, actor_id="maker", now=NOW),
    )
    assert (told, state(session, batch_id)) == (None, "cancelled")
    assert books.faults() == []


def test_a_batch_that_is_being_cancelled_is_not_approved(app: Flask, session: Session) -> None:
    approved_week(1200)
    batch_id = create_batch(period_id=WEEK, actor_id="maker", now=NOW)
    told = one_waits_for_the_other(
        app,
        lambda: cancel_batch(batch_id=batch_id, actor_id="maker", now=NOW),
        lambda: approve_batch(batch_id=batch_id, actor_id="checker", now=NOW),
    )
    assert (told, state(session, batch_id)) == ("not-draft", "cancelled")


def test_nothing_is_taken_out_of_a_batch_that_is_being_approved(app: Flask, session: Session) -> None:
    approved_week(1200)
    batch_id = create_batch(period_id=WEEK, actor_id="maker", now=NOW)
    told = one_waits_for_the_other(
        app,
        lambda: approve_batch(batch_id=batch_id, actor_id="checker", now=NOW),
        lambda: remove_unwritable(batch_id=batch_id, actor_id="maker", now=NOW),
    )
    assert (told, state(session, batch_id)) == ("not-draft", "approved")


def test_a_batch_out_of_which_lines_are_being_taken_is_approved_as_it_is_then(
    app: Flask, session: Session
) -> None:
    approved_week(1200, 3400, names=("䶮小明", "林可"))
    batch_id = create_batch(period_id=WEEK, template="mybank", actor_id="maker", now=NOW)

    told = one_waits_for_the_other(
        app,
        lambda: remove_unwritable(batch_id=batch_id, actor_id="maker", now=NOW),
        lambda: approve_batch(batch_id=batch_id, actor_id="checker", now=NOW),
    )
    session.rollback()
    batch = session.get_one(Batch, batch_id, populate_existing=True)
    assert (told, batch.state, batch.lines, batch.total_fen) == (None, "approved", 1, 3400)
    assert books.faults() == []


def test_an_outage_gives_back_what_a_partial_ruling_has_left(app: Flask, session: Session) -> None:
    agent, reviewer = builders.agent(), builders.person(roles="reviewer")
    appeal = cases.appealed(agent, cases.late_reply(agent))
    whole = cases.found(session, appeal).penalty_fen or 0
    record_outage(
        starts_at=NOON, ends_at=NOON + seconds(60), reason="断网", actor_id=None, now=NOON + 2 * cases.HOUR
    )
    told = one_waits_for_the_other(
        app,
        lambda: cases.ruled(appeal, "partly", by=reviewer, part_fen=1),
        lambda: excuse_due(now=NOON + cases.DAY),
    )
    assert told == 1
    assert sorted(entry.amount_fen for entry in cases.reversals(session)) == [1, whole - 1]
    assert cases.faults(session) == []


def test_pay_of_an_own_customer_is_taken_back_less_what_is_being_clawed_back(
    app: Flask, session: Session
) -> None:
    agent, reviewer = worker(), builders.person(roles="reviewer")
    inquiry = asked(phone_of(session, agent))
    answer(agent, inquiry, latency_s=20)
    at = NOON + cases.DAY + seconds(400)
    sweep_due(now=NOON + cases.DAY + seconds(300))
    session.rollback()
    suspicion = session.scalars(sa.select(Suspicion.id)).one()
    earned = session.scalars(sa.select(Earning).where(Earning.inquiry_id == inquiry)).one()
    earning, pay = earned.id, earned.pay_fen
    told = one_waits_for_the_other(
        app,
        lambda: propose(
            kind="clawback",
            agent_id=agent,
            amount_fen=50,
            reason="质检",
            evidence=Evidence("质检单"),
            earning_id=earning,
            actor_id="maker",
            now=at,
        ),
        lambda: decisions.decide_own_customer(
            suspicion_id=suspicion, actor_id=reviewer, reason="同一手机号", now=at
        ),
    )
    assert told == pay - 50
    session.rollback()
    of_it = (f"earning:{earning}", "adjustment:%", f"reversal:suspicion-{suspicion}:%")
    moved = session.scalars(
        sa.select(LedgerEntry.payable_fen).where(
            sa.or_(*(LedgerEntry.source_key.like(each) for each in of_it)), LedgerEntry.agent_id == agent
        )
    ).all()
    assert sum(moved) == 0
    assert books.faults() == []


def test_an_export_does_not_tax_as_a_resident_whom_finance_has_just_called_none(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The word comes after the tax was reckoned and before it is written: it is reckoned again."""
    taxing.choose("labour_2018", gap=None)
    lin = taxing.agent(number=taxing.PERMIT)
    period_id, now = taxing.owe({lin: 300_000}, ON), taxing.at(ON)
    with pytest.raises(GigError):
        create_batch(period_id=period_id, actor_id="maker", now=now)
    state_residency(agent_id=lin, resident=True, reason="全年在境内", actor_id="finance", now=now)
    retry_lines(period_id=period_id, actor_id="maker", now=now)
    batch_id = create_batch(period_id=period_id, actor_id="maker", now=now)
    approve_batch(batch_id=batch_id, actor_id="checker", now=now)
    build = exporting.build

    def late(*given: Any) -> Any:
        monkeypatch.setattr(exporting, "build", build)
        state_residency(agent_id=lin, resident=False, reason="住不满 183 天", actor_id="finance", now=now)
        return build(*given)

    monkeypatch.setattr(exporting, "build", late)
    with pytest.raises(GigError) as refused:
        exporting.export_batch(batch_id=batch_id, actor_id="maker", now=now)
    assert refused.value.slug == "tax-identity"
    assert state(session, batch_id) == "approved"
    assert books.faults() == []
