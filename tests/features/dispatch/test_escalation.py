"""A turn handed on: who is paid what, who sees it next, and who is blamed (nobody)."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.db import transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.dispatch.escalation_models import Escalation
from gig.dispatch.models import Inquiry, Release, TurnQuote
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.expiry import sweep_due, sweep_expired
from gig.dispatch.operations.inquiries import add_customer_message
from gig.dispatch.operations.replies import reply
from gig.dispatch.operations.resolution import rate, resolve
from gig.dispatch.queries import feed
from gig.identity.models import Agent
from gig.payouts.earnings import queries as earnings
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.audit import audit
from gig.payouts.ledger.models import LedgerEntry
from gig.scoring.models import ScoreEvent
from tests import builders as a
from tests.builders import NOON, seconds
from tests.features.dispatch.handing import fee_card, hand_on, route

ANSWER = "已经为您加急退款，今天 20 点前到账。"


def proved(session: Session) -> None:
    session.commit()
    assert [finding for finding in audit(session) if finding.differences] == []


def held(agent: str, *, at: dt.datetime = NOON, **more: str) -> str:
    """An inquiry in the agent's hands."""
    id = a.inquiry(at=at, **more)
    claim(inquiry_id=id, agent_id=agent, now=at + seconds(10))
    return id


def feed_of(session: Session, agent: str, now: dt.datetime) -> set[str]:
    session.rollback()
    return {row.id for row in feed.feed(session, feed.standing(session, agent, now), now)}


@pytest.fixture
def pair(session: Session) -> tuple[str, str]:
    """Two who may serve both queues; refunds may be handed on to seniors."""
    route("refund", "senior")
    return a.agent(skills=("refund", "senior")), a.agent(skills=("refund", "senior"))


def test_the_inquiry_waits_on_the_other_queue_at_its_old_place(
    session: Session, pair: tuple[str, str]
) -> None:
    first, second = pair
    id = held(first)
    hand_on(id, first, now=NOON + seconds(30))
    inquiry = session.get_one(Inquiry, id, populate_existing=True)
    assert (inquiry.state, inquiry.queue, inquiry.handovers) == ("open", "senior", 1)
    assert (inquiry.queued_at, inquiry.entered_at) == (NOON, NOON + seconds(30))
    assert feed_of(session, second, NOON + seconds(33)) == set()
    assert feed_of(session, second, NOON + seconds(34)) == {id}


def test_the_next_agent_has_a_clock_and_a_price_of_their_own(session: Session, pair: tuple[str, str]) -> None:
    first, second = pair
    id = held(first)
    hand_on(id, first, now=NOON + seconds(55))
    claim(inquiry_id=id, agent_id=second, now=NOON + seconds(90))
    replied = reply(inquiry_id=id, agent_id=second, text=ANSWER, now=NOON + seconds(150))
    assert replied.earning is not None
    assert replied.earning.on_time
    assert replied.earning.queue == "senior"
    ended = dict(session.execute(sa.select(TurnQuote.agent_id, TurnQuote.ended)).all())
    assert ended == {first: "escalated", second: None}
    proved(session)


def test_the_escalator_is_paid_the_fee_of_their_own_card_and_the_solver_the_whole_price(
    session: Session, pair: tuple[str, str]
) -> None:
    first, second = pair
    fee_card(30, at=NOON - seconds(3600))
    id = held(first)
    fee_card(90, at=NOON + seconds(20), name="dearer")
    done = hand_on(id, first, now=NOON + seconds(30))
    claim(inquiry_id=id, agent_id=second, now=NOON + seconds(60))
    reply(inquiry_id=id, agent_id=second, text=ANSWER, now=NOON + seconds(80))
    entry = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.kind == "triage")).one()
    assert entry.source_key == f"triage:{done.turn_id}:{first}"
    assert (entry.agent_id, entry.payable_fen, entry.memo) == (first, 30, "转交费 · 超出我的权限")
    assert session.scalars(sa.select(Earning.agent_id)).all() == [second]
    day = (NOON - seconds(3600), NOON + seconds(3600))
    total = earnings.totals(session, first, *day)
    assert (total.turns, total.pay_fen, total.triage_fen, total.total_fen) == (0, 0, 30, 30)
    proved(session)


