"""How events become a score, and what each change of it is called."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.outbox import OutboxEvent
from gig.scoring.models import ScoreChange, ScoreEvent
from gig.scoring.operations.events import note_event
from gig.scoring.operations.scoring import take_in_events
from gig.scoring.rules.score import Grade
from tests.features.scoring.people import NOW, an_agent, happened, standing
from tests.statements import counted

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def changes(session: Session, agent_id: str) -> list[tuple[str, int, int]]:
    query = sa.select(ScoreChange.reason, ScoreChange.before_tenths, ScoreChange.after_tenths)
    rows = session.execute(query.where(ScoreChange.agent_id == agent_id).order_by(ScoreChange.id))
    return [tuple(row) for row in rows]


def test_an_event_is_written_once_for_its_source_key_by_one_statement(session: Session) -> None:
    agent = an_agent()
    with transaction() as writing, counted() as statements:
        note_event(writing, agent_id=agent, kind="on_time", source_key="turn:1", at=NOW)
    assert [statement.split()[0] for statement in statements] == ["INSERT"]
    happened(agent, "on_time", key="turn:1")
    assert session.scalar(sa.select(sa.func.count()).select_from(ScoreEvent)) == 1


def test_a_new_agent_starts_at_the_prior_and_nothing_changes_without_events(session: Session) -> None:
    agent = an_agent()
    assert take_in_events(now=NOW) == 0
    assert standing(session, agent).score_tenths == 848
    assert changes(session, agent) == []


def test_every_change_names_its_event_in_the_order_of_events(session: Session) -> None:
    agent = an_agent()
    happened(agent, "missed", NOW - 2 * HOUR)
    happened(agent, "rating", NOW - HOUR, stars=5)
    happened(agent, "violation_minor", NOW)
    assert take_in_events(now=NOW) == 3
    assert changes(session, agent) == [
        ("missed", 848, 833),
        ("rating", 833, 837),
        ("violation_minor", 837, 817),
    ]
    named = session.scalars(
        sa.select(ScoreEvent.kind)
        .join(ScoreChange, ScoreChange.event_id == ScoreEvent.id)
        .order_by(ScoreChange.id)
    ).all()
    assert named == ["missed", "rating", "violation_minor"]
    told = session.scalars(sa.select(OutboxEvent.topic).where(OutboxEvent.type == "score.changed")).all()
    assert told == [f"agent:{agent}"]


def test_taking_events_in_again_changes_nothing(session: Session) -> None:
    agent = an_agent()
    happened(agent, "late", times=5)
    take_in_events(now=NOW)
    before = changes(session, agent)
    assert take_in_events(now=NOW + HOUR) == 0
    assert changes(session, agent) == before


def test_a_score_reached_in_steps_is_the_score_reached_at_once(session: Session) -> None:
    stepwise, at_once = an_agent(), an_agent()
    for number in range(12):
        for agent in (stepwise, at_once):
            happened(agent, "late" if number % 5 == 0 else "on_time", NOW + number * HOUR / 20)
            happened(agent, "qc", NOW + number * HOUR / 20, grade=list(Grade)[number % 4])
        with transaction() as writing:
            writing.execute(
                sa.update(ScoreEvent).where(ScoreEvent.agent_id == at_once).values(scored_at=None)
            )
        take_in_events(now=NOW + number * HOUR / 20)
    assert standing(session, stepwise).score_tenths == standing(session, at_once).score_tenths


def test_a_resolution_counts_when_its_24_hours_are_over(session: Session) -> None:
    agent = an_agent()
    happened(agent, "resolved", NOW, inquiry_id="q1")
    assert take_in_events(now=NOW + DAY - dt.timedelta(microseconds=1)) == 0
    assert take_in_events(now=NOW + DAY) == 1
    assert changes(session, agent) == [("resolved", 848, 851)]


@pytest.mark.parametrize(
    ("back_after", "after"), [(DAY, 828), (HOUR, 828), (DAY + dt.timedelta(microseconds=1), 851)]
)
def test_a_customer_who_is_back_within_24_hours_was_not_helped(
    session: Session, back_after: dt.timedelta, after: int
) -> None:
    agent = an_agent()
    happened(agent, "resolved", NOW, inquiry_id="q1")
    happened(agent, "returned", NOW + back_after, inquiry_id="q1")
    take_in_events(now=NOW + 2 * DAY)
    assert standing(session, agent).score_tenths == after


def test_the_second_resolution_of_a_returned_inquiry_counts_for_itself(session: Session) -> None:
    first, second = an_agent(), an_agent()
    happened(first, "resolved", NOW, inquiry_id="q1")
    happened(first, "returned", NOW + HOUR, inquiry_id="q1")
    happened(second, "resolved", NOW + 2 * HOUR, inquiry_id="q1")
    take_in_events(now=NOW + 3 * DAY)
    assert standing(session, first).score_tenths == 828
    assert standing(session, second).score_tenths == 851


def test_a_rating_of_not_solved_after_the_count_takes_the_resolution_back_by_name(session: Session) -> None:
    agent = an_agent()
    happened(agent, "resolved", NOW, inquiry_id="q1")
    take_in_events(now=NOW + DAY)
    happened(agent, "rating", NOW + 2 * DAY, inquiry_id="q1", stars=5, solved=False, key="rating:q1")
    take_in_events(now=NOW + 2 * DAY)
    assert [reason for reason, _, _ in changes(session, agent)] == ["resolved", "rating", "not_solved"]
    assert standing(session, agent).score_tenths == 833
    take_in_events(now=NOW + 2 * DAY + HOUR)
    assert len(changes(session, agent)) == 3


def test_a_rating_of_not_solved_before_the_count_spoils_it_once(session: Session) -> None:
    agent = an_agent()
    happened(agent, "resolved", NOW, inquiry_id="q1")
    happened(agent, "rating", NOW + HOUR, inquiry_id="q1", stars=3, solved=False, key="rating:q1")
    happened(agent, "returned", NOW + 2 * HOUR, inquiry_id="q1")
    take_in_events(now=NOW + 2 * HOUR)
    take_in_events(now=NOW + 2 * DAY)
    assert changes(session, agent)[-1][0] == "resolved"
    assert standing(session, agent).score_tenths == 821


def test_events_older_than_the_window_change_nothing(session: Session) -> None:
    agent = an_agent()
    happened(agent, "missed", NOW - 31 * DAY, times=30)
    take_in_events(now=NOW)
    assert standing(session, agent).score_tenths == 848
