"""What happens on the platform over a quarter, day by day."""

from __future__ import annotations

import datetime as dt
import random

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.releases import part_with, suspend
from gig.dispatch.operations.replies import reply
from gig.identity.models import Agent, AgentSkill
from gig.identity.operations.standing import reinstate_agent
from gig.payouts.holidays import queries as holidays
from gig.payouts.holidays.operations import set_day
from gig.payouts.ledger.audit import audit
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.operations.approving import reopen_period
from gig.payouts.settlement.operations.closing import close_period
from gig.payouts.settlement.operations.periods import ensure_period
from gig.payouts.settlement.operations.settings import set_period_kind
from gig.scheduler import jobs_of
from gig.scheduler.ticks import run_tick
from tests import builders
from tests.features.dispatch.handing import hand_on, route
from tests.features.tax import taxing
from tests.rules.cards import DINNER, LUNCH, band, base_row
from tests.scenarios.quarter import office
from tests.scenarios.quarter.office import DAY, Bank
from tests.scenarios.quarter.work import ANSWER, Worker, at, hire, name_account, reply_late, work

FIRST, END = dt.date(2026, 11, 2), dt.date(2027, 2, 1)
"""A Monday, and the day after the last: thirteen weeks."""

REOPENED = dt.date(2026, 11, 16)
"""The end of the week that is reopened, so that a reply that was under way still counts in it."""

AGAIN = (dt.date(2026, 11, 24), dt.date(2026, 12, 15), dt.date(2027, 1, 17))
"""The pay days on which what came back, or had to wait, is paid again."""

BASE = [base_row(120), base_row(200, "refund"), base_row(333, "quality"), base_row(55, "account")]
GOLD = [*BASE, base_row(220, "refund", tier="gold"), base_row(400, "quality", tier="gold")]
LESS = [row if row["queue"] != "quality" else row | {"fen": 301} for row in GOLD]


