"""Five weeks of work with time travelled: cards change, people are late, miss turns and are asked again,
weeks close and are paid; after each of them the books are proved."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.businesstime import BusinessZone, business_zone
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.disbursement.operations.batches import approve_batch, create_batch
from gig.payouts.disbursement.operations.downloads import download_sheet
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.disbursement.sheets.reading import read_csv
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.audit import audit
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.settlement.operations.approving import approve_period
from gig.payouts.settlement.operations.closing import close_due
from gig.scoring.models import ScoreEvent
from gig.scoring.operations.nightly import close_night
from gig.simulator import world
from gig.simulator.seeding import prices
from gig.simulator.seeding.base import Base, seed_base
from gig.simulator.seeding.timeline import Timeline
from gig.simulator.seeding.working import History, Worker, day_of_work
from gig.simulator.stories import STORIES

WEEKS = 5
CONVERSATIONS_A_DAY = 5
FIRST_DAY = dt.date(2026, 11, 2)
"""A Monday."""
DAY = dt.timedelta(days=1)
AFTER_GRACE = dt.timedelta(minutes=11)


class Month:
    """The platform over five weeks, as its people make it."""

    def __init__(self, session: Session, secret_key: str) -> None:
        self.session = session
        self.zone: BusinessZone = business_zone("Asia/Shanghai")
        self.base: Base = seed_base(agents=6, secret_key=secret_key, now=self.at(FIRST_DAY) - 2 * DAY)
        self.history = History(self.base.channel_id, self.zone.name, random.Random(11), Timeline())
        manners = ((0.0, 0.0), (0.05, 0.0), (0.1, 0.02), (0.2, 0.05), (0.3, 0.1), (0.5, 0.2))
        self.crew = [
            Worker(self.base.id_of(person), late, missed)
            for person, (late, missed) in zip(self.base.agents, manners, strict=True)
        ]

    def at(self, day: dt.date) -> dt.datetime:
        return self.zone.start_of_day(day)

    def work_a_week(self, monday: dt.date) -> None:
        """Seven days and their nights; on Wednesday customers of Tuesday ask again. Then Monday comes."""
        for number in range(7):
            day = monday + number * DAY
            if number == 2:
                self._ask_again(self.at(day) + dt.timedelta(hours=9))
            day_of_work(self.history, STORIES, self.crew, self.at(day), conversations=CONVERSATIONS_A_DAY)
            self.history.timeline.run(self.at(day + DAY))
            close_night(now=self.at(day + DAY) + AFTER_GRACE)

    def _ask_again(self, when: dt.datetime) -> None:
        for place, told in enumerate(self.history.told[-2:]):
            if told.story.order and told.story.side == "customer":
                worker = self.crew[place]
                self.history.come_back(told, when + place * dt.timedelta(minutes=20), worker)

    def close(self, monday: dt.date) -> list[str]:
        return close_due(now=self.at(monday) + AFTER_GRACE)

    def pay(self, period_id: str, monday: dt.date) -> str:
        """The period is approved and its batch exported; the batch's id."""
        maker, checker = self.base.id_of(world.MAKER), self.base.id_of(world.CHECKER)
        now = self.at(monday) + dt.timedelta(hours=10)
        approve_period(period_id=period_id, actor_id=checker, now=now)
        batch_id = create_batch(period_id=period_id, actor_id=maker, now=now)
        approve_batch(batch_id=batch_id, actor_id=checker, now=now)
        export_batch(batch_id=batch_id, actor_id=maker, now=now)
        return batch_id


@pytest.fixture
def month(app: Flask, session: Session) -> Month:
    return Month(session, app.config["SECRET_KEY"])


def assert_the_books_hold(session: Session) -> None:
    session.expire_all()
    assert [finding for finding in audit(session) if finding.differences] == []


def statements_of(session: Session, period_id: str) -> Sequence[Statement]:
    query = sa.select(Statement).where(Statement.period_id == period_id, Statement.voided_at.is_(None))
    return session.scalars(query.order_by(Statement.agent_id)).all()


