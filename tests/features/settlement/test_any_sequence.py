"""Whatever people do in whatever order, the books balance and every total is the sum of its lines."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from gig.core.db import db, transaction
from gig.core.errors import Refused
from gig.identity.models import Agent
from gig.payouts.adjustments.models import Adjustment, BackPayRun
from gig.payouts.adjustments.operations.back_pay import advance_runs, draft_run, start_run
from gig.payouts.adjustments.operations.deciding import (
    Evidence,
    approve,
    propose,
    propose_reversal,
    turn_down,
)
from gig.payouts.adjustments.values import DECIDED
from gig.payouts.books.queries import liability
from gig.payouts.books.values import REVERSIBLE
from gig.payouts.disbursement.operations.batches import approve_batch, cancel_batch, create_batch
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.disbursement.operations.retries import retry_lines
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger import journal
from gig.payouts.ledger.journal import TooMuchReversed
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.ledger.queries import balances
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.operations.approving import approve_period, reopen_period
from gig.payouts.settlement.operations.closing import close_due, close_period
from gig.payouts.settlement.operations.periods import posting_period
from gig.payouts.settlement.values import zone
from tests.features.settlement import books

FEN = st.sampled_from([50, 83, 120, 360, 999, 1000, 2400])


class Office(RuleBasedStateMachine):
    """Agents who earn, finance who closes, approves, reopens and pays, days that pass."""

    app: Flask
    now = books.WEDNESDAY

    def __init__(self) -> None:
        super().__init__()
        self.context = self.app.app_context()
        self.context.push()
        self.agents: list[str] = []
        self.decisions = 0
        self.crash_after = 1

    @initialize()
    def hire(self) -> None:
        self.agents = [books.agent(), books.agent(payee=False), books.agent()]

    def teardown(self) -> None:
        db.session.rollback()
        self.context.pop()

    def periods(self, *states: str) -> list[str]:
        db.session.rollback()
        query = sa.select(Period.id).where(Period.state.in_(states)).order_by(Period.starts_at)
        return list(db.session.scalars(query))

    @rule(who=st.integers(0, 2), gross=FEN, late=st.sampled_from([0, 20, 50]))
    def earns(self, who: int, gross: int, late: int) -> None:
        books.earn(self.agents[who], gross, penalty=gross * late // 100, at=self.now)

    @rule(
        who=st.integers(0, 2),
        kind=st.sampled_from(["adjustment", "award", "triage"]),
        fen=FEN,
        back=st.booleans(),
    )
    def is_given_or_taken(self, who: int, kind: str, fen: int, back: bool) -> None:
        books.post(self.agents[who], kind, -fen if back else fen, at=self.now)

    @rule(fen=FEN)
    def reverses_a_part_of_something(self, fen: int) -> None:
        self.decisions += 1
        with suppress(TooMuchReversed), transaction() as session:
            kinds = ("penalty", "award", "adjustment")
            query = sa.select(LedgerEntry).where(LedgerEntry.kind.in_(kinds)).order_by(LedgerEntry.id.desc())
            original = session.scalars(query.limit(1)).first()
            if original is None:
                return
            period_id, late_for = posting_period(session, self.now, self.now)
            for _again in range(2):
                journal.reverse(
                    session,
                    original,
                    decision=f"d{self.decisions}",
                    amount_fen=fen,
                    period_id=period_id,
                    late_for_period_id=late_for,
                    why="",
                    now=self.now,
                )

    @rule(
        who=st.integers(0, 2),
        kind=st.sampled_from(DECIDED),
        fen=FEN,
        large=st.booleans(),
        of_reply=st.booleans(),
    )
    def finance_adjusts(self, who: int, kind: str, fen: int, large: bool, of_reply: bool) -> None:
        newest = sa.select(Earning.id).where(Earning.agent_id == self.agents[who]).order_by(Earning.id.desc())
        db.session.rollback()
        with suppress(Refused):
            propose(
                kind=kind,
                agent_id=self.agents[who],
                amount_fen=fen * (10 if large else 1),
                reason="看过了",
                evidence=Evidence("对账单"),
                earning_id=db.session.scalar(newest.limit(1)) if of_reply else None,
                actor_id="maker",
                now=self.now,
            )

    @rule(fen=FEN, kind=st.sampled_from(REVERSIBLE))
    def finance_reverses(self, fen: int, kind: str) -> None:
        db.session.rollback()
        newest = sa.select(LedgerEntry.id).where(LedgerEntry.kind == kind).order_by(LedgerEntry.id.desc())
        entry_id = db.session.scalar(newest.limit(1))
        if entry_id is not None:
            with suppress(Refused):
                propose_reversal(
                    entry_id=entry_id,
                    amount_fen=fen,
                    reason="记错了",
                    evidence=Evidence("对账单"),
                    actor_id="maker",
                    now=self.now,
                )

    @rule(agree=st.booleans())
    def another_person_looks(self, agree: bool) -> None:
        db.session.rollback()
        waiting = sa.select(Adjustment.id).where(Adjustment.state == "proposed", Adjustment.run_id.is_(None))
        for id in db.session.scalars(waiting.limit(2)).all():
            with suppress(Refused):
                if agree:
                    approve(adjustment_id=id, actor_id="checker", now=self.now)
                else:
                    turn_down(adjustment_id=id, reason="不行", actor_id="checker", now=self.now)

    @rule(figure=st.sampled_from([1, 83, 200]), mode=st.sampled_from(["fixed", "percent"]))
    def back_pay_is_paid(self, figure: int, mode: str) -> None:
        day = zone().day_of(self.now) - dt.timedelta(days=1)
        id = draft_run(
            first_day=day - dt.timedelta(days=9),
            last_day=day,
            mode=mode,
            figure=figure,
            card_id=None,
            reason="补一补",
            evidence="对账单",
            actor_id="maker",
            now=self.now,
        )
        advance_runs(now=self.now)
        before = db.session.scalars(sa.select(BackPayRun.id)).all()
        with suppress(Refused):
            start_run(run_id=id, seen=before, actor_id="checker", now=self.now)
        with books.crashing(self.crash_after):
            advance_runs(now=self.now)

    @rule(steps=st.integers(1, 6))
    def the_next_work_crashes(self, steps: int) -> None:
        """Whatever closes or pays back next loses its transaction at the given step, and later goes on."""
        self.crash_after = steps

    @rule()
    def a_close_crashes_and_goes_on(self) -> None:
        for period_id in self.periods("open", "closing")[:1]:
            with suppress(Refused), books.crashing(self.crash_after):
                close_period(period_id=period_id, actor_id="maker", now=self.now)
            self.in_order(closing=True)

    @rule(days=st.integers(1, 9))
    def days_pass(self, days: int) -> None:
        Office.now += dt.timedelta(days=days)

    @rule()
    def the_scheduler_closes(self) -> None:
        close_due(now=self.now)
        assert close_due(now=self.now) == []

    @rule()
    def a_person_closes(self) -> None:
        for period_id in self.periods("open", "closing")[:1]:
            try:
                close_period(period_id=period_id, actor_id="maker", now=self.now)
            except Refused as refused:
                assert refused.slug == "period-not-over"

    @rule()
    def the_latest_is_reopened(self) -> None:
        for period_id in self.periods("closed")[-1:]:
            try:
                reopen_period(period_id=period_id, reason="look again", actor_id="maker", now=self.now)
            except Refused as refused:
                assert refused.slug == "later-period-closed"

    @rule()
    def one_is_approved(self) -> None:
        for period_id in self.periods("closed")[:1]:
            approve_period(period_id=period_id, actor_id="checker", now=self.now)

    @rule(cancel=st.booleans())
    def a_batch_is_paid(self, cancel: bool) -> None:
        for period_id in self.periods("approved", "exported")[:2]:
            retry_lines(period_id=period_id, actor_id="maker", now=self.now)
            try:
                batch_id = create_batch(period_id=period_id, actor_id="maker", now=self.now)
            except Refused as refused:
                assert refused.slug == "nothing-to-pay"
                continue
            if cancel:
                cancel_batch(batch_id=batch_id, actor_id="maker", now=self.now)
                continue
            approve_batch(batch_id=batch_id, actor_id="checker", now=self.now)
            for _again in range(2):
                export_batch(batch_id=batch_id, actor_id="maker", now=self.now)

    @rule(who=st.integers(0, 2))
    def names_a_payee(self, who: int) -> None:
        books.name_payee(self.agents[who], at=self.now, first=False)

    @rule(who=st.integers(0, 2), stage=st.sampled_from(["active", "suspended", "left"]))
    def changes_stage(self, who: int, stage: str) -> None:
        with transaction() as session:
            session.execute(sa.update(Agent).where(Agent.id == self.agents[who]).values(stage=stage))

    @invariant()
    def the_books_are_in_order(self) -> None:
        self.in_order(closing=bool(self.periods("closing")))

    def in_order(self, *, closing: bool) -> None:
        """No claim of the audit is broken, whatever was cut off; accounts are 0 and what is owed is known."""
        assert books.faults() == []
        assert sum(balance.fen for balance in balances(db.session())) == 0
        if not closing:
            owed = liability(db.session(), now=self.now)
            assert (owed.difference_fen, owed.in_transit_fen + owed.clearing_fen) == (0, 0)


@pytest.mark.long
@pytest.mark.usefixtures("programs_here")
def test_the_books_are_in_order_after_any_sequence(app: Flask) -> None:
    Office.app, Office.now = app, books.WEDNESDAY
    run_state_machine_as_test(
        Office,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