class Quarter:
    """The platform from Monday 2 November to Sunday 31 January."""

    def __init__(self, app: Flask, session: Session, policy: str, agents: int) -> None:
        self.app, self.session = app, session
        self.dice = random.Random(7)
        self.bank = Bank(self.dice)
        month = FIRST.replace(day=1).isoformat()
        taxing.choose(policy, gap="reset" if policy == "platform_2025" else None, month=month)
        self.crew = hire(agents)
        self.known = {worker.id: worker for worker in self.crew}
        self.reviewer = builders.person(roles="reviewer", name="审核一")
        self.away: set[str] = set()
        self.left: dict[str, dt.datetime] = {}
        self.undecided: list[str] = []
        self.unanswered: list[tuple[str, bool]] = []
        self.accounts = 100_000
        (self.close,) = (job for job in jobs_of(app) if job.name == "settlement.close")

    @property
    def lost(self) -> list[Worker]:
        """Those who hardly work."""
        return self.crew[7::12]

    def run(self) -> None:
        day = FIRST
        while day < END:
            with transaction() as session:
                period = ensure_period(session, at(day, 12))
                first, end = period.first_day, period.end_day
            assert first == day
            self.live_through(period.id, first, end)
            day = end
        self.pay_what_is_left()

    def live_through(self, period_id: str, first: dt.date, end: dt.date) -> None:
        days = [first + n * DAY for n in range((end - first).days)]
        self.what_happens(days)
        working = [worker for worker in self.crew if worker.id not in self.away]
        work(self.session, working, days, self.dice)
        last = days[-1]
        office.adjust(self.session, self.crew, days, self.dice, now=at(last, 12))
        office.rule(self.session, self.undecided, self.reviewer, now=at(last, 16))
        appeals = office.appeal(self.session, at(last - 5 * DAY), self.dice, now=at(last, 17))
        office.rule(self.session, appeals[:3], self.reviewer, now=at(last, 18))
        self.undecided = appeals[3:]
        self.scheduler_closes(period_id, end)
        if end == REOPENED:
            reopen_period(period_id=period_id, reason="漏了一条", actor_id=office.MAKER, now=at(end, 0, 15))
        reply_late(
            self.session, working[1], at(end) - 2 * office.MINUTE, posted_at=at(end, 0, 20), dice=self.dice
        )
        if end == REOPENED:
            close_period(period_id=period_id, actor_id=office.MAKER, now=at(end, 0, 30))
        self.pay_day(period_id, end + DAY)
        if end + DAY in AGAIN:
            self.books_hold()

    def what_happens(self, days: list[dt.date]) -> None:
        """What ops and people do in these days, each on its date."""
        for day, act in (
            (dt.date(2026, 11, 5), self.a_dearer_card),
            (dt.date(2026, 11, 16), self.some_owe_us),
            (dt.date(2026, 11, 20), self.two_are_suspended),
            (dt.date(2026, 12, 1), self.back_pay),
            (dt.date(2026, 12, 10), self.a_cheaper_card_with_holidays),
            (dt.date(2026, 12, 18), self.one_comes_back),
            (dt.date(2026, 12, 30), self.other_periods),
            (dt.date(2027, 1, 5), self.one_leaves),
            (dt.date(2027, 1, 6), self.another_card),
            (dt.date(2027, 1, 12), self.one_hands_on),
        ):
            if day in days:
                act(day)

    def a_dearer_card(self, day: dt.date) -> None:
        bands = [LUNCH, DINNER, band("sat-sun", "20:00", "23:00", 175, "周末夜")]
        start = "2026-11-16T00:00:00+08:00"
        office.card_through_review(
            now=at(day, 9), name="v2", valid_from=start, base=GOLD, bands=bands, dates=[]
        )

    def some_owe_us(self, day: dt.date) -> None:
        for worker in self.lost:
            office.give("clawback", worker, 6_001, now=at(day, 9))
        office.second_person(self.session, now=at(day, 10))

    def two_are_suspended(self, day: dt.date) -> None:
        """In the middle of a week of which they have earned a part."""
        two = (self.crew[10], self.crew[20])
        work(self.session, two, [day - n * DAY for n in (4, 3, 2, 1)], self.dice)
        for worker in two:
            suspend(agent_id=worker.id, actor_id=self.reviewer, reason="调查", now=at(day, 9))
            self.away.add(worker.id)

    def one_comes_back(self, day: dt.date) -> None:
        worker = self.crew[10]
        reinstate_agent(agent_id=worker.id, reason="查清", now=at(day, 9), actor_id=self.reviewer)
        self.away.discard(worker.id)

    def one_leaves(self, day: dt.date) -> None:
        worker = self.lost[-1]
        part_with(agent_id=worker.id, actor_id=self.reviewer, reason="离开", now=at(day, 9))
        self.away.add(worker.id)
        self.left[worker.id] = at(day, 9)

    def back_pay(self, day: dt.date) -> None:
        office.pay_back(dt.date(2026, 11, 16), dt.date(2026, 11, 22), now=at(day, 9))

    def a_cheaper_card_with_holidays(self, day: dt.date) -> None:
        """New Year is in no calendar yet, so ops sets it by hand; the card names its days."""
        for number in (1, 2, 3):
            new_year = dt.date(2027, 1, number)
            set_day(
                day=new_year,
                kind="off",
                name="元旦",
                reason="国办通知",
                actor_id=self.reviewer,
                now=at(day, 9),
            )
        self.session.rollback()
        off = holidays.year(self.session, 2027).of_kind("off")
        named = [each.day for each in off if each.day.month == 1]
        assert len(named) == 3
        dates = [
            {
                "date": each.isoformat(),
                "bands": [{"from": "00:00", "to": "24:00", "percent": 300, "name": "元旦"}],
            }
            for each in named
        ]
        card = {"base": LESS, "dates": dates, "name": "v3"}
        office.card_too_late(now=at(day, 9), **card, valid_from="2026-12-14T00:00:00+08:00")
        office.card_through_review(now=at(day, 10), **card, valid_from="2026-12-21T00:00:00+08:00")

    def other_periods(self, day: dt.date) -> None:
        set_period_kind(kind="half_month", reason="少发几次", actor_id=office.MAKER, now=at(day, 9))

    def another_card(self, day: dt.date) -> None:
        late = [{"over_s": 60, "percent": 10}, {"over_s": 90, "percent": 15}, {"over_s": 200, "percent": 50}]
        start = "2027-01-09T12:30:00+08:00"
        office.card_through_review(
            now=at(day, 10),
            name="v4",
            valid_from=start,
            base=GOLD,
            dates=[],
            late=late,
            max_paid_replies=11,
            triage_fee_fen=35,
        )

    def one_hands_on(self, day: dt.date) -> None:
        """A turn goes to another queue, for the fee that the new card pays, and is answered there."""
        route("refund", "senior", now=at(day, 9))
        asked, (first, second) = at(day, 14), (self.crew[2], self.crew[4])
        with transaction() as session:
            online = sa.update(Agent).where(Agent.id.in_((first.id, second.id)))
            session.execute(online.values(presence="online", last_seen_at=asked))
            for worker, queue in ((first, "refund"), (second, "senior")):
                session.add(AgentSkill(agent_id=worker.id, queue=queue, granted_at=asked))
            session.flush()
        inquiry = builders.inquiry(at=asked)
        claim(inquiry_id=inquiry, agent_id=first.id, now=asked + builders.seconds(10))
        hand_on(inquiry, first.id, now=asked + builders.seconds(30))
        claim(inquiry_id=inquiry, agent_id=second.id, now=asked + builders.seconds(60))
        reply(inquiry_id=inquiry, agent_id=second.id, text=ANSWER, now=asked + builders.seconds(135))

    def scheduler_closes(self, period_id: str, end: dt.date) -> None:
        """The job's tick a minute before the grace is over closes nothing; the next one does, once."""
        for minute in (9, 10, 11):
            now = at(end, 0, minute)
            run_tick(self.close, self.close.due_at(now), now=now)
            self.session.rollback()
            state = self.session.scalar(sa.select(Period.state).where(Period.id == period_id))
            assert (state == "open") == (minute == 9)
        self.session.rollback()

    def pay_day(self, period_id: str, day: dt.date) -> None:
        """Payments come back; on some days what waited is sent again; the period is, and the bank answers."""
        for batch_id, _ in self.unanswered:
            self.bank.send_back(batch_id, now=at(day, 8))
        again = []
        if day in AGAIN:
            self.some_name_new_accounts(day - 2 * DAY)
            again = office.pay_again(self.session, self.bank, now=at(day, 9))
        newest = office.pay(self.bank, period_id, now=at(day, 15))
        assert newest is not None
        self.unanswered = [(newest, True), *((each, place == 0) for place, each in enumerate(again))]
        for batch_id, refuses in self.unanswered:
            self.bank.answer(batch_id, refuses=refuses, now=at(day + DAY, 10))
        if day == dt.date(2026, 12, 29):
            self.pay_over_the_year(day + 2 * DAY)

    def pay_over_the_year(self, day: dt.date) -> None:
        """On New Year's Eve a batch leaves whose payment day, and so whose tax, is of January."""
        again = office.pay_again(self.session, self.bank, now=at(day, 9), payment_date=dt.date(2027, 1, 4))
        assert again
        for batch_id in again:
            self.bank.answer(batch_id, refuses=False, now=at(day, 20))

    def some_name_new_accounts(self, day: dt.date) -> None:
        for agent_id in office.refused_for_the_name(self.session)[::2]:
            self.accounts += 1
            name_account(agent_id, self.known[agent_id].name, self.accounts, now=at(day, 8))

    def pay_what_is_left(self) -> None:
        day = END + 9 * DAY
        self.some_name_new_accounts(day - 2 * DAY)
        for batch_id in office.pay_again(self.session, self.bank, now=at(day, 9)):
            self.bank.answer(batch_id, refuses=False, now=at(day + DAY, 9))

    def books_hold(self) -> None:
        self.session.rollback()
        self.session.expunge_all()
        assert [finding for finding in audit(self.session) if finding.differences] == []
