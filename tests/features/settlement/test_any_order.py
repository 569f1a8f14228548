"""Replies, decisions, appeals, closes, batches and bank results in any order, each cut off anywhere and done
again: after each step the whole of `gig audit` holds, and a retry of what was done changes nothing.

Every example first lives through a week in which all of it happens; then whatever comes.
`ANY_ORDER_EXAMPLES=50` tries so many others than those of every run.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from gig.channels.models import Suspicion
from gig.channels.operations.decisions import decide_genuine, decide_own_customer
from gig.core.db import db, transaction
from gig.core.errors import Invalid, Refused
from gig.core.ids import new_id
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.expiry import sweep_due
from gig.dispatch.operations.releases import part_with, suspend
from gig.dispatch.operations.replies import reply
from gig.dispatch.operations.resolution import resolve
from gig.dispatch.operations.surges import begin_surge
from gig.dispatch.outages.operations import excuse_due, record_outage
from gig.identity.models import Agent
from gig.identity.operations.standing import reinstate_agent
from gig.payouts.adjustments.models import Adjustment
from gig.payouts.adjustments.operations.deciding import (
    Evidence,
    approve,
    propose,
    propose_reversal,
    turn_down,
)
from gig.payouts.adjustments.values import DECIDED
from gig.payouts.books.values import REVERSIBLE
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.disbursement.operations.batches import approve_batch, cancel_batch, create_batch
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.disbursement.operations.questions import put_in_question
from gig.payouts.disbursement.operations.retries import retry_lines
from gig.payouts.disbursement.results.operations import import_results
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.audit import audit
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.ledger.queries import balances
from gig.payouts.rates import queries as cards
from gig.payouts.rates.operations.drafts import create_draft
from gig.payouts.rates.operations.publication import publish
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.operations.approving import approve_period, reopen_period
from gig.payouts.settlement.operations.closing import close_due, close_period
from gig.payouts.settlement.operations.settings import set_number, set_period_kind
from gig.payouts.settlement.values import MINIMUM_PAYOUT
from gig.payouts.tax.queries import withheld_of
from gig.quality.models import Appeal
from gig.quality.operations.deciding import Ruling, decide
from gig.quality.operations.filing import file_appeal
from gig.scoring.models import ScoreEvent
from tests import builders
from tests.features.disbursement.payday import as_csv, row
from tests.features.dispatch.handing import fee_card, hand_on, route
from tests.features.settlement import books
from tests.features.settlement.cutting import cut_off, fingerprint
from tests.features.tax import taxing

ANSWER = "退款已原路退回，一般 1 到 3 个工作日到账。"
STEPS = st.integers(0, 8)
"""Which writing statement, or commit, of the work does not happen any more; 0: all of it does."""

EXAMPLES = int(os.environ.get("ANY_ORDER_EXAMPLES", 0))
"""How many examples that nobody has seen before, instead of the same few in each run."""

DONE = (
    "replies",
    "hands_on",
    "an_outage_is_excused",
    "a_surge_begins",
    "a_card_is_published",
    "the_minimum_changes",
    "the_kind_changes",
    "finance_adjusts",
    "another_person_looks",
    "finance_reverses",
    "one_appeals",
    "an_appeal_is_decided",
    "may_be_their_own_customer",
    "that_is_decided",
    "the_scheduler_closes",
    "the_latest_is_reopened",
    "a_person_closes",
    "one_is_approved",
    "a_batch_goes_on",
    "a_batch_is_cancelled",
    "the_bank_answers",
    "a payment came back",
    "what_waited_is_tried_again",
    "one_leaves",
)
"""What must have been done at least once for the machine to prove something."""


def possible(what: str) -> Callable[[Any], Any]:
    """The rule is tried only while there is something that it could be about."""
    return precondition(lambda platform: what in platform.can)


class Platform(RuleBasedStateMachine):
    """Agents who answer and appeal, finance, reviewers, the bank, days that pass, and a power that fails."""

    app: Flask
    now = books.WEDNESDAY
    fee_fen = 30
    did: Counter[str]
    """Over all examples: how often each work changed something, and how often it was cut off."""

    def __init__(self) -> None:
        super().__init__()
        self.context = self.app.app_context()
        self.context.push()
        self.now = type(self).now
        self.can: set[str] = set()

    @initialize(crashes=st.lists(STEPS, min_size=40, max_size=40))
    def a_week_is_lived_through(self, crashes: list[int]) -> None:
        """Everything happens once to new agents, in the database that earlier examples used: what those left
        is history that stays true."""
        self.agents = [builders.agent(name="林可", seen_at=self.now) for _ in range(3)]
        for id in self.agents:
            books.name_payee(id)
            taxing.show_document(id, "林可", taxing.RESIDENT)
        self.reviewer = builders.person(roles="reviewer")
        for id, fen in zip(self.agents, (2_000, 90_000, 900_000), strict=True):
            books.post(id, "award", fen, at=self.now)
        crash = iter(crashes)
        self.they_work(crash)
        self.finance_pays(crash)

    def they_work(self, crash: Iterator[int]) -> None:
        """Late replies, of which one is appealed and one excused, a hand-over, and what finance gives."""
        self.a_surge_begins(50, next(crash))
        self.replies(0, 90, 1, next(crash))
        self.now += books.HOUR
        self.one_appeals(next(crash))
        self.an_appeal_is_decided("partly", False, next(crash))
        self.hands_on(1, next(crash))
        self.replies(2, 121, 1, next(crash))
        self.an_outage_is_excused(next(crash))
        self.finance_adjusts(1, "bonus", 40_000, False, next(crash))
        self.another_person_looks(True, next(crash))
        self.finance_reverses("award", 36, next(crash))
        self.may_be_their_own_customer(0, next(crash))
        self.the_minimum_changes(2_000, next(crash))
        self.the_kind_changes("half_month", next(crash))
        self.a_card_is_published(next(crash))

    def finance_pays(self, crash: Iterator[int]) -> None:
        """Closed, reopened, closed by hand, approved; a batch that is cancelled and one that leaves; the bank
        pays, refuses and sends back; what waited is paid again to all but one, who leaves."""
        self.the_week_is_over()
        self.the_scheduler_closes(next(crash))
        self.the_latest_is_reopened(next(crash))
        self.a_person_closes(next(crash))
        at_approval = next(crash)
        for _ in self.periods("closed"):
            self.one_is_approved(at_approval)
        self.a_batch_goes_on(next(crash))
        self.a_batch_is_cancelled(next(crash))
        for _ in range(3):
            self.a_batch_goes_on(next(crash))
        self.the_bank_answers(["成功", "失败", "成功"], next(crash))
        self.the_bank_answers(["退票", "退票", "退票"], next(crash))
        self.that_is_decided(True, next(crash))
        self.what_waited_is_tried_again(next(crash))
        self.one_leaves(2, next(crash))
        self.the_minimum_changes(1_000, next(crash))
        self.the_kind_changes("week", next(crash))

    def teardown(self) -> None:
        db.session.rollback()
        type(self).now = self.now + dt.timedelta(days=10)
        self.context.pop()

    def done(self, work: Callable[[], object], *, crash: int = 0) -> None:
        """The work was done: cut off once, in order all the same, done to its end; then again for nothing."""
        name, at_first = work.__qualname__.split(".")[1], fingerprint()
        try:
            with suppress(Refused, Invalid), cut_off(crash):
                work()
        except books.Crash:
            self.did[f"{name} was cut off"] += 1
        db.session.rollback()
        if crash:
            self.in_order()
            with suppress(Refused, Invalid):
                work()
        before = fingerprint()
        self.did[name] += before != at_first
        with suppress(Refused, Invalid):
            work()
        assert fingerprint() == before

    def ids(self, column: sa.ColumnElement[str] | Any, *where: Any) -> list[str]:
        db.session.rollback()
        return list(db.session.scalars(sa.select(column).where(*where).order_by(column)))

    def periods(self, *states: str) -> list[str]:
        db.session.rollback()
        query = sa.select(Period.id).where(Period.state.in_(states)).order_by(Period.starts_at)
        return list(db.session.scalars(query))

    @rule(
        who=st.integers(0, 2),
        latency=st.sampled_from([20, 60, 60.001, 90, 121, 299.9]),
        hour=st.integers(0, 8),
        crash=STEPS,
    )
    def replies(self, who: int, latency: float, hour: int, crash: int) -> None:
        """Claimed and answered, on time or late; sent again it answers nothing more."""
        at = self.now + dt.timedelta(hours=hour)
        inquiry = builders.inquiry(at=at)
        agent = self.agents[who]
        with transaction() as session:
            awake = sa.update(Agent).where(Agent.id == agent, Agent.stage == "active")
            session.execute(awake.values(presence="online", last_seen_at=at))
        with suppress(Refused):
            claim(inquiry_id=inquiry, agent_id=agent, now=at + builders.seconds(10))
            sent = at + builders.seconds(10 + latency)
            self.done(lambda: reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=sent), crash=crash)
            resolve(inquiry_id=inquiry, agent_id=agent, now=sent)
        self.now = max(self.now, at)

    @rule(who=st.integers(0, 2), crash=STEPS)
    def hands_on(self, who: int, crash: int) -> None:
        """Claimed and handed on to another queue, for a fee."""
        inquiry, agent, at = builders.inquiry(at=self.now), self.agents[who], self.now
        with transaction() as session:
            awake = sa.update(Agent).where(Agent.id == agent, Agent.stage == "active")
            session.execute(awake.values(presence="online", last_seen_at=at))
        with suppress(Refused):
            claim(inquiry_id=inquiry, agent_id=agent, now=at + builders.seconds(10))
            now = at + builders.seconds(20)
            self.done(lambda: hand_on(inquiry, agent, now=now), crash=crash)

    @possible("late")
    @rule(crash=STEPS)
    def an_outage_is_excused(self, crash: int) -> None:
        """The platform failed in the quarter of an hour that has just begun."""
        start = self.now
        self.now += books.HOUR

        def work() -> None:
            record_outage(
                starts_at=start,
                ends_at=start + builders.seconds(900),
                reason="断电",
                actor_id="ops",
                now=self.now,
            )
            excuse_due(now=self.now)

        self.done(work, crash=crash)

    @rule(percent=st.sampled_from([20, 50]), crash=STEPS)
    def a_surge_begins(self, percent: int, crash: int) -> None:
        builders.queue("refund")
        self.done(
            lambda: begin_surge(
                queue="refund",
                percent=percent,
                minutes=120,
                budget_fen=10_000,
                reason="排队长",
                actor_id="ops",
                now=self.now,
            ),
            crash=crash,
        )

    @rule(crash=STEPS)
    def a_card_is_published(self, crash: int) -> None:
        """Each pays more for handing on than the one before."""
        type(self).fee_fen += 1
        document = cards.card_in_force(db.session(), self.now)[1].to_json()
        start = {"valid_from": (self.now + books.HOUR).isoformat(), "triage_fee_fen": self.fee_fen}
        with suppress(Refused, Invalid):
            id = create_draft(document=document | start, now=self.now, actor_id=None)
            self.done(lambda: publish(id=id, now=self.now, actor_id=None), crash=crash)

    @rule(fen=st.sampled_from([0, 1_000, 2_000]), crash=STEPS)
    def the_minimum_changes(self, fen: int, crash: int) -> None:
        name = MINIMUM_PAYOUT.name
        self.done(
            lambda: set_number(name=name, value=fen, reason="看看", actor_id="maker", now=self.now),
            crash=crash,
        )

    @rule(kind=st.sampled_from(["week", "half_month", "month"]), crash=STEPS)
    def the_kind_changes(self, kind: str, crash: int) -> None:
        self.done(
            lambda: set_period_kind(kind=kind, reason="看看", actor_id="maker", now=self.now), crash=crash
        )

    @rule(who=st.integers(0, 2), crash=STEPS)
    def may_be_their_own_customer(self, who: int, crash: int) -> None:
        """In the inquiry that they answered last; what they are owed waits for a person."""
        agent = self.agents[who]
        query = sa.select(Earning.inquiry_id).where(Earning.agent_id == agent, Earning.gross_fen > 0)
        for inquiry in db.session.scalars(query.order_by(Earning.id.desc()).limit(1)).all():
            case = Suspicion(
                id=new_id(),
                inquiry_id=inquiry,
                agent_id=agent,
                signals="device",
                strong=True,
                noticed_at=self.now,
                state="undecided",
            )
            values = {name: value for name, value in vars(case).items() if not name.startswith("_")}
            self.done(lambda values=values: self.suspected(values), crash=crash)  # type: ignore[misc]

    def suspected(self, values: dict[str, Any]) -> None:
        same = sa.select(Suspicion.id).where(Suspicion.inquiry_id == values["inquiry_id"])
        with transaction() as session:
            if session.scalar(same) is None:
                session.add(Suspicion(**values))
                who = {"agent_id": values["agent_id"], "inquiry_id": values["inquiry_id"]}
                put_in_question(session, **who, now=self.now)

    @possible("in question")
    @rule(own=st.booleans(), crash=STEPS)
    def that_is_decided(self, own: bool, crash: int) -> None:
        sweep_due(now=self.now)
        id = self.ids(Suspicion.id, Suspicion.state == "undecided")[0]
        decided = decide_own_customer if own else decide_genuine
        self.done(
            lambda: decided(suspicion_id=id, actor_id=self.reviewer, reason="看过了", now=self.now),
            crash=crash,
        )

    @rule(who=st.integers(0, 2), crash=STEPS)
    def one_leaves(self, who: int, crash: int) -> None:
        agent = self.agents[who]
        self.done(
            lambda: part_with(agent_id=agent, actor_id=self.reviewer, reason="回老家", now=self.now),
            crash=crash,
        )

    @rule(
        who=st.integers(0, 2),
        kind=st.sampled_from(DECIDED),
        fen=st.sampled_from([1, 83, 360, 999, 1000, 40_000, 900_000]),
        of_reply=st.booleans(),
        crash=STEPS,
    )
    def finance_adjusts(self, who: int, kind: str, fen: int, of_reply: bool, crash: int) -> None:
        agent, id = self.agents[who], new_id()
        replies = self.ids(Earning.id, Earning.agent_id == agent)
        self.done(
            lambda: propose(
                id=id,
                kind=kind,
                agent_id=agent,
                amount_fen=fen,
                reason="看过了",
                evidence=Evidence("对账单"),
                earning_id=replies[-1] if of_reply and replies else None,
                actor_id="maker",
                now=self.now,
            ),
            crash=crash,
        )

    @rule(kind=st.sampled_from(REVERSIBLE), fen=st.sampled_from([1, 36, 120, 1000]), crash=STEPS)
    def finance_reverses(self, kind: str, fen: int, crash: int) -> None:
        id = new_id()
        for entry in self.ids(LedgerEntry.id, LedgerEntry.kind == kind)[-1:]:
            self.done(
                lambda entry=entry: propose_reversal(  # type: ignore[misc]
                    id=id,
                    entry_id=entry,
                    amount_fen=fen,
                    reason="记错了",
                    evidence=Evidence("对账单"),
                    actor_id="maker",
                    now=self.now,
                ),
                crash=crash,
            )

    @possible("adjustment")
    @rule(agree=st.booleans(), crash=STEPS)
    def another_person_looks(self, agree: bool, crash: int) -> None:
        for id in self.ids(Adjustment.id, Adjustment.state == "proposed")[:1]:
            if agree:
                work = lambda id=id: approve(adjustment_id=id, actor_id="checker", now=self.now)  # noqa: E731
            else:
                work = lambda id=id: turn_down(  # noqa: E731
                    adjustment_id=id, reason="不行", actor_id="checker", now=self.now
                )
            self.done(work, crash=crash)

    @possible("late")
    @rule(crash=STEPS)
    def one_appeals(self, crash: int) -> None:
        late = self.ids(ScoreEvent.id, ScoreEvent.kind == "late", ScoreEvent.at < self.now)[-1:]
        for id in late:
            agent = db.session.scalars(sa.select(ScoreEvent.agent_id).where(ScoreEvent.id == id)).one()
            self.done(
                lambda id=id, agent=agent: file_appeal(  # type: ignore[misc]
                    event_id=id, agent_id=agent, text="断线了", now=self.now
                ),
                crash=crash,
            )

    @possible("appeal")
    @rule(verdict=st.sampled_from(["upheld", "partly", "rejected"]), strike=st.booleans(), crash=STEPS)
    def an_appeal_is_decided(self, verdict: str, strike: bool, crash: int) -> None:
        id = self.ids(Appeal.id, Appeal.state == "open")[0]
        ruling = Ruling(verdict, "platform", "看过了。", 7, strike)
        self.done(
            lambda: decide(appeal_id=id, ruling=ruling, actor_id=self.reviewer, now=self.now), crash=crash
        )

    @rule(days=st.integers(1, 9))
    def days_pass(self, days: int) -> None:
        self.now += dt.timedelta(days=days)

    @rule()
    def the_week_is_over(self) -> None:
        """Whatever is open can be closed at once."""
        db.session.rollback()
        ends = sa.select(sa.func.max(Period.ends_at)).where(Period.state.in_(("open", "closing")))
        end = db.session.scalar(ends)
        if end is not None and end > self.now - books.DAY:
            self.now = end + books.HOUR

    @possible("period over")
    @rule(crash=STEPS)
    def the_scheduler_closes(self, crash: int) -> None:
        self.done(lambda: close_due(now=self.now), crash=crash)

    @possible("period over")
    @rule(crash=STEPS)
    def a_person_closes(self, crash: int) -> None:
        for id in self.periods("open", "closing")[:1]:
            self.done(lambda id=id: close_period(period_id=id, actor_id="maker", now=self.now), crash=crash)  # type: ignore[misc]

    @possible("closed")
    @rule(crash=STEPS)
    def one_is_approved(self, crash: int) -> None:
        oldest = self.periods("closed")[0]
        self.done(lambda: approve_period(period_id=oldest, actor_id="checker", now=self.now), crash=crash)

    @possible("closed")
    @rule(crash=STEPS)
    def the_latest_is_reopened(self, crash: int) -> None:
        latest = self.periods("closed")[-1]
        self.done(
            lambda: reopen_period(period_id=latest, reason="再看", actor_id="maker", now=self.now),
            crash=crash,
        )

    @possible("line back")
    @rule(crash=STEPS)
    def what_waited_is_tried_again(self, crash: int) -> None:
        for id in self.periods("approved", "exported"):
            self.done(
                lambda id=id: retry_lines(  # type: ignore[misc]
                    period_id=id, anyway=True, actor_id="maker", now=self.now
                ),
                crash=crash,
            )

    @possible("batch to do")
    @rule(crash=STEPS)
    def a_batch_goes_on(self, crash: int) -> None:
        """What is approved leaves, else a draft is approved, else one is made of what can be paid."""
        approved, drafts = (self.ids(Batch.id, Batch.state == state) for state in ("approved", "draft"))
        if approved:
            self.done(lambda: export_batch(batch_id=approved[0], actor_id="maker", now=self.now), crash=crash)
        elif drafts:
            self.done(
                lambda: approve_batch(batch_id=drafts[0], actor_id="checker", now=self.now), crash=crash
            )
        elif paying := self.periods("approved", "exported"):
            self.done(
                lambda: create_batch(period_id=paying[-1], template="mybank", actor_id="maker", now=self.now),
                crash=crash,
            )

    @possible("batch to do")
    @rule(first=STEPS, second=STEPS, third=STEPS)
    def a_batch_leaves(self, first: int, second: int, third: int) -> None:
        for crash in (first, second, third):
            self.a_batch_goes_on(crash)

    @possible("batch")
    @rule(crash=STEPS)
    def a_batch_is_cancelled(self, crash: int) -> None:
        id = self.ids(Batch.id, Batch.state.in_(("draft", "approved")))[-1]
        self.done(lambda: cancel_batch(batch_id=id, actor_id="maker", now=self.now), crash=crash)

    @possible("line sent")
    @rule(
        say=st.lists(st.sampled_from(["成功", "成功", "失败", "退票", "处理中"]), min_size=3, max_size=3),
        crash=STEPS,
    )
    def the_bank_answers(self, say: list[str], crash: int) -> None:
        """Paid, failed, on its way, or sent back after it was paid."""
        back = len(self.ids(PayoutLine.id, PayoutLine.state == "returned"))
        for id in self.ids(Batch.id, Batch.state == "exported")[-2:]:
            lines = db.session.execute(
                sa.select(PayoutLine, PayoutLine.amount_fen - withheld_of(PayoutLine.id))
                .where(PayoutLine.batch_id == id, PayoutLine.state.in_(("in_transit", "settled")))
                .order_by(PayoutLine.id)
            ).all()
            said = [
                row(
                    line,
                    words,
                    "" if words in ("成功", "处理中") else "户名不符",
                    f"{net // 100}.{net % 100:02d}",
                )
                for (line, net), words in zip(lines, say, strict=False)
            ]
            content = as_csv(*said)
            self.done(
                lambda id=id, content=content: import_results(  # type: ignore[misc]
                    batch_id=id, name="结果.csv", content=content, actor_id="maker", now=self.now
                ),
                crash=crash,
            )
        self.did["a payment came back"] += len(self.ids(PayoutLine.id, PayoutLine.state == "returned")) > back

    @rule(who=st.integers(0, 2))
    def is_suspended_or_comes_back(self, who: int) -> None:
        agent = self.agents[who]
        try:
            suspend(agent_id=agent, actor_id=self.reviewer, reason="调查", now=self.now)
        except Refused:
            reinstate_agent(agent_id=agent, actor_id=self.reviewer, reason="查清", now=self.now)

    @rule(who=st.integers(0, 2))
    def names_a_payee(self, who: int) -> None:
        books.name_payee(self.agents[who], at=self.now, first=False)

    @invariant()
    def in_order(self) -> None:
        session = db.session()
        session.rollback()
        session.expunge_all()
        assert [finding for finding in audit(session) if finding.differences] == []
        assert sum(balance.fen for balance in balances(session)) == 0
        self.can = self._possible(session)

    def _possible(self, session: Session) -> set[str]:
        replaced = sa.select(PayoutLine.retry_of).where(PayoutLine.retry_of.is_not(None))
        payable = PayoutLine.period_id.in_(
            sa.select(Period.id).where(Period.state.in_(("approved", "exported")))
        )
        answerable = PayoutLine.state.in_(("in_transit", "settled"))
        questions = {
            "adjustment": Adjustment.state == "proposed",
            "late": sa.and_(
                ScoreEvent.kind == "late",
                ScoreEvent.at.between(self.now - 7 * books.DAY, self.now),
                ScoreEvent.id.not_in(sa.select(Appeal.event_id)),
            ),
            "appeal": Appeal.state == "open",
            "period over": sa.and_(
                Period.state.in_(("open", "closing")), Period.ends_at <= self.now - books.HOUR
            ),
            "closed": Period.state == "closed",
            "line back": sa.and_(
                payable,
                PayoutLine.state.in_(("held", "failed", "returned")),
                PayoutLine.id.not_in(replaced),
            ),
            "batch to do": sa.and_(payable, PayoutLine.state == "planned"),
            "batch": Batch.state.in_(("draft", "approved")),
            "line sent": answerable,
            "in question": Suspicion.state == "undecided",
        }
        asked = sa.select(*(sa.exists().where(what).label(name) for name, what in questions.items()))
        found = session.execute(asked).one()._mapping
        return {str(name) for name, holds in found.items() if holds}


@pytest.mark.long
@pytest.mark.usefixtures("programs_here")
@pytest.mark.parametrize("policy", ["labour_2018", "platform_2025"])
def test_no_order_and_no_crash_breaks_the_books(app: Flask, policy: str) -> None:
    with app.app_context():
        taxing.choose(policy, gap="reset" if policy == "platform_2025" else None, month="2026-11-01")
        route("refund", "senior")
        fee_card(Platform.fee_fen, at=books.WEDNESDAY - books.HOUR)
    Platform.app, Platform.now, Platform.did = app, books.WEDNESDAY, Counter()
    run_state_machine_as_test(
        Platform,
        settings=settings(
            max_examples=EXAMPLES or 2,
            stateful_step_count=16,
            deadline=None,
            derandomize=not EXAMPLES,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert {name for name in DONE if not Platform.did[name]} == set()
    assert sum(times for name, times in Platform.did.items() if name.endswith("cut off")) > 20