def test_a_card_without_a_fee_posts_nothing(session: Session, pair: tuple[str, str]) -> None:
    first, _ = pair
    assert hand_on(held(first), first, now=NOON + seconds(30)).fee_fen == 0
    assert session.scalars(sa.select(LedgerEntry)).all() == []
    proved(session)


def test_nobody_is_blamed_for_handing_on(session: Session, pair: tuple[str, str]) -> None:
    first, _ = pair
    id = held(first)
    hand_on(id, first, reason="unsure", now=NOON + seconds(200))
    sweep_expired(now=NOON + seconds(900), wait=seconds(0))
    assert session.scalars(sa.select(ScoreEvent)).all() == []
    assert session.scalars(sa.select(Release)).all() == []
    agent = session.get_one(Agent, first, populate_existing=True)
    assert (agent.misses_in_row, agent.presence) == (0, "online")


def test_the_escalator_neither_sees_nor_gets_it_again(session: Session, pair: tuple[str, str]) -> None:
    first, second = pair
    id = held(first)
    hand_on(id, first, now=NOON + seconds(30))
    assert feed_of(session, first, NOON + seconds(60)) == set()
    with pytest.raises(Refused) as refused:
        claim(inquiry_id=id, agent_id=first, now=NOON + seconds(60))
    assert refused.value.params["reason"] == "handed-on"
    claim(inquiry_id=id, agent_id=second, now=NOON + seconds(61))
    reply(inquiry_id=id, agent_id=second, text=ANSWER, now=NOON + seconds(80))
    resolve(inquiry_id=id, agent_id=second, now=NOON + seconds(90))
    back = NOON + seconds(500)
    add_customer_message(
        channel_id=a.channel(), inquiry_id=id, external_id="again", text="还没到账", now=back
    )
    assert feed_of(session, first, back + seconds(60)) == set()
    assert feed_of(session, second, back + seconds(1)) == {id}


def test_it_never_comes_back_to_a_queue_it_was_on(session: Session) -> None:
    for here, there in (
        ("refund", "senior"),
        ("senior", "refund"),
        ("senior", "expert"),
        ("expert", "senior"),
    ):
        route(here, there)
    crew = [a.agent(skills=("refund", "senior", "expert")) for _ in range(3)]
    id = held(crew[0])
    hand_on(id, crew[0], now=NOON + seconds(20))
    claim(inquiry_id=id, agent_id=crew[1], now=NOON + seconds(40))
    with pytest.raises(Invalid) as invalid:
        hand_on(id, crew[1], to_queue="refund", now=NOON + seconds(50))
    assert list(invalid.value.errors) == ["to"]
    assert hand_on(id, crew[1], now=NOON + seconds(50)).to_queue == "expert"
    change_limit(5)
    claim(inquiry_id=id, agent_id=crew[2], now=NOON + seconds(70))
    with pytest.raises(Refused) as refused:
        hand_on(id, crew[2], now=NOON + seconds(80))
    assert refused.value.slug == "no-target"


def change_limit(most: int) -> None:
    with transaction() as session:
        tunables.change(session, "handover_limit", most, actor_id=None, reason="试一试", now=NOON)


def test_the_number_of_hand_overs_has_a_limit(session: Session, pair: tuple[str, str]) -> None:
    route("senior", "expert")
    first, second = pair
    change_limit(1)
    id = held(first)
    hand_on(id, first, now=NOON + seconds(20))
    claim(inquiry_id=id, agent_id=second, now=NOON + seconds(40))
    with pytest.raises(Refused) as refused:
        hand_on(id, second, now=NOON + seconds(50))
    assert refused.value.slug == "handover-limit"


