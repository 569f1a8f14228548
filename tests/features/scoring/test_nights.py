"""What a night does to scores and tiers."""

from __future__ import annotations

import datetime as dt
import json

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.db import transaction
from gig.scoring.models import ScoreChange, ScoreDay
from gig.scoring.operations.nightly import close_night
from tests.features.scoring.people import NOW, an_agent, happened, standing

DAY = dt.timedelta(days=1)
MIDNIGHT = dt.datetime(2026, 11, 20, 16, tzinfo=dt.UTC)
"""When Saturday begins in Shanghai."""


def night(number: int = 0) -> None:
    close_night(now=MIDNIGHT + number * DAY)


def test_a_night_is_done_once_a_business_day_however_often_it_runs(session: Session) -> None:
    agent = an_agent(tier="gold")
    happened(agent, "missed", times=10)
    assert close_night(now=MIDNIGHT) == 1
    first = (standing(session, agent).nights_below, standing(session, agent).score_tenths)
    assert close_night(now=MIDNIGHT + dt.timedelta(hours=23, minutes=59)) == 0
    assert (standing(session, agent).nights_below, standing(session, agent).score_tenths) == first
    assert session.scalar(sa.select(sa.func.count()).select_from(ScoreDay)) == 1


def test_a_tier_falls_only_on_the_third_night_below(session: Session) -> None:
    agent = an_agent(tier="gold")
    tiers = []
    for number in range(3):
        night(number)
        tiers.append((standing(session, agent).tier, standing(session, agent).nights_below))
    assert tiers == [("gold", 1), ("gold", 2), ("bronze", 0)]


def test_a_good_night_between_starts_the_count_anew(session: Session) -> None:
    agent = an_agent(tier="bronze")
    happened(agent, "violation_major", MIDNIGHT)
    happened(agent, "violation_major", MIDNIGHT)
    night(1)
    assert standing(session, agent).nights_below == 1
    happened(agent, "rating", MIDNIGHT + DAY, stars=5, times=200)
    night(2)
    assert (standing(session, agent).tier, standing(session, agent).nights_below) == ("bronze", 0)


def test_a_tier_rises_at_once(session: Session) -> None:
    agent = an_agent(tier="limited")
    happened(agent, "on_time", times=300)
    night()
    assert standing(session, agent).tier == "silver"


def test_who_is_on_probation_or_has_answered_few_turns_is_a_trainee(session: Session) -> None:
    new = an_agent(answered_turns=19, tier="trainee")
    probation = an_agent(stage="probation", tier="trainee")
    seasoned = an_agent(answered_turns=20, tier="trainee")
    night()
    assert [standing(session, id).tier for id in (new, probation, seasoned)] == [
        "trainee",
        "trainee",
        "bronze",
    ]


def test_a_change_that_no_event_made_is_named_window_moved(session: Session) -> None:
    agent = an_agent()
    happened(agent, "violation_major", MIDNIGHT - DAY)
    night()
    score = standing(session, agent).score_tenths
    night(1)
    assert standing(session, agent).score_tenths > score
    last = session.scalars(sa.select(ScoreChange).order_by(ScoreChange.id.desc())).first()
    assert last is not None
    assert (last.reason, last.event_id, last.after_tenths) == (
        "window-moved",
        None,
        standing(session, agent).score_tenths,
    )


def test_after_thirty_days_nothing_is_left(session: Session) -> None:
    agent = an_agent()
    happened(agent, "missed", times=7)
    happened(agent, "violation_major")
    happened(agent, "resolved", inquiry_id="q1")
    night()
    assert standing(session, agent).score_tenths < 848
    night(29)
    assert standing(session, agent).score_tenths == 848


def test_a_night_keeps_what_the_score_was_made_of(session: Session) -> None:
    agent = an_agent()
    happened(agent, "on_time", times=3)
    happened(agent, "late")
    night()
    day = session.scalars(sa.select(ScoreDay)).one()
    assert json.loads(day.parts)["timeliness"] == {
        "n": 4,
        "total": "3",
        "estimate": "7/8",
        "points": "245/8",
    }
    assert day.day == dt.date(2026, 11, 21)


def test_suspended_agents_keep_what_they_had(session: Session) -> None:
    agent = an_agent(stage="suspended", tier="gold")
    assert close_night(now=MIDNIGHT) == 0
    assert standing(session, agent).tier == "gold"


def test_ops_can_move_a_threshold(session: Session) -> None:
    agent = an_agent(tier="bronze")
    with transaction() as writing:
        tunables.change(writing, "scoring.silver_tenths", 840, actor_id=None, reason="旺季", now=NOW)
    night()
    assert standing(session, agent).tier == "silver"
