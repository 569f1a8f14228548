"""The paid replies of an inquiry, which several runs of back pay fill together."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from gig.core.ids import new_id
from tests.features.adjustments.test_back_pay import DAY_OF_WORK
from tests.features.adjustments.test_back_pay_again import by_card, post
from tests.features.adjustments.test_back_pay_stale import (
    MINUTE,
    capped_card,
    given_for,
    refused,
)
from tests.features.settlement import books
from tests.features.settlement.books import DAY, WEDNESDAY


@pytest.mark.parametrize("first", ["the earlier day", "the later day"])
def test_the_cap_holds_over_days_that_are_paid_in_two_runs(session: Session, first: str) -> None:
    """A card of one paid reply priced the second and the third at nothing; one of two pays one of them."""
    lin, he = books.agent(), books.agent()
    inquiry = new_id()
    books.earn(lin, 120, inquiry_id=inquiry)
    second = books.earn(he, 0, at=WEDNESDAY + MINUTE, inquiry_id=inquiry)
    third = books.earn(lin, 0, at=WEDNESDAY + DAY, inquiry_id=inquiry)
    card_id = capped_card(120, 2)
    days = [{}, {"first_day": DAY_OF_WORK + DAY, "last_day": DAY_OF_WORK + DAY}]
    if first == "the later day":
        days.reverse()
    found: dict[str, int] = {}
    for span in days:
        run = by_card(card_id, **span)
        found |= given_for(session, run)
        if given_for(session, run):
            post(run)
    # the later day knows nothing of a reply that is not paid yet, and takes the place that was free
    assert found == ({second: 120} if first == "the earlier day" else {third: 120})
    assert given_for(session, by_card(card_id, last_day=DAY_OF_WORK + DAY)) == {}
    assert books.faults() == []


def test_a_run_whose_own_replies_were_paid_is_outdated_by_one_that_takes_their_inquirys_places(
    session: Session,
) -> None:
    lin, he = books.agent(), books.agent()
    inquiry, day = new_id(), DAY_OF_WORK + DAY
    books.earn(lin, 120, inquiry_id=inquiry)
    beyond = books.earn(he, 0, at=WEDNESDAY + MINUTE, inquiry_id=inquiry)
    paid_later = books.earn(lin, 120, at=WEDNESDAY + DAY, inquiry_id=inquiry)
    waits = by_card(capped_card(150, 2), first_day=day, last_day=day)
    assert given_for(session, waits) == {paid_later: 30}
    first = post(by_card(capped_card(121, 3)))
    assert given_for(session, first)[beyond] == 121
    assert refused(waits) == "outdated"


def test_of_two_runs_that_wait_only_one_takes_the_free_place_of_an_inquiry(session: Session) -> None:
    lin, he = books.agent(), books.agent()
    inquiry = new_id()
    books.earn(lin, 120, inquiry_id=inquiry)
    books.earn(he, 0, at=WEDNESDAY + MINUTE, inquiry_id=inquiry)
    books.earn(lin, 0, at=WEDNESDAY + DAY, inquiry_id=inquiry)
    card_id, tomorrow = capped_card(120, 2), DAY_OF_WORK + DAY
    one, other = by_card(card_id), by_card(card_id, first_day=tomorrow, last_day=tomorrow)
    assert given_for(session, one) and given_for(session, other)
    post(one)
    assert refused(other) == "outdated"
    assert given_for(session, by_card(card_id, first_day=tomorrow, last_day=tomorrow)) == {}
