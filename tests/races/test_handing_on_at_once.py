"""A turn handed on by many hands at once, or against an answer or the sweep, has one outcome."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.dispatch.escalation_models import Escalation
from gig.dispatch.models import Inquiry
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.expiry import sweep_expired
from gig.dispatch.operations.replies import reply
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from tests import builders as a
from tests.builders import seconds
from tests.features.dispatch.handing import fee_card, hand_on, route
from tests.races.test_claims_at_once import ANSWER, LATER, at_once, proved


@pytest.fixture
def held(session: Session) -> tuple[str, str]:
    """(an agent, the inquiry in their hands); handing it on pays 0.30."""
    fee_card(30, at=LATER - seconds(3600))
    route("refund", "senior")
    agent, inquiry = a.agent(skills=("refund", "senior")), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
    return agent, inquiry


def count(session: Session, table: type) -> int:
    session.rollback()
    return session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_a_turn_handed_on_ten_times_at_once_pays_one_fee(
    app: Flask, session: Session, held: tuple[str, str]
) -> None:
    agent, inquiry = held
    later = LATER + seconds(5)
    ended = at_once(app, [lambda: hand_on(inquiry, agent, now=later) for _ in range(10)])
    assert ended == {"done": 10}
    assert (count(session, Escalation), count(session, LedgerEntry)) == (1, 1)
    proved(session)


@pytest.mark.parametrize("round", range(2))
def test_an_answer_and_a_hand_over_at_once_leave_one_of_them(
    app: Flask, session: Session, held: tuple[str, str], round: int
) -> None:
    agent, inquiry = held
    ended = at_once(
        app,
        [
            lambda: reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=LATER + seconds(5)),
            lambda: hand_on(inquiry, agent, now=LATER + seconds(5)),
        ],
    )
    assert ended["done"] == 1
    assert count(session, Earning) + count(session, Escalation) == 1
    proved(session)


def test_a_last_instant_hand_over_against_the_sweep_leaves_one_outcome(
    app: Flask, session: Session, held: tuple[str, str]
) -> None:
    agent, inquiry = held
    last = LATER + seconds(300)
    at_once(
        app,
        [
            lambda: hand_on(inquiry, agent, now=last),
            lambda: sweep_expired(now=last + seconds(3), wait=seconds(2)),
        ],
    )
    found = session.get_one(Inquiry, inquiry, populate_existing=True)
    assert (found.state, found.queue, count(session, Escalation)) in (
        ("open", "senior", 1),
        ("open", "refund", 0),
    )
    proved(session)
