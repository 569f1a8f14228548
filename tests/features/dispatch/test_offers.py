"""派单: who is asked, how it ends, and that nobody is forced."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import NotFound, Refused
from gig.core.outbox import OutboxEvent
from gig.dispatch.models import Inquiry
from gig.dispatch.models_offers import Offer
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.inquiries import add_customer_message, withdraw
from gig.dispatch.operations.offers import accept, refuse, sweep_offers
from gig.dispatch.operations.releases import release
from gig.dispatch.operations.replies import reply
from gig.dispatch.queries import offers
from gig.identity.models import Agent
from gig.scoring.models import ScoreEvent
from tests import builders as a
from tests.builders import NOON, seconds

ZONE = "Asia/Shanghai"
WAITED = NOON + seconds(20)
NO_TIME = seconds(0)


def swept(at: dt.datetime) -> int:
    return sweep_offers(now=at, wait=NO_TIME)


def offered(session: Session) -> list[Offer]:
    query = sa.select(Offer).order_by(Offer.made_at, Offer.id).execution_options(populate_existing=True)
    session.rollback()
    return list(session.scalars(query))


def refusal(call: object, slug: str) -> Refused:
    assert callable(call)
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.slug == slug
    return caught.value


def presence(session: Session, agent_id: str) -> tuple[str, str | None]:
    session.rollback()
    agent = session.get_one(Agent, agent_id, populate_existing=True)
    return agent.presence, agent.presence_reason


def test_what_waited_twenty_seconds_is_offered_for_eight(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    assert swept(NOON + seconds(19.9)) == 0
    assert swept(WAITED) == 1
    assert swept(WAITED) == 0
    [offer] = offered(session)
    assert (offer.inquiry_id, offer.agent_id, offer.state) == (inquiry, agent, "live")
    assert offer.expires_at == WAITED + seconds(8)
    told = session.scalars(sa.select(OutboxEvent).where(OutboxEvent.type == "dispatch.offer")).one()
    assert told.topic == f"agent:{agent}"


def test_accepting_is_the_ordinary_claim_and_twice_is_once(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    swept(WAITED)
    [offer] = offered(session)
    at = WAITED + seconds(8)
    changed = lambda: accept(offer_id=offer.id, agent_id=agent, expected_gross_fen=10_000, now=at)  # noqa: E731
    refusal(changed, "quote-changed")
    first = accept(offer_id=offer.id, agent_id=agent, expected_gross_fen=180, now=at)
    again = accept(offer_id=offer.id, agent_id=agent, now=at + seconds(30))
    assert (first.already, again.already) == (False, True)
    found = session.get_one(Inquiry, inquiry, populate_existing=True)
    assert (found.owner_id, found.claimed_at, found.expires_at) == (agent, at, at + seconds(300))
    assert offered(session)[0].state == "accepted"
    refusal(lambda: refuse(offer_id=offer.id, agent_id=agent, zone=ZONE, now=at), "already-accepted")


def test_no_answer_in_time_and_the_next_best_is_asked(session: Session) -> None:
    first, second = a.agent(), a.agent()
    session.execute(sa.update(Agent).where(Agent.id == second).values(score_tenths=700))
    session.commit()
    inquiry = a.inquiry()
    swept(WAITED)
    assert swept(WAITED + seconds(8)) == 0
    late = WAITED + seconds(8.1)
    refusal(lambda: accept(offer_id=offered(session)[0].id, agent_id=first, now=late), "offer-lapsed")
    assert swept(late) == 1
    ends = [(each.agent_id, each.state) for each in offered(session)]
    assert ends == [(first, "lapsed"), (second, "live")]
    refusal(lambda: accept(offer_id=offered(session)[0].id, agent_id=first, now=late), "offer-lapsed")
    assert swept(late + seconds(9)) == 0, "each is asked once for a turn"
    claim(inquiry_id=inquiry, agent_id=first, now=late + seconds(10))


def test_three_in_a_row_without_an_answer_and_the_agent_is_away_with_the_reason(session: Session) -> None:
    agent = a.agent()
    for number in range(3):
        assert presence(session, agent)[0] == "online"
        a.inquiry(at=NOON + seconds(number))
        at = WAITED + seconds(10 * number + number)
        assert swept(at) == 1
        swept(at + seconds(8.5))
    state, reason = presence(session, agent)
    assert state == "away"
    assert reason is not None
    assert "派单" in reason
    assert session.execute(sa.select(sa.func.count()).select_from(ScoreEvent)).scalar_one() == 0


def test_refusals_inside_the_allowance_have_no_effect_and_beyond_it_count_as_no_answer(
    session: Session,
) -> None:
    agent, left = a.agent(), []
    for number in range(6):
        assert presence(session, agent)[0] == "online"
        a.inquiry(at=NOON + seconds(number))
        at = WAITED + seconds(31 * number)
        if number:
            assert swept(at - seconds(2)) == 0, "a refusal is followed by a pause"
        session.execute(sa.update(Agent).values(last_seen_at=at))
        session.commit()
        assert swept(at) == 1
        offer = offered(session)[-1]
        left.append(refuse(offer_id=offer.id, agent_id=agent, zone=ZONE, now=at))
        assert refuse(offer_id=offer.id, agent_id=agent, zone=ZONE, now=at) == left[-1]
    assert left == [2, 1, 0, 0, 0, 0]
    assert presence(session, agent)[0] == "away"
    assert session.execute(sa.select(sa.func.count()).select_from(ScoreEvent)).scalar_one() == 0


def test_an_offer_reserves_nothing(session: Session) -> None:
    asked, other, inquiry = a.agent(tier="gold"), a.agent(presence="away"), a.inquiry()
    swept(WAITED)
    session.execute(sa.update(Agent).where(Agent.id == other).values(presence="online"))
    session.commit()
    claim(inquiry_id=inquiry, agent_id=other, now=WAITED + seconds(1))
    assert offers.live(session, asked, WAITED + seconds(1)) is None
    [offer] = offered(session)
    refusal(lambda: accept(offer_id=offer.id, agent_id=asked, now=WAITED + seconds(2)), "already-claimed")
    swept(WAITED + seconds(3))
    assert offered(session)[0].state == "void"
    assert presence(session, asked)[0] == "online"


def test_another_s_offer_does_not_exist(session: Session) -> None:
    a.agent(), a.inquiry()
    swept(WAITED)
    stranger, [offer] = a.agent(), offered(session)
    for call in (
        lambda: accept(offer_id=offer.id, agent_id=stranger, now=WAITED),
        lambda: refuse(offer_id=offer.id, agent_id=stranger, zone=ZONE, now=WAITED),
    ):
        with pytest.raises(NotFound):
            call()


def test_only_who_is_free_and_in_reach_is_asked(session: Session) -> None:
    answering, silent, full = a.agent(), a.agent(seen_at=NOON - seconds(131)), a.agent(tier="limited")
    claim(inquiry_id=a.inquiry(), agent_id=answering, now=NOON + seconds(5))
    held = a.inquiry()
    claim(inquiry_id=held, agent_id=full, now=NOON + seconds(5))
    reply(inquiry_id=held, agent_id=full, text="已为您全额退款。", now=NOON + seconds(10))
    a.agent(presence="away"), a.agent(skills=("quality",)), a.agent(tier="retrain")
    a.inquiry()
    assert swept(WAITED) == 0
    session.execute(sa.update(Agent).where(Agent.id == silent).values(last_seen_at=NOON))
    session.commit()
    assert swept(WAITED) == 1
    assert offered(session)[0].agent_id == silent


def test_who_gave_the_turn_back_is_not_offered_it(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=NOON + seconds(5))
    release(inquiry_id=inquiry, agent_id=agent, reason="busy", zone=ZONE, now=NOON + seconds(10))
    assert swept(WAITED) == 0
    other = a.agent()
    assert swept(WAITED) == 1
    assert offered(session)[0].agent_id == other


def conversing(*, until: dt.datetime) -> tuple[str, str]:
    """An agent whose only customer has been answered and has not said more; (agent, inquiry)."""
    agent, held = a.agent(tier="gold"), a.inquiry()
    claim(inquiry_id=held, agent_id=agent, now=NOON + seconds(5))
    reply(inquiry_id=held, agent_id=agent, text="已为您全额退款。", now=NOON + seconds(10))
    a.inquiry(at=until - seconds(20))
    return agent, held


def test_an_offer_is_taken_back_when_a_customer_of_the_agent_asks(session: Session) -> None:
    at = NOON + seconds(40)
    agent, held = conversing(until=at)
    assert swept(at) == 1
    assert offers.live(session, agent, at) is not None
    add_customer_message(
        channel_id=a.channel(), inquiry_id=held, external_id="more", text="还没到账", now=at + seconds(1)
    )
    assert offers.live(session, agent, at + seconds(1)) is None, "no page shows it from that instant on"
    session.rollback()
    assert swept(at + seconds(2)) == 0
    offer = offered(session)[-1]
    assert offer.state == "void"
    late = lambda: accept(offer_id=offer.id, agent_id=agent, now=at + seconds(3))  # noqa: E731
    assert "收回" in str(refusal(late, "offer-lapsed").message)


def test_who_claims_from_the_feed_what_was_taken_back_has_it_by_a_late_tap_too(session: Session) -> None:
    at = NOON + seconds(40)
    agent, held = conversing(until=at)
    swept(at)
    add_customer_message(
        channel_id=a.channel(), inquiry_id=held, external_id="more", text="还没到账", now=at + seconds(1)
    )
    swept(at + seconds(2))
    [offer] = offered(session)
    claim(inquiry_id=offer.inquiry_id, agent_id=agent, now=at + seconds(3))
    assert accept(offer_id=offer.id, agent_id=agent, now=at + seconds(4)).already
    assert offered(session)[0].state == "void"


def test_an_offer_whose_customer_has_gone_is_not_said_to_be_another_s(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    swept(WAITED)
    [offer] = offered(session)
    withdraw(channel_id=a.channel(), inquiry_id=inquiry, now=WAITED + seconds(1))
    swept(WAITED + seconds(2))
    late = lambda: accept(offer_id=offer.id, agent_id=agent, now=WAITED + seconds(3))  # noqa: E731
    refusal(late, "not-open")


def test_offers_taken_back_count_for_nothing_however_many(session: Session) -> None:
    agent, held = conversing(until=NOON + seconds(40))
    for number in range(4):
        at = NOON + seconds(40 + 30 * number)
        session.execute(sa.update(Agent).where(Agent.id == agent).values(last_seen_at=at))
        session.commit()
        assert swept(at) == 1
        say = {"channel_id": a.channel(), "inquiry_id": held, "external_id": f"more-{number}"}
        add_customer_message(**say, text=f"还没到账 {number}", now=at + seconds(7.9))
        swept(at + seconds(20))
        reply(inquiry_id=held, agent_id=agent, text=f"再为您查 {number} 次。", now=at + seconds(21))
        a.inquiry(at=at + seconds(1))
    assert [each.state for each in offered(session)] == ["void"] * 4
    assert presence(session, agent)[0] == "online"


def test_an_acceptance_that_was_on_its_way_still_lands(session: Session) -> None:
    """The customer asks while the agent's tap travels: both are theirs."""
    at = NOON + seconds(40)
    agent, held = conversing(until=at)
    swept(at)
    add_customer_message(
        channel_id=a.channel(), inquiry_id=held, external_id="more", text="还没到账", now=at + seconds(1)
    )
    [offer] = offered(session)
    assert not accept(offer_id=offer.id, agent_id=agent, now=at + seconds(1.2)).already
