"""在线、小休、离线: rests that are due, phones that fall silent, and what their owners are told."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.errors import Refused
from gig.core.outbox import OutboxEvent
from gig.dispatch.models import Inquiry
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.drafts import put_draft
from gig.dispatch.operations.expiry import sweep_idle
from gig.dispatch.operations.replies import reply
from gig.dispatch.operations.resting import sweep_reach, sweep_rested, sweep_rests
from gig.identity.models import Agent, Duty
from gig.identity.operations.presence import set_aside, set_presence
from tests import builders as a
from tests.builders import NOON, seconds

HOUR = dt.timedelta(hours=1)


def online(agent_id: str, at: dt.datetime) -> None:
    set_presence(agent_id=agent_id, state="online", now=at)


def standing(session: Session, agent_id: str) -> Agent:
    session.rollback()
    return session.get_one(Agent, agent_id, populate_existing=True)


def seen(session: Session, agent_id: str, at: dt.datetime) -> None:
    session.execute(sa.update(Agent).where(Agent.id == agent_id).values(last_seen_at=at))
    session.commit()


def told(session: Session, type: str) -> list[str]:
    session.rollback()
    told = sa.select(OutboxEvent.topic).where(OutboxEvent.type == type).order_by(OutboxEvent.id)
    return list(session.scalars(told))


def test_after_four_hours_the_agent_rests_and_is_told_until_when(session: Session) -> None:
    agent = a.agent(presence="offline")
    online(agent, NOON)
    end = NOON + 4 * HOUR
    assert sweep_rests(now=end - seconds(1)) == 0
    assert sweep_rests(now=end) == 1
    found = standing(session, agent)
    assert (found.presence, found.rest_until) == ("away", end + seconds(1200))
    assert found.presence_reason
    for call in (
        lambda: online(agent, end + seconds(60)),
        lambda: claim(inquiry_id=a.inquiry(at=end), agent_id=agent, now=end + seconds(60)),
    ):
        with pytest.raises(Refused) as refused:
            call()
        assert "17:20" in str(refused.value)
    assert sweep_rested(now=end + seconds(1200)) == 1
    assert told(session, "presence.rested") == [f"agent:{agent}"]
    online(agent, end + seconds(1200))
    assert standing(session, agent).presence == "online"


def test_a_short_break_does_not_put_the_rest_off(session: Session) -> None:
    agent = a.agent(presence="offline")
    online(agent, NOON)
    seen(session, agent, NOON + 3 * HOUR - seconds(60))
    set_presence(agent_id=agent, state="away", now=NOON + 3 * HOUR)
    online(agent, NOON + 3 * HOUR + seconds(600))
    assert sweep_rests(now=NOON + 4 * HOUR) == 0
    assert sweep_rests(now=NOON + 4 * HOUR + seconds(600)) == 1


def test_after_eight_hours_the_day_is_over(session: Session) -> None:
    agent = a.agent(presence="offline")
    morning = NOON - 9 * HOUR
    for start in (morning, morning + 5 * HOUR):
        online(agent, start)
        if start == morning:
            end = start + 4 * HOUR - seconds(1)
            seen(session, agent, end)
            set_presence(agent_id=agent, state="offline", now=end)
    assert sweep_rests(now=morning + 9 * HOUR + seconds(1)) == 1
    found = standing(session, agent)
    assert found.presence == "offline"
    assert found.rest_until == NOON + 11 * HOUR, "midnight in Shanghai"


def test_a_rest_takes_nothing_away(session: Session) -> None:
    agent, inquiry = a.agent(presence="offline"), a.inquiry(at=NOON + 3 * HOUR)
    online(agent, NOON)
    end = NOON + 4 * HOUR
    claim(inquiry_id=inquiry, agent_id=agent, now=end - seconds(60))
    sweep_rests(now=end)
    assert reply(inquiry_id=inquiry, agent_id=agent, text="已为您全额退款。", now=end + seconds(5)).earning


def test_whoever_is_typing_finishes_first_but_not_for_ever(session: Session) -> None:
    agent, inquiry = a.agent(presence="offline"), a.inquiry(at=NOON + 3 * HOUR)
    online(agent, NOON)
    end = NOON + 4 * HOUR
    claim(inquiry_id=inquiry, agent_id=agent, now=end - seconds(100))
    put_draft(inquiry_id=inquiry, agent_id=agent, text="您好，退款", now=end - seconds(10))
    assert sweep_rests(now=end) == 0
    put_draft(inquiry_id=inquiry, agent_id=agent, text="您好，退款已经", now=end + seconds(599))
    assert sweep_rests(now=end + seconds(599)) == 0
    assert sweep_rests(now=end + seconds(600)) == 1


def test_typing_is_a_sign_of_life(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=NOON + seconds(10))
    put_draft(inquiry_id=inquiry, agent_id=agent, text="您好，", now=NOON + seconds(140))
    assert sweep_reach(now=NOON + seconds(200)) == 0


def test_a_silent_phone_keeps_its_claim_and_its_owner_reads_what_happened(session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=NOON + seconds(10))
    assert sweep_reach(now=NOON + seconds(150)) == 0
    assert sweep_reach(now=NOON + seconds(151)) == 1
    assert sweep_reach(now=NOON + seconds(161)) == 0
    assert set(told(session, "agent.unreachable")) == {"ops", f"agent:{agent}"}
    assert session.get_one(Inquiry, inquiry, populate_existing=True).owner_id == agent
    assert standing(session, agent).presence == "online"
    seen(session, agent, NOON + seconds(170))
    sweep_reach(now=NOON + seconds(171))
    back = standing(session, agent)
    assert back.unreachable_since is None
    assert back.presence_reason is not None
    assert "断开" in back.presence_reason


def test_half_an_hour_without_a_sign_was_no_time_online(session: Session) -> None:
    agent = a.agent(presence="offline")
    online(agent, NOON)
    seen(session, agent, NOON + seconds(120))
    assert sweep_idle(now=NOON + seconds(1921)) == 1
    session.rollback()
    assert session.scalars(sa.select(Duty.ended_at)).one() == NOON + seconds(120)


def test_leaving_after_a_long_silence_counts_only_up_to_the_last_sign_of_life(session: Session) -> None:
    agent = a.agent(presence="offline")
    online(agent, NOON)
    seen(session, agent, NOON + HOUR)
    set_presence(agent_id=agent, state="offline", now=NOON + 2 * HOUR)
    session.rollback()
    assert session.scalars(sa.select(Duty.ended_at)).one() == NOON + HOUR


def test_agents_who_were_online_before_the_count_began_are_counted_from_now(session: Session) -> None:
    agent = a.agent()
    assert sweep_rests(now=NOON) == 0
    assert sweep_rests(now=NOON + 4 * HOUR) == 1
    assert standing(session, agent).presence == "away"


def test_time_online_never_ends_before_it_began(session: Session) -> None:
    agent = a.agent(presence="offline")
    online(agent, NOON)
    a_moment_ago = NOON - dt.timedelta(milliseconds=35)  # when a sweep began that had to wait for this agent
    with transaction() as writing:
        set_aside(writing, [agent], state="away", reason="silent", now=a_moment_ago)
    duty = session.scalars(sa.select(Duty).where(Duty.agent_id == agent)).one()
    assert (duty.began_at, duty.ended_at) == (NOON, NOON)
