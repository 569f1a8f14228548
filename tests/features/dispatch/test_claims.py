"""抢单: who gets an inquiry, and who is told why not."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import NotFound, Refused
from gig.core.ids import new_id
from gig.dispatch.models import Inquiry, TurnQuote
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.expiry import sweep_expired
from gig.dispatch.operations.releases import free_left, release
from gig.identity.models import Agent
from gig.scoring.models import ScoreEvent
from tests import builders as a
from tests.builders import DINNER, NOON, seconds

ZONE = "Asia/Shanghai"
LATER = NOON + seconds(10)


def refused(call: object, slug: str) -> Refused:
    assert callable(call)
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.slug == slug
    return caught.value


def test_the_first_claimer_owns_the_inquiry_and_their_clock_starts(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
    found = session.get_one(Inquiry, inquiry, populate_existing=True)
    assert (found.state, found.owner_id, found.claimed_at) == ("claimed", agent, LATER)
    quote = session.execute(sa.select(TurnQuote)).scalar_one()
    assert (quote.clock_started_at, quote.deadline_at) == (LATER, LATER + seconds(60))
    assert quote.expires_at == LATER + seconds(300) == found.expires_at
    assert quote.gross_fen == 180


def test_the_second_claimer_is_told_that_it_is_gone(session: Session) -> None:
    first, second, inquiry = a.agent(), a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=first, now=LATER)
    refused(lambda: claim(inquiry_id=inquiry, agent_id=second, now=LATER), "already-claimed")
    assert session.get_one(Inquiry, inquiry, populate_existing=True).owner_id == first


def test_claiming_what_one_owns_succeeds_and_changes_nothing(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
    again = claim(inquiry_id=inquiry, agent_id=agent, now=LATER + seconds(30))
    assert again.already
    assert session.execute(sa.select(TurnQuote.clock_started_at)).scalar_one() == LATER


def test_an_unknown_inquiry_is_not_found(session: Session) -> None:
    agent = a.agent()
    with pytest.raises(NotFound):
        claim(inquiry_id=new_id(), agent_id=agent, now=LATER)


@pytest.mark.parametrize(
    ("tier", "limit"),
    [("gold", 5), ("silver", 4), ("bronze", 3), ("trainee", 2), ("limited", 1), ("retrain", 0)],
)
def test_each_tier_owns_as_many_as_its_limit_allows(session: Session, tier: str, limit: int) -> None:
    agent = a.agent(tier=tier)
    for _ in range(limit):
        claim(inquiry_id=a.inquiry(), agent_id=agent, now=LATER)
    one_more = a.inquiry()
    refused(lambda: claim(inquiry_id=one_more, agent_id=agent, now=LATER), "limit-reached")
    assert session.get_one(Inquiry, one_more, populate_existing=True).state == "open"


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        ({"presence": "away"}, "not-online"),
        ({"presence": "offline"}, "not-online"),
        ({"stage": "applicant", "presence": "offline"}, "not-active"),
        ({"stage": "suspended", "presence": "offline"}, "suspended"),
        ({"skills": ("delivery",)}, "no-skill"),
    ],
)
def test_who_may_not_claim_is_told_why(session: Session, standing: dict[str, str], reason: str) -> None:
    agent, inquiry = a.agent(**standing), a.inquiry()  # type: ignore[arg-type]
    error = refused(lambda: claim(inquiry_id=inquiry, agent_id=agent, now=LATER), "not-eligible")
    assert error.params["reason"] == reason


@pytest.mark.parametrize(("tier", "wait"), [("gold", 0), ("silver", 2), ("bronze", 4), ("trainee", 4)])
def test_better_tiers_have_a_head_start(session: Session, tier: str, wait: int) -> None:
    agent, inquiry = a.agent(tier=tier), a.inquiry()
    if wait:
        early = NOON + seconds(wait - 0.001)
        error = refused(lambda: claim(inquiry_id=inquiry, agent_id=agent, now=early), "not-eligible")
        assert error.params["reason"] == "head-start"
    claim(inquiry_id=inquiry, agent_id=agent, now=NOON + seconds(wait))


def test_a_share_of_easy_inquiries_is_for_trainees_alone_at_first(session: Session) -> None:
    a.queue("account", easy=True)
    gold, trainee = a.agent(tier="gold", skills=("account",)), a.agent(tier="trainee", skills=("account",))
    theirs = next(
        id
        for id in (a.inquiry(queue_slug="account") for _ in range(200))
        if session.get_one(Inquiry, id).bucket < 20
    )
    error = refused(lambda: claim(inquiry_id=theirs, agent_id=gold, now=NOON + seconds(14.9)), "not-eligible")
    assert error.params["reason"] == "trainee-share"
    claim(inquiry_id=theirs, agent_id=trainee, now=NOON + seconds(5))


def test_a_price_that_fell_since_the_feed_claims_nothing(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    refused(
        lambda: claim(inquiry_id=inquiry, agent_id=agent, now=LATER, expected_gross_fen=181), "quote-changed"
    )
    assert session.get_one(Inquiry, inquiry, populate_existing=True).state == "open"
    claim(inquiry_id=inquiry, agent_id=agent, now=LATER, expected_gross_fen=180)


def test_an_owner_who_claims_again_keeps_their_first_clock_and_price(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry(at=DINNER)
    claim(inquiry_id=inquiry, agent_id=agent, now=DINNER + seconds(10))
    release(inquiry_id=inquiry, agent_id=agent, reason="", zone=ZONE, now=DINNER + seconds(20))
    again = DINNER + seconds(100)
    claim(inquiry_id=inquiry, agent_id=agent, now=again, expected_gross_fen=360)
    quote = session.execute(sa.select(TurnQuote)).scalar_one()
    assert quote.clock_started_at == DINNER + seconds(10)
    assert session.get_one(Inquiry, inquiry, populate_existing=True).expires_at == quote.expires_at


def test_a_spent_clock_cannot_be_claimed_again_but_another_agent_can(session: Session) -> None:
    agent, other, inquiry = a.agent(), a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
    release(inquiry_id=inquiry, agent_id=agent, reason="", zone=ZONE, now=LATER + seconds(1))
    late = LATER + seconds(301)
    error = refused(lambda: claim(inquiry_id=inquiry, agent_id=agent, now=late), "not-eligible")
    assert "时间已用完" in error.message
    claim(inquiry_id=inquiry, agent_id=other, now=late)


def test_an_expired_claim_goes_back_to_the_feed_with_one_missed_event(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
    before = LATER + seconds(301)
    assert sweep_expired(now=before, wait=seconds(2)) == 0
    after = LATER + seconds(303)
    assert sweep_expired(now=after, wait=seconds(2)) == 1
    assert sweep_expired(now=after + seconds(60), wait=seconds(2)) == 0
    found = session.get_one(Inquiry, inquiry, populate_existing=True)
    assert (found.state, found.owner_id, found.queued_at, found.entered_at) == ("open", None, NOON, after)
    assert session.execute(sa.select(ScoreEvent.kind)).scalars().all() == ["missed"]


def test_an_expired_claim_can_be_claimed_before_any_sweep(session: Session) -> None:
    agent, gold, inquiry = a.agent(), a.agent(tier="gold"), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
    refused(lambda: claim(inquiry_id=inquiry, agent_id=gold, now=LATER + seconds(301)), "already-claimed")
    claim(inquiry_id=inquiry, agent_id=gold, now=LATER + seconds(302.5))
    assert session.get_one(Inquiry, inquiry, populate_existing=True).owner_id == gold


def test_two_misses_without_an_answer_between_set_the_agent_away(session: Session) -> None:
    agent = a.agent()
    for _ in range(2):
        claim(inquiry_id=a.inquiry(), agent_id=agent, now=LATER)
    sweep_expired(now=LATER + seconds(303), wait=seconds(2))
    standing = session.get_one(Agent, agent, populate_existing=True)
    assert standing.presence == "away"
    assert standing.presence_reason


def test_releases_beyond_the_days_free_ones_are_score_events(session: Session) -> None:
    agent = a.agent(tier="gold")
    left = []
    for _ in range(4):
        inquiry = a.inquiry()
        claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
        left.append(release(inquiry_id=inquiry, agent_id=agent, reason="太难", zone=ZONE, now=LATER))
    assert left == [2, 1, 0, 0]
    assert session.execute(sa.select(ScoreEvent.kind)).scalars().all() == ["release_over"]
    assert free_left(session, agent, ZONE, LATER + seconds(86400)) == 3


def test_a_released_inquiry_keeps_its_place_in_the_queue(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
    release(inquiry_id=inquiry, agent_id=agent, reason="", zone=ZONE, now=LATER + seconds(5))
    found = session.get_one(Inquiry, inquiry, populate_existing=True)
    assert (found.queued_at, found.entered_at) == (NOON, LATER + seconds(5))
