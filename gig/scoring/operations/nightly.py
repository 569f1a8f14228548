"""What happens to every working agent's score and tier when a business day begins."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import sqlalchemy as sa

from gig.core import outbox
from gig.core.db import db, transaction
from gig.identity.models import Agent
from gig.identity.values import WORKING
from gig.scoring.models import ScoreChange, ScoreDay
from gig.scoring.observations import Sums, Window, sums_of
from gig.scoring.operations.scoring import change, changed_event, lock_agents, take_in_events, window_at
from gig.scoring.queries import thresholds
from gig.scoring.rules.score import Score
from gig.scoring.rules.tiers import Standing, Thresholds, tonight

AGENTS_AT_ONCE = 250


def close_night(*, now: dt.datetime) -> int:
    """Every working agent has the score of the 30 days that end today, and the tier that follows.

    Each agent's night is done once a business day, some agents in each transaction, so a second run
    changes nothing and one that was cut off goes on. The answer is how many nights were done.
    """
    if db.session.scalar(_without(window_at(now).today).limit(1)) is None:
        return 0
    take_in_events(now=now)
    done = 0
    while count := _some_nights(now):
        done += count
    return done


def _without(day: dt.date) -> sa.Select[str]:
    """The working agents whose night before `day` is not done."""
    night = sa.select(ScoreDay.agent_id).where(ScoreDay.agent_id == Agent.id, ScoreDay.day == day)
    return sa.select(Agent.id).where(Agent.stage.in_(WORKING), ~night.exists()).order_by(Agent.id)


def _some_nights(now: dt.datetime) -> int:
    window = window_at(now)
    with transaction() as session:
        agent_ids = session.scalars(_without(window.today).limit(AGENTS_AT_ONCE)).all()
        if not agent_ids:
            return 0
        agents = lock_agents(session, agent_ids)
        sums = sums_of(session, agent_ids, window)
        limits = thresholds(session)
        changes: list[dict[str, Any]] = []
        days: list[dict[str, Any]] = []
        moved: list[outbox.Event] = []
        for agent in agents:
            before, tier = agent.score_tenths, agent.tier
            scored = sums[agent.id].score(window.today)
            if scored.tenths != before:
                changes.append(change(agent, scored.tenths, None, now=now))
            _stand(agent, scored, limits)
            days.append(_day(agent, sums[agent.id], scored, window))
            if (agent.score_tenths, agent.tier) != (before, tier):
                moved.append(changed_event(agent, before))
        session.flush()
        session.execute(sa.insert(ScoreDay), days)
        if changes:
            session.execute(sa.insert(ScoreChange), changes)
        outbox.emit_all(session, moved, now=now)
        return len(agents)


def _stand(agent: Agent, scored: Score, limits: Thresholds) -> None:
    standing = tonight(
        Standing(agent.tier, agent.nights_below),
        score_tenths=scored.tenths,
        answered_turns=agent.answered_turns,
        on_probation=agent.stage == "probation",
        thresholds=limits,
    )
    agent.score_tenths = scored.tenths
    agent.tier = standing.tier
    agent.nights_below = standing.nights_below


def _day(agent: Agent, sums: Sums, scored: Score, window: Window) -> dict[str, Any]:
    parts = {
        each.part.value: {
            "n": each.observed.n,
            "total": str(each.observed.total),
            "estimate": str(each.estimate),
            "points": str(each.points),
        }
        for each in scored.parts
    }
    return {
        "agent_id": agent.id,
        "day": window.today,
        "score_tenths": scored.tenths,
        "tier": agent.tier,
        "nights_below": agent.nights_below,
        "parts": json.dumps({**parts, "violations": str(scored.violation_points)}),
        "computed_at": window.now,
    }
