"""Somebody who was paid nothing in an inquiry, whose paid replies another agent had used up, may be its
customer all the same: back pay for it waits, is taken back, or is never given."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy.orm import Session

from gig.channels.operations import decisions, signals
from gig.core.db import transaction
from gig.core.errors import Refused
from gig.dispatch.operations.expiry import sweep_due
from gig.payouts.adjustments import queries
from gig.payouts.adjustments.operations import back_pay
from gig.payouts.disbursement.models import PayHold
from tests import builders as a
from tests.features.adjustments.test_back_pay import NOW, state
from tests.features.adjustments.test_back_pay_again import by_card, post
from tests.features.adjustments.test_back_pay_stale import MINUTE, capped_card, given_for
from tests.features.channels.conftest import PUBLIC_ADDRESS
from tests.features.channels.test_own_customers import asked, clean, line, only, phone_of, worker
from tests.features.settlement import books
from tests.features.settlement.books import WEDNESDAY


def answered_beyond(agent: str, inquiry: str) -> str:
    """The agent's reply in the inquiry, which came after the one that was paid; its id."""
    books.earn(books.agent(), 120, inquiry_id=inquiry)
    beyond = books.earn(agent, 0, at=WEDNESDAY + MINUTE, inquiry_id=inquiry)
    sweep_due(now=WEDNESDAY + dt.timedelta(hours=3))
    return beyond


def own(session: Session, *, at: dt.datetime = NOW) -> int:
    """The reviewer finds that the customer was the agent; what that took."""
    reviewer = a.person(roles="reviewer")
    return decisions.decide_own_customer(
        suspicion_id=only(session).id, actor_id=reviewer, reason="同一手机号", now=at
    )


def test_back_pay_in_an_inquiry_that_is_in_question_holds_the_payout_and_goes_with_the_decision(
    session: Session,
) -> None:
    agent = worker()
    beyond = answered_beyond(agent, asked(phone_of(session, agent)))
    card_id = capped_card(130, 2)
    run = post(by_card(card_id))
    assert given_for(session, run)[beyond] == 130
    books.close()
    assert line(session, agent).hold_reason == "own-customer"
    assert own(session, at=books.CLOSING_TIME) == 130
    assert queries.back_paid_in(session, agent, only(session).inquiry_id) == 0
    assert clean(session)
    assert beyond not in given_for(session, by_card(capped_card(140, 3)))


def test_an_inquiry_that_is_in_question_holds_nothing_of_whom_it_has_paid_nothing(session: Session) -> None:
    agent = worker()
    answered_beyond(agent, asked(phone_of(session, agent)))
    books.close()
    assert line(session, agent).state == "planned"


@pytest.mark.parametrize("strong", [True, False], ids=["of a phone", "of an address"])
def test_no_run_pays_for_an_inquiry_whose_customer_the_agent_was(session: Session, strong: bool) -> None:
    agent = worker()
    inquiry = asked(phone_of(session, agent) if strong else None)
    if not strong:
        marks = signals.marks_of(address=PUBLIC_ADDRESS)
        signals.note_agent(agent_id=agent, marks=marks, now=WEDNESDAY)
        with transaction() as writing:
            signals.note_customer(writing, inquiry, marks, now=WEDNESDAY)
    beyond = answered_beyond(agent, inquiry)
    assert session.get(PayHold, (agent, inquiry)) is not None if strong else True
    assert own(session) == 0
    assert beyond not in given_for(session, by_card(capped_card(130, 2)))
    assert clean(session)


def test_a_run_that_was_counted_before_the_decision_is_outdated(session: Session) -> None:
    agent = worker()
    beyond = answered_beyond(agent, asked(phone_of(session, agent)))
    run = by_card(capped_card(130, 2))
    assert beyond in given_for(session, run)
    assert own(session) == 0
    with pytest.raises(Refused) as refused:
        post(run)
    assert refused.value.slug == "outdated"


def test_a_decision_while_the_run_is_posted_leaves_the_agent_out(session: Session) -> None:
    agent = worker()
    answered_beyond(agent, asked(phone_of(session, agent)))
    run = by_card(capped_card(130, 2))
    back_pay.start_run(run_id=run, actor_id="checker", now=NOW)
    assert own(session) == 0
    back_pay.advance_runs(now=NOW)
    assert state(session, run) == "posted"
    came = queries.counted(session, run)
    assert (came.left_out, came.posted) == (1, 1)
    assert clean(session)


def test_who_was_found_to_be_somebody_else_is_paid_as_anybody(session: Session) -> None:
    agent, reviewer = worker(), a.person(roles="reviewer")
    beyond = answered_beyond(agent, asked(phone_of(session, agent)))
    decisions.decide_genuine(suspicion_id=only(session).id, actor_id=reviewer, reason="家人", now=NOW)
    run = post(by_card(capped_card(130, 2)))
    assert given_for(session, run)[beyond] == 130
    books.close()
    assert line(session, agent).state == "planned"
    assert clean(session)