@pytest.mark.long
def test_a_month_of_work(month: Month) -> None:
    session = month.session
    ops_id = month.base.id_of(world.OPS)
    cards = ["v1"] * 2 + ["v2"] * 3
    carried: dict[str, int] = {}
    for week in range(WEEKS):
        monday = FIRST_DAY + 7 * week * DAY
        if week == 1:
            prices.publish_second(at=month.at(monday + 7 * DAY), ops_id=ops_id, now=month.at(monday) + DAY)
        month.work_a_week(monday)
        assert_the_books_hold(session)
        period_id = f"week-{monday.isoformat()}"
        assert month.close(monday + 7 * DAY) == [period_id]
        assert month.close(monday + 7 * DAY) == []
        assert_the_books_hold(session)
        _assert_statements_are_the_sums(session, period_id, carried)
        assert _card_names(session, period_id) == {cards[week]}
        if week % 2 == 0:
            _assert_the_sheet_is_the_lines(session, month.pay(period_id, monday + 7 * DAY))
            assert_the_books_hold(session)
    _assert_events_are_what_happened(month)
    states = session.scalars(sa.select(Period.state).order_by(Period.starts_at)).all()
    assert states[:WEEKS] == ["exported", "closed", "exported", "closed", "exported"]


def _assert_statements_are_the_sums(session: Session, period_id: str, carried: dict[str, int]) -> None:
    """Line by line, without asking the audit; `carried` is what the week before left."""
    earned: Counter[str] = Counter()
    late: Counter[str] = Counter()
    for earning in session.scalars(sa.select(Earning).where(Earning.period_id == period_id)):
        earned[earning.agent_id] += earning.gross_fen - earning.penalty_fen
        late[earning.agent_id] += earning.penalty_fen
    handed_on = sa.select(LedgerEntry).where(LedgerEntry.period_id == period_id, LedgerEntry.kind == "triage")
    fees: Counter[str] = Counter()
    for fee in session.scalars(handed_on):
        fees[fee.agent_id or ""] += fee.amount_fen
    found = statements_of(session, period_id)
    assert {each.agent_id for each in found} >= set(earned)
    for each in found:
        assert each.gross_fen == earned[each.agent_id] + fees[each.agent_id]
        assert each.triage_fen == fees[each.agent_id]
        assert each.late_fen == late[each.agent_id]
        assert each.carried_in_fen == carried.get(each.agent_id, 0)
        available = each.carried_in_fen + each.gross_fen
        assert each.payable_fen == (available if available >= 1000 else 0)
        carried[each.agent_id] = each.carried_out_fen


def _card_names(session: Session, period_id: str) -> set[str]:
    query = sa.select(RateCardVersion.name).join(Earning, Earning.card_id == RateCardVersion.id)
    return set(session.scalars(query.where(Earning.period_id == period_id)))


def _assert_the_sheet_is_the_lines(session: Session, batch_id: str) -> None:
    batch = session.get_one(Batch, batch_id)
    sheet = download_sheet(batch_id=batch_id, kind="csv", actor_id=batch.maker_id, now=batch.made_at)
    lines = session.scalars(sa.select(PayoutLine.amount_fen).where(PayoutLine.batch_id == batch_id)).all()
    assert read_csv(sheet.content) == (len(lines), sum(lines)) == (batch.lines, batch.total_fen)


def _assert_events_are_what_happened(month: Month) -> None:
    """Each lateness, miss, return and rating of the month is one event, and all of them happened."""
    kinds = Counter(month.session.scalars(sa.select(ScoreEvent.kind)))
    counts = month.history.counts
    for kind, what in (
        ("late", "late"),
        ("on_time", "on_time"),
        ("missed", "missed"),
        ("resolved", "resolved"),
        ("returned", "came_back"),
        ("rating", "rated"),
    ):
        assert kinds[kind] == counts.get(what, 0) > 0, kind
