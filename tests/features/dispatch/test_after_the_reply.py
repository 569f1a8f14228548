"""After the reply: resolved, closed, come back to, withdrawn, abandoned and rated."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import NotFound, Refused
from gig.dispatch.models import Inquiry, Message
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.expiry import sweep_due, sweep_expired
from gig.dispatch.operations.inquiries import withdraw
from gig.dispatch.operations.replies import reply
from gig.dispatch.operations.resolution import rate, resolve
from gig.scoring.models import ScoreEvent
from tests import builders as a
from tests.builders import NOON, seconds
from tests.features.dispatch.test_replies import ANSWER, START, ask, claimed


def test_an_inquiry_is_resolved_only_once_the_customer_is_answered(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent)
    with pytest.raises(Refused) as caught:
        resolve(inquiry_id=inquiry, agent_id=agent, now=START + seconds(5))
    assert caught.value.slug == "turn-open"
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(5))
    resolve(inquiry_id=inquiry, agent_id=agent, now=START + seconds(6))
    resolve(inquiry_id=inquiry, agent_id=agent, now=START + seconds(7))
    found = session.get_one(Inquiry, inquiry, populate_existing=True)
    assert (found.state, found.resolved_by, found.resolved_at) == ("resolved", agent, START + seconds(6))


def test_silence_resolves_and_a_day_later_closes(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START)
    assert sweep_due(now=START + seconds(599)) == 0
    assert sweep_due(now=START + seconds(600)) == 1
    assert session.get_one(Inquiry, inquiry, populate_existing=True).state == "resolved"
    assert sweep_due(now=START + seconds(600 + 86400)) == 1
    assert session.get_one(Inquiry, inquiry, populate_existing=True).state == "closed"
    with pytest.raises(Refused) as caught:
        ask(inquiry, "还在吗", START + seconds(90000), "late")
    assert caught.value.slug == "closed"


def test_a_customer_who_comes_back_meets_their_agent_first(session: Session) -> None:
    agent, other = a.agent(), a.agent(tier="gold")
    inquiry = claimed(agent)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(5))
    resolve(inquiry_id=inquiry, agent_id=agent, now=START + seconds(6))
    back = START + seconds(3600)
    ask(inquiry, "还是没到", back, "m2")
    found = session.get_one(Inquiry, inquiry, populate_existing=True)
    assert (found.state, found.queued_at, found.reserved_for) == ("open", back, agent)
    with pytest.raises(Refused):
        claim(inquiry_id=inquiry, agent_id=other, now=back + seconds(19))
    claim(inquiry_id=inquiry, agent_id=agent, now=back + seconds(1))


def test_a_new_inquiry_about_the_same_order_joins_the_old_one_within_a_day(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent, customer="c1", order="o1")
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(5))
    resolve(inquiry_id=inquiry, agent_id=agent, now=START + seconds(6))
    within = START + seconds(86400)
    assert a.inquiry(customer="c1", order="o1", at=within, external_id="again") == inquiry
    assert a.inquiry(customer="c1", order="o1", at=within, external_id="again") == inquiry
    assert session.execute(sa.select(sa.func.count()).select_from(Message)).scalar_one() == 3


def test_without_an_order_nothing_joins(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent, customer="c1")
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(5))
    resolve(inquiry_id=inquiry, agent_id=agent, now=START + seconds(6))
    assert a.inquiry(customer="c1", at=START + seconds(100)) != inquiry


def test_a_withdrawn_inquiry_is_nobodys_fault(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent)
    withdraw(channel_id=a.channel(), inquiry_id=inquiry, now=START + seconds(5))
    withdraw(channel_id=a.channel(), inquiry_id=inquiry, now=START + seconds(6))
    assert session.get_one(Inquiry, inquiry, populate_existing=True).state == "abandoned"
    sweep_expired(now=START + seconds(999), wait=seconds(2))
    assert session.execute(sa.select(sa.func.count()).select_from(ScoreEvent)).scalar_one() == 0


def test_an_answered_inquiry_cannot_be_withdrawn(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(5))
    with pytest.raises(Refused) as caught:
        withdraw(channel_id=a.channel(), inquiry_id=inquiry, now=START + seconds(6))
    assert caught.value.slug == "already-answered"


def test_an_inquiry_that_nobody_claims_is_abandoned_after_two_hours(session: Session) -> None:
    inquiry = a.inquiry()
    assert sweep_due(now=NOON + seconds(7199)) == 0
    assert sweep_due(now=NOON + seconds(7200)) == 1
    assert session.get_one(Inquiry, inquiry, populate_existing=True).state == "abandoned"


def test_another_channels_inquiry_does_not_exist(session: Session) -> None:
    inquiry = a.inquiry()
    with pytest.raises(NotFound):
        withdraw(channel_id=a.channel("other"), inquiry_id=inquiry, now=START)


def test_only_the_first_rating_counts(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(5))
    resolve(inquiry_id=inquiry, agent_id=agent, now=START + seconds(6))
    for stars in (5, 1):
        rate(
            channel_id=a.channel(),
            inquiry_id=inquiry,
            stars=stars,
            resolved=True,
            comment="",
            now=START + seconds(60),
        )
    ratings = sa.select(ScoreEvent.numerator, ScoreEvent.denominator).where(ScoreEvent.kind == "rating")
    assert [top / bottom for top, bottom in session.execute(ratings)] == [1]


def test_a_customer_who_said_no_before_the_agent_resolved_is_not_overruled(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(5))
    at = START + seconds(20)
    rate(channel_id=a.channel(), inquiry_id=inquiry, stars=2, resolved=False, comment="", now=at)
    resolve(inquiry_id=inquiry, agent_id=agent, now=START + seconds(30))
    spoilers = sa.select(ScoreEvent.at).where(ScoreEvent.kind == "not_solved")
    assert START + seconds(30) in session.execute(spoilers).scalars().all()


def test_a_rating_after_a_return_is_of_whoever_serves_now(session: Session) -> None:
    agent, other = a.agent(), a.agent()
    inquiry = claimed(agent)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(5))
    resolve(inquiry_id=inquiry, agent_id=agent, now=START + seconds(6))
    ask(inquiry, "还是没到", START + seconds(100), "m2")
    claim(inquiry_id=inquiry, agent_id=other, now=START + seconds(130))
    at = START + seconds(140)
    rate(channel_id=a.channel(), inquiry_id=inquiry, stars=5, resolved=True, comment="", now=at)
    rated = sa.select(ScoreEvent.agent_id).where(ScoreEvent.kind == "rating")
    assert session.execute(rated).scalars().all() == [other]
