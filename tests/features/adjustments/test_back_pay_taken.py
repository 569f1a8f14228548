"""Back pay that is taken back, by hand or with the pay of its inquiry: which replies lost it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gig.core.db import db, transaction
from gig.core.ids import new_id
from gig.core.schema import downgrade, upgrade
from gig.payouts.adjustments import queries
from gig.payouts.adjustments.models import Adjustment, BackPayRun, BackPayTaken
from gig.payouts.disbursement.operations.questions import put_in_question
from gig.payouts.disbursement.operations.questions import take_back as take_inquiry_back
from gig.payouts.earnings.models import Earning
from tests.features.adjustments.test_back_pay import DAY_OF_WORK, NOW
from tests.features.adjustments.test_back_pay_again import by_card, card, post, take_back
from tests.features.adjustments.test_back_pay_stale import (
    MINUTE,
    capped_card,
    claw_back,
    given_for,
    refused,
    reverse,
)
from tests.features.settlement import books
from tests.features.settlement.books import DAY, WEDNESDAY


def test_what_is_taken_back_of_back_pay_is_taken_from_the_replies_that_are_gone(session: Session) -> None:
    lin = books.agent()
    first, second, third = (books.earn(lin, 120, at=WEDNESDAY - n * DAY) for n in range(3))
    days = {"first_day": DAY_OF_WORK - 2 * DAY, "last_day": DAY_OF_WORK}
    run = post(by_card(card(130), **days))
    reverse(session, f"earning:{first}", 120)
    take_back(session, run, lin, 10)
    card_id = session.get_one(BackPayRun, run).card_id or ""
    assert given_for(session, by_card(card_id, **days)) == {}
    take_back(session, run, lin, 4)
    assert given_for(session, by_card(card_id, **days)) == {third: 4}
    yesterday = DAY_OF_WORK - DAY
    assert given_for(session, by_card(card_id, first_day=yesterday, last_day=yesterday)) == {}
    assert second != third


def test_taking_an_inquiry_back_takes_what_back_pay_gave_for_it(session: Session) -> None:
    lin = books.agent()
    inquiry = new_id()
    own, beyond, kept = (
        books.earn(lin, 120, inquiry_id=inquiry),
        books.earn(lin, 0, inquiry_id=inquiry, at=WEDNESDAY + MINUTE),
        books.earn(lin, 120),
    )
    card_id = card(130)
    run = post(by_card(card_id))
    assert given_for(session, run) == {own: 10, beyond: 130, kept: 10}
    assert queries.back_paid_in(session, lin, inquiry) == 140
    with transaction() as writing:
        taken = take_inquiry_back(
            writing, agent_id=lin, inquiry_id=inquiry, decision="own", why="自己的单", now=NOW
        )
    assert taken == 120 + 140
    assert queries.back_paid_in(session, lin, inquiry) == 0
    assert given_for(session, by_card(card_id)) == {}
    turn = session.scalars(sa.select(Earning.turn_id).where(Earning.id == kept)).one()
    assert queries.back_paid_for(session, [lin], [turn]) == 10
    assert books.faults() == []


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_two_inquiries_of_one_agent_are_taken_back_in_any_order(
    session: Session, order: tuple[int, int]
) -> None:
    lin = books.agent()
    inquiries = [new_id() for _ in range(3)]
    for minutes, inquiry in enumerate(inquiries):
        books.earn(lin, 120, inquiry_id=inquiry, at=WEDNESDAY + minutes * MINUTE)
    post(by_card(card(150)))
    for place in order:
        before = queries.back_paid_in(session, lin, inquiries[place])
        with transaction() as writing:
            taken = take_inquiry_back(
                writing,
                agent_id=lin,
                inquiry_id=inquiries[place],
                decision=f"own-{place}",
                why="自己的单",
                now=NOW,
            )
        assert (before, taken) == (30, 120 + 30)
    assert queries.back_paid_in(session, lin, inquiries[0]) == 30
    assert books.faults() == []


@pytest.mark.parametrize(("in_question", "left"), [(True, 0), (False, 30)])
def test_what_is_taken_by_hand_while_an_inquiry_is_in_question_is_taken_for_it(
    session: Session, in_question: bool, left: int
) -> None:
    """Taken before anybody suspected anything, it was taken for something else: of the last reply."""
    lin = books.agent()
    inquiry = new_id()
    books.earn(lin, 120, inquiry_id=inquiry)
    books.earn(lin, 120, at=WEDNESDAY + MINUTE)
    run = post(by_card(card(150)))
    if in_question:
        with transaction() as writing:
            put_in_question(writing, agent_id=lin, inquiry_id=inquiry, now=NOW)
    take_back(session, run, lin, 30)
    assert queries.back_paid_in(session, lin, inquiry) == left
    assert take_inquiry(lin, inquiry) == 120 + left
    assert books.faults() == []


def take_inquiry(agent_id: str, inquiry_id: str) -> int:
    """As for somebody who was their own customer in it; the fen taken."""
    with transaction() as writing:
        return take_inquiry_back(
            writing, agent_id=agent_id, inquiry_id=inquiry_id, decision=inquiry_id, why="自己的单", now=NOW
        )


def test_what_a_later_run_filled_again_is_not_taken_for_the_inquiry_that_is_decided_on(
    session: Session,
) -> None:
    """30 of three times 30 are taken by hand and given anew; then one of the three is taken back."""
    lin = books.agent()
    inquiries = [new_id() for _ in range(3)]
    replies = [
        books.earn(lin, 120, inquiry_id=inquiry, at=WEDNESDAY + n * MINUTE)
        for n, inquiry in enumerate(inquiries)
    ]
    card_id = card(150)
    first = post(by_card(card_id))
    take_back(session, first, lin, 30)
    again = post(by_card(card_id))
    (filled,) = given_for(session, again)
    decided = next(n for n, reply in enumerate(replies) if reply != filled)
    assert take_inquiry(lin, inquiries[decided]) == 150
    session.rollback()
    assert [queries.back_paid_in(session, lin, inquiry) for inquiry in inquiries] == [
        0 if n == decided else 30 for n in range(3)
    ]
    assert given_for(session, by_card(card_id)) == {}
    assert books.faults() == []


def test_who_was_paid_nothing_in_an_inquiry_but_by_back_pay_loses_that(session: Session) -> None:
    lin, he = books.agent(), books.agent()
    inquiry = new_id()
    books.earn(lin, 120, inquiry_id=inquiry)
    books.earn(he, 0, at=WEDNESDAY + MINUTE, inquiry_id=inquiry)
    post(by_card(capped_card(120, 2)))
    assert take_inquiry(he, inquiry) == 120
    assert books.faults() == []


def test_what_is_taken_back_of_a_reply_beyond_the_paid_ones_frees_its_place_whatever_else_its_run_paid(
    session: Session,
) -> None:
    card_id = capped_card(121, 2)
    for elsewhere in (False, True):
        lin, he = books.agent(), books.agent()
        inquiry, day = new_id(), DAY_OF_WORK + DAY
        books.earn(lin, 120, inquiry_id=inquiry)
        free = books.earn(he, 0, at=WEDNESDAY + MINUTE, inquiry_id=inquiry)
        books.earn(lin, 0, at=WEDNESDAY + DAY, inquiry_id=inquiry)
        if elsewhere:
            books.earn(lin, 90, at=WEDNESDAY + DAY)
        post(by_card(card_id, first_day=day, last_day=day))
        assert free not in given_for(session, by_card(card_id))
        take_inquiry(lin, inquiry)
        assert given_for(session, by_card(card_id))[free] == 121
    assert books.faults() == []


def test_who_is_paid_nothing_any_more_takes_no_place_from_one_who_answered_later(session: Session) -> None:
    lin, he = books.agent(), books.agent()
    inquiry = new_id()
    own = books.earn(lin, 120, inquiry_id=inquiry)
    beyond = books.earn(lin, 0, at=WEDNESDAY + MINUTE, inquiry_id=inquiry)
    later = books.earn(he, 0, at=WEDNESDAY + 2 * MINUTE, inquiry_id=inquiry)
    card_id = capped_card(121, 2)
    assert given_for(session, post(by_card(card_id))) == {own: 1, beyond: 121}
    assert take_inquiry(lin, inquiry) == 242
    assert given_for(session, by_card(card_id)) == {later: 121}
    assert books.faults() == []


def again_from_revision_20(session: Session) -> None:
    """As a database that was there before replies were written down."""
    session.rollback()
    downgrade(db.engine, "0020")
    upgrade(db.engine)


def test_what_was_taken_before_replies_were_written_down_is_laid_on_the_last_ones(session: Session) -> None:
    lin = books.agent()
    replies = [books.earn(lin, 120, at=WEDNESDAY + n * MINUTE) for n in range(3)]
    run = post(by_card(card(150)))
    take_back(session, run, lin, 40)
    session.rollback()
    laid = sa.select(BackPayTaken.earning_id, BackPayTaken.fen).order_by(BackPayTaken.earning_id)
    before = session.execute(laid).all()
    again_from_revision_20(session)
    assert session.execute(laid).all() == before == [(sorted(replies)[1], 10), (sorted(replies)[2], 30)]
    assert session.get_one(BackPayRun, run).started_no == 1
    session.rollback()
    assert books.faults() == []


def test_what_was_taken_before_is_laid_on_what_clawbacks_had_left_nothing_of(session: Session) -> None:
    lin = books.agent()
    gone, kept = books.earn(lin, 120, penalty=24), books.earn(lin, 120, at=WEDNESDAY + MINUTE)
    books.earn(books.agent(), 120)
    run = post(by_card(card(150)))
    claw_back(lin, gone, 96)
    take_back(session, run, lin, 20)
    laid = sa.select(BackPayTaken.earning_id, BackPayTaken.fen)
    again_from_revision_20(session)
    assert session.execute(laid).all() == [(gone, 20)] != [(kept, 20)]
    session.rollback()
    assert books.faults() == []


def test_what_was_taken_before_with_an_inquiry_is_laid_on_its_replies(session: Session) -> None:
    lin = books.agent()
    inquiry = new_id()
    own = books.earn(lin, 120, inquiry_id=inquiry)
    books.earn(lin, 120, at=WEDNESDAY + MINUTE)
    post(by_card(card(150)))
    take_inquiry(lin, inquiry)
    again_from_revision_20(session)
    assert session.execute(sa.select(BackPayTaken.earning_id, BackPayTaken.fen)).all() == [(own, 30)]
    session.rollback()
    assert books.faults() == []


def test_a_run_that_waited_before_runs_had_numbers_is_counted_anew_if_its_days_were_paid(
    session: Session,
) -> None:
    lin = books.agent()
    books.earn(lin, 120)
    books.earn(lin, 120, at=WEDNESDAY - DAY)
    yesterday = {"first_day": DAY_OF_WORK - DAY, "last_day": DAY_OF_WORK - DAY}
    post(by_card(card(150)))
    waits, elsewhere = by_card(card(151)), by_card(card(152), **yesterday)
    with transaction() as writing:  # as the version before marked whatever waited
        marked = sa.update(BackPayRun).where(BackPayRun.state == "ready")
        writing.execute(marked.values(outdated_by="somebody"))
    again_from_revision_20(session)
    assert refused(waits) == "outdated"
    assert given_for(session, post(elsewhere))
    assert books.faults() == []


def test_a_reversal_of_back_pay_that_is_laid_on_no_reply_is_found_by_the_audit(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 120)
    post(by_card(card(150)))
    session.rollback()
    part = session.scalars(sa.select(Adjustment.id)).one()
    reverse(session, f"adjustment:{part}", 7)
    assert [fault for fault in books.faults() if f"adjustment:{part} 7 0" in fault]


def test_what_was_taken_of_back_pay_is_never_changed(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 120)
    take_back(session, post(by_card(card(150))), lin, 7)
    for statement in (sa.update(BackPayTaken).values(fen=1), sa.delete(BackPayTaken)):
        with pytest.raises(DBAPIError, match=r"never changes|append-only"), transaction() as writing:
            writing.execute(statement)
