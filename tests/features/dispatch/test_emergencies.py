"""The emergency lane: seniors only, first in their feed, and ops hears it ring."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import Refused
from gig.core.outbox import OutboxEvent
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.offers import sweep_offers
from gig.dispatch.queries import emergencies, feed
from gig.identity.models import AgentSkill
from gig.identity.operations.standing import grant_senior, revoke_senior
from tests import builders as a
from tests.builders import NOON, seconds

LATER = NOON + seconds(30)


def rows(session: Session, agent_id: str) -> list[str]:
    session.rollback()
    return [row.id for row in feed.feed(session, feed.standing(session, agent_id, LATER), LATER)]


def test_an_emergency_reaches_only_seniors_and_stands_first_for_them(session: Session) -> None:
    ordinary, senior, ops = a.agent(), a.agent(), a.person(roles="ops")
    usual, urgent = a.inquiry(), a.inquiry(priority=9)
    assert grant_senior(agent_id=senior, queue="refund", actor_id=ops, now=NOON)
    assert not grant_senior(agent_id=senior, queue="refund", actor_id=ops, now=NOON)
    skill = session.get_one(AgentSkill, (senior, "refund"), populate_existing=True)
    assert (skill.senior_by, skill.senior_at) == (ops, NOON)
    assert rows(session, ordinary) == [usual]
    assert rows(session, senior) == [urgent, usual]
    with pytest.raises(Refused) as refused:
        claim(inquiry_id=urgent, agent_id=ordinary, now=LATER)
    assert refused.value.params["reason"] == "senior-only"
    claim(inquiry_id=urgent, agent_id=senior, now=LATER)


def test_without_the_senior_skill_an_emergency_is_gone_from_the_feed(session: Session) -> None:
    agent, urgent = a.agent(), a.inquiry(priority=9)
    grant_senior(agent_id=agent, queue="refund", actor_id=None, now=NOON)
    assert rows(session, agent) == [urgent]
    assert revoke_senior(agent_id=agent, queue="refund", actor_id=None, now=NOON)
    assert rows(session, agent) == []
    assert sweep_offers(now=LATER, wait=seconds(0)) == 0


def test_ops_hears_of_it_at_once_and_sees_who_could_take_it(session: Session) -> None:
    a.inquiry(), a.agent()
    urgent = a.inquiry(priority=9)
    session.rollback()
    rung = session.scalars(sa.select(OutboxEvent.topic).where(OutboxEvent.type == "inquiry.emergency")).all()
    assert rung == ["ops"]
    assert emergencies.count(session) == (1, NOON)
    [waits] = emergencies.unclaimed(session)
    assert (waits.inquiry.id, waits.seniors_online) == (urgent, 0)
    senior = a.agent()
    grant_senior(agent_id=senior, queue="refund", actor_id=None, now=NOON)
    session.rollback()
    assert [each.seniors_online for each in emergencies.unclaimed(session)] == [1]


def test_the_senior_skill_of_one_queue_opens_no_other(session: Session) -> None:
    agent, urgent = a.agent(skills=("refund", "quality")), a.inquiry(queue_slug="quality", priority=9)
    grant_senior(agent_id=agent, queue="refund", actor_id=None, now=NOON)
    assert rows(session, agent) == []
    grant_senior(agent_id=agent, queue="quality", actor_id=None, now=NOON)
    assert rows(session, agent) == [urgent]
