"""Appeals before they are decided: filed in time and once, on the desk, in finance's view, rung for."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.errors import Invalid, NotFound, Refused
from gig.core.outbox import OutboxEvent
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.rehearsal import rehearse
from gig.quality.operations.deciding import ring_overdue
from gig.quality.operations.filing import file_appeal
from gig.quality.queries import desk, open_appeals
from gig.scoring.models import ScoreEvent
from tests import builders as a
from tests.builders import NOON, seconds
from tests.features.quality.cases import (
    DAY,
    HOUR,
    appealed,
    found,
    late_reply,
    missed_turn,
    ruled,
)
from tests.features.quality.test_appeals import TICK


def test_it_is_filed_within_seven_days_of_the_event(session: Session) -> None:
    agent = a.agent()
    event = late_reply(agent)
    happened = session.get_one(ScoreEvent, event).at
    with pytest.raises(Refused) as refused:
        appealed(agent, event, at=happened + 7 * DAY + TICK)
    assert refused.value.slug == "appeal-too-late"
    assert appealed(agent, event, at=happened + 7 * DAY)


def test_filing_again_changes_nothing(session: Session) -> None:
    agent = a.agent()
    event = late_reply(agent)
    first = appealed(agent, event)
    assert file_appeal(event_id=event, agent_id=agent, text="另一段话", now=NOON + 2 * HOUR) == first
    assert found(session, first).filed_at == NOON + HOUR


def test_another_agent_s_event_and_what_cannot_be_appealed_are_not_there(session: Session) -> None:
    agent, other = a.agent(), a.agent()
    event = late_reply(agent)
    for wrong_agent, wrong_event in ((other, event), (agent, "nonsense"), (agent, "0" * 26)):
        with pytest.raises(NotFound):
            appealed(wrong_agent, wrong_event)


@pytest.mark.parametrize("text", ["", "   ", "字" * 501])
def test_an_appeal_says_something(session: Session, text: str) -> None:
    agent = a.agent()
    with pytest.raises(Invalid):
        file_appeal(event_id=late_reply(agent), agent_id=agent, text=text, now=NOON + HOUR)


def test_finance_hears_of_the_open_appeals_of_a_period(app: Flask, session: Session) -> None:
    agent = a.agent(name="何静")
    first, second = late_reply(agent), missed_turn(agent, at=NOON + HOUR)
    appeal = appealed(agent, first, at=NOON + 2 * HOUR)
    appealed(agent, second, at=NOON + 3 * HOUR)
    late_reply(a.agent(), at=NOON + 2 * HOUR)
    period = session.get_one(Period, found(session, appeal).period_id)
    told = open_appeals(session, period)
    assert told.count == 2
    assert [(each.who, each.at) for each in told.items] == [
        ("何静", NOON + 2 * HOUR + 9 * DAY),
        ("何静", NOON + 3 * HOUR + 9 * DAY),
    ]
    assert [each.fen for each in told.items] == [found(session, appeal).penalty_fen, 0]
    ruled(appeal)
    assert open_appeals(session, period).count == 1
    assert [
        each.count for each in rehearse(session, period, now=NOON).findings if each.title == told.title
    ] == [1]


def test_an_overdue_appeal_rings_once(session: Session) -> None:
    agent = a.agent()
    appeal = appealed(agent, late_reply(agent))
    due = found(session, appeal).due_at
    assert ring_overdue(now=due) == 0
    assert [ring_overdue(now=due + seconds(1)), ring_overdue(now=due + seconds(2))] == [1, 0]
    session.rollback()
    rung = sa.select(OutboxEvent.payload).where(
        OutboxEvent.topic == "reviewer", OutboxEvent.type == "appeal.overdue"
    )
    assert len(session.scalars(rung).all()) == 1
    ruled(appeal, at=due + DAY)
    assert found(session, appeal).state == "upheld"


def test_the_desk_goes_on_where_a_page_ended(session: Session) -> None:
    appeals = [appealed(agent, late_reply(agent)) for agent in (a.agent() for _ in range(5))]
    for decided in (False, True):
        seen: list[str] = []
        while True:
            session.rollback()
            last = found(session, seen[-1]) if seen else None
            if decided:
                cursor = (last.decided_at, last.id) if last and last.decided_at else None
                page = desk.decided_rows(session, before=cursor, limit=2)
            else:
                page = desk.open_rows(session, after=(last.due_at, last.id) if last else None, limit=2)
            if not page:
                break
            seen += [row.appeal.id for row in page]
        assert sorted(seen) == sorted(appeals) and len(seen) == 5
        for appeal in () if decided else appeals:
            ruled(appeal, "rejected")