def test_doing_it_again_changes_nothing(session: Session, pair: tuple[str, str]) -> None:
    first, _ = pair
    fee_card(30, at=NOON - seconds(3600))
    id = held(first)
    once = hand_on(id, first, now=NOON + seconds(20))
    assert hand_on(id, first, now=NOON + seconds(25)).id == once.id
    assert session.scalar(sa.select(sa.func.count()).select_from(Escalation)) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(LedgerEntry)) == 1


@pytest.mark.parametrize(
    "summary",
    ["", "好的", "请稍等，马上", "。。。！！", "查", "𝄞" * 2001],
    ids=lambda text: text[:4] or "empty",
)
def test_a_summary_that_says_nothing_is_refused_and_nothing_has_changed(
    session: Session, pair: tuple[str, str], summary: str
) -> None:
    first, _ = pair
    id = held(first)
    with pytest.raises(Invalid) as invalid:
        hand_on(id, first, summary=summary, now=NOON + seconds(20))
    assert list(invalid.value.errors) == ["summary"]
    assert session.get_one(Inquiry, id, populate_existing=True).owner_id == first


def test_a_turn_that_is_answered_spent_or_not_ones_own_is_not_handed_on(
    session: Session, pair: tuple[str, str]
) -> None:
    first, second = pair
    id = held(first)
    with pytest.raises(NotFound):
        hand_on(id, second, now=NOON + seconds(20))
    with pytest.raises(Refused) as late:
        hand_on(id, first, now=NOON + seconds(311))
    assert late.value.slug == "expired"
    reply(inquiry_id=id, agent_id=first, text=ANSWER, now=NOON + seconds(40))
    with pytest.raises(Refused) as answered:
        hand_on(id, first, now=NOON + seconds(50))
    assert answered.value.slug == "no-open-turn"


def test_without_a_taker_it_stays_with_the_agent(session: Session) -> None:
    agent = a.agent()
    id = held(agent)
    with pytest.raises(Refused) as refused:
        hand_on(id, agent, now=NOON + seconds(20))
    assert refused.value.slug == "no-target"


def test_the_rating_is_the_solvers_and_never_the_escalators(session: Session, pair: tuple[str, str]) -> None:
    first, second = pair
    waiting, solved = held(first), held(first)
    for id in (waiting, solved):
        hand_on(id, first, now=NOON + seconds(20))
    claim(inquiry_id=solved, agent_id=second, now=NOON + seconds(40))
    reply(inquiry_id=solved, agent_id=second, text=ANSWER, now=NOON + seconds(50))
    resolve(inquiry_id=solved, agent_id=second, now=NOON + seconds(60))
    for id in (waiting, solved):
        rate(
            channel_id=a.channel(), inquiry_id=id, stars=1, resolved=False, comment="", now=NOON + seconds(70)
        )
    rated = session.scalars(sa.select(ScoreEvent.agent_id).where(ScoreEvent.kind == "rating")).all()
    assert rated == [second]


def test_it_goes_to_nobody_for_two_hours_and_is_given_up(session: Session, pair: tuple[str, str]) -> None:
    first, _ = pair
    id = held(first)
    hand_on(id, first, now=NOON + seconds(20))
    sweep_due(now=NOON + seconds(7200))
    assert session.get_one(Inquiry, id, populate_existing=True).state == "open"
    sweep_due(now=NOON + seconds(7220))
    assert session.get_one(Inquiry, id, populate_existing=True).state == "abandoned"
    proved(session)


def test_the_audit_finds_a_fee_that_nobody_was_paid(session: Session, pair: tuple[str, str]) -> None:
    first, _ = pair
    hand_on(held(first), first, now=NOON + seconds(20))
    session.execute(sa.update(Escalation).values(fee_fen=30))
    session.commit()
    broken = [finding for finding in audit(session) if finding.differences]
    assert len(broken) == 1
    assert "triage fee" in broken[0].claim
