"""What people decide about a closed period, and what a close holds back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.errors import Invalid, Refused
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.settlement.operations.approving import approve_period, reopen_period
from gig.payouts.settlement.operations.closing import close_period
from gig.payouts.settlement.operations.periods import ensure_period
from gig.payouts.settlement.operations.settings import set_period_kind
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, HOUR, WEDNESDAY, WEEK, WEEKS
from tests.features.settlement.test_closing import lines


class TestHolds:
    def test_an_unverified_agent_is_held(self, session: Session) -> None:
        lin = books.agent(stage="applicant")
        books.earn(lin, 1200, base=400)
        books.close()
        assert lines(session) == [(lin, 1200, "held", "unverified")]

    def test_a_suspended_agent_is_held(self, session: Session) -> None:
        lin = books.agent(stage="suspended")
        books.earn(lin, 1200, base=400)
        books.close()
        assert lines(session) == [(lin, 1200, "held", "suspended")]

    def test_an_agent_without_a_payee_is_held(self, session: Session) -> None:
        lin = books.agent(payee=False)
        books.earn(lin, 1200, base=400)
        books.close()
        assert lines(session) == [(lin, 1200, "held", "no-payee")]

    def test_a_payee_changed_less_than_a_day_ago_is_held(self, session: Session) -> None:
        lin = books.agent()
        books.name_payee(lin, at=CLOSING_TIME - 23 * HOUR, first=False)
        books.earn(lin, 1200, base=400)
        books.close()
        assert lines(session) == [(lin, 1200, "held", "payee-changed")]

    def test_a_payee_changed_a_day_ago_is_not(self, session: Session) -> None:
        lin = books.agent()
        books.name_payee(lin, at=CLOSING_TIME - 24 * HOUR, first=False)
        books.earn(lin, 1200, base=400)
        books.close()
        assert lines(session) == [(lin, 1200, "planned", None)]

    def test_a_first_payee_is_no_change(self, session: Session) -> None:
        lin = books.agent(payee=False)
        books.name_payee(lin, at=CLOSING_TIME - HOUR)
        books.earn(lin, 1200, base=400)
        books.close()
        assert lines(session) == [(lin, 1200, "planned", None)]


class TestApproval:
    def test_who_closed_it_by_hand_cannot_approve_it(self, session: Session) -> None:
        books.earn(books.agent(), 1200, base=400)
        close_period(period_id=WEEK, actor_id="maker", now=CLOSING_TIME)
        with pytest.raises(Refused) as refused:
            books.approve(by="maker")
        assert refused.value.slug == "two-people"
        books.approve(by="checker")
        books.approve(by="checker")
        assert books.state(session) == "approved"

    def test_an_open_period_cannot_be_approved(self, session: Session) -> None:
        books.earn(books.agent(), 1200, base=400)
        with pytest.raises(Refused) as refused:
            books.approve()
        assert refused.value.slug == "not-closed"


class TestReopening:
    def test_its_statements_are_void_and_kept_and_the_second_close_makes_new_ones(
        self, session: Session
    ) -> None:
        lin = books.agent()
        books.earn(lin, 1200, base=400)
        books.close()
        reopen_period(period_id=WEEK, reason="漏了一笔奖励", actor_id="maker", now=CLOSING_TIME)
        assert books.faults() == []
        books.post(lin, "award", 300)
        close_period(period_id=WEEK, actor_id="maker", now=CLOSING_TIME + HOUR)
        assert books.statement(session, lin).gross_fen == 1500
        assert sorted(session.scalars(sa.select(Statement.gross_fen))) == [1200, 1500]
        assert lines(session) == [(lin, 1500, "planned", None)]
        assert books.faults() == []

    def test_the_scheduler_leaves_it_to_a_person_until_the_next_one_is_due(self, session: Session) -> None:
        books.earn(books.agent(), 1200, base=400)
        books.close()
        reopen_period(period_id=WEEK, reason="核对", actor_id="maker", now=CLOSING_TIME)
        assert books.close(CLOSING_TIME + HOUR) == []
        assert books.close(CLOSING_TIME + WEEKS) == [WEEK, "week-2026-11-23"]

    def test_it_needs_a_reason_and_the_latest_closed_unapproved_period(self, session: Session) -> None:
        books.earn(books.agent(), 1200, base=400)
        books.close(CLOSING_TIME + WEEKS)
        with pytest.raises(Invalid):
            reopen_period(period_id="week-2026-11-23", reason=" ", actor_id="maker", now=CLOSING_TIME)
        with pytest.raises(Refused) as earlier:
            reopen_period(period_id=WEEK, reason="核对", actor_id="maker", now=CLOSING_TIME)
        assert earlier.value.slug == "later-period-closed"
        approve_period(period_id="week-2026-11-23", actor_id="checker", now=CLOSING_TIME + WEEKS)
        with pytest.raises(Refused) as approved:
            reopen_period(period_id="week-2026-11-23", reason="核对", actor_id="maker", now=CLOSING_TIME)
        assert approved.value.slug == "not-closed"


class TestKinds:
    def test_a_new_kind_holds_from_the_end_of_the_open_period_with_a_stub(self, session: Session) -> None:
        with transaction() as writing:
            ensure_period(writing, WEDNESDAY)
        set_period_kind(kind="month", reason="按月发", actor_id="maker", now=WEDNESDAY)
        with transaction() as writing:
            ensure_period(writing, WEDNESDAY + 3 * WEEKS)
        session.rollback()
        assert list(session.scalars(sa.select(Period.id).order_by(Period.starts_at))) == [
            WEEK,
            "month-2026-11-23",
            "month-2026-12-01",
        ]
