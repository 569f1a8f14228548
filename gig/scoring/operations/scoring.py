"""Taking new events into scores, one after the other, so that every change names its event."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session, aliased

from gig.core import outbox
from gig.core.businesstime import business_zone
from gig.core.db import db, transaction
from gig.identity.models import Agent
from gig.scoring.models import ScoreChange, ScoreEvent
from gig.scoring.observations import Sums, Window, spoilt_by, sums_of
from gig.scoring.rules.score import Part, Violation
from gig.scoring.values import PART_OF, SPOILS, VIOLATIONS, WINDOW_MOVED

AGENTS_AT_ONCE = 100
EVENTS_AT_ONCE = 500
"""So few that no writer waits long on SQLite; what is left over is taken by the next round."""
IDS_AT_ONCE = 1000


def take_in_events(*, now: dt.datetime) -> int:
    """Every event that counts by now is in its agent's score. The answer is how many there were.

    One transaction for some agents at a time; running it again changes nothing.
    """
    due = (
        sa.select(ScoreEvent.agent_id)
        .where(ScoreEvent.scored_at.is_(None), ScoreEvent.counts_from <= now)
        .distinct()
        .limit(AGENTS_AT_ONCE)
    )
    taken = 0
    while agent_ids := db.session.scalars(due).all():
        with transaction() as session:
            taken += _take_in(session, agent_ids, now)
    return taken


def window_at(now: dt.datetime) -> Window:
    return Window(business_zone(current_app.config["GIG_TIMEZONE"]), now)


def lock_agents(session: Session, agent_ids: Collection[str]) -> Sequence[Agent]:
    """The agents, in one order, held until the end of the transaction, as they are now."""
    rows = sa.select(Agent).where(Agent.id.in_(agent_ids)).order_by(Agent.id)
    rows = rows.with_for_update(key_share=True)
    return session.scalars(rows, execution_options={"populate_existing": True}).all()


def _take_in(session: Session, agent_ids: Collection[str], now: dt.datetime) -> int:
    agents = lock_agents(session, agent_ids)
    pending = (
        sa.select(ScoreEvent)
        .where(
            ScoreEvent.agent_id.in_(agent_ids), ScoreEvent.scored_at.is_(None), ScoreEvent.counts_from <= now
        )
        .order_by(ScoreEvent.agent_id, ScoreEvent.counts_from, ScoreEvent.source_key)
        .limit(EVENTS_AT_ONCE)
    )
    events = session.scalars(pending).all()
    window = window_at(now)
    sums = sums_of(session, agent_ids, window)
    spoilt = _spoilt(session, events, window)
    by_agent = {id: list(group) for id, group in itertools.groupby(events, key=lambda event: event.agent_id)}
    changes: list[dict[str, Any]] = []
    moved: list[outbox.Event] = []
    for agent in agents:
        before = agent.score_tenths
        changes += _follow(agent, sums[agent.id], by_agent.get(agent.id, []), spoilt, window)
        if agent.score_tenths != before:
            moved.append(changed_event(agent, before))
    session.flush()
    for some in _some([event.id for event in events]):
        session.execute(
            sa.update(ScoreEvent)
            .where(ScoreEvent.id.in_(some))
            .values(scored_at=now)
            .execution_options(synchronize_session=False)
        )
    if changes:
        session.execute(sa.insert(ScoreChange), changes)
    outbox.emit_all(session, moved, now=now)
    session.expire_all()
    return len(events)


def _follow(
    agent: Agent, sums: Sums, events: Iterable[ScoreEvent], spoilt: set[str], window: Window
) -> list[dict[str, Any]]:
    """The agent's score follows the events; each step that moved it is a change that names its event."""
    changes = []

    def step(event: ScoreEvent | None) -> None:
        after = sums.score(window.today).tenths
        if after != agent.score_tenths:
            changes.append(change(agent, after, event, now=window.now))
            agent.score_tenths = after

    step(None)
    for event in events:
        if event.at >= window.since and event.struck_at is None:
            _add(sums, event, spoilt, window)
            step(event)
    return changes


def _add(sums: Sums, event: ScoreEvent, spoilt: set[str], window: Window) -> None:
    if event.kind in VIOLATIONS:
        sums.violations.append(Violation(event.numerator, window.zone.day_of(event.at)))
    elif event.kind == "resolved":
        sums.add(Part.RESOLUTION, 1, Fraction(event.id not in spoilt))
    elif event.kind in SPOILS:
        sums.add(Part.RESOLUTION, 0, -Fraction(event.id in spoilt))
    else:
        sums.add(PART_OF[event.kind], 1, Fraction(event.numerator, event.denominator))


def _spoilt(session: Session, events: Sequence[ScoreEvent], window: Window) -> set[str]:
    """The new resolutions that did not hold, and the new events that spoil one that was counted as good."""
    resolution, spoiler, earlier = ScoreEvent, aliased(ScoreEvent), aliased(ScoreEvent)
    found: set[str] = set()
    resolved = [event.id for event in events if event.kind == "resolved"]
    for ids in _some(resolved):
        query = (
            sa.select(resolution.id)
            .join(spoiler, spoilt_by(resolution, spoiler))
            .where(resolution.id.in_(ids), spoiler.kind.in_(SPOILS))
        )
        found.update(session.scalars(query))
    spoilers = [event.id for event in events if event.kind in SPOILS]
    for ids in _some(spoilers):
        already = (
            sa.select(earlier.id)
            .where(
                earlier.kind.in_(SPOILS),
                spoilt_by(resolution, earlier),
                sa.or_(earlier.scored_at.is_not(None), earlier.id < spoiler.id),
            )
            .exists()
        )
        query = (
            sa.select(spoiler.id)
            .join(resolution, spoilt_by(resolution, spoiler))
            .where(
                spoiler.id.in_(ids),
                resolution.kind == "resolved",
                resolution.agent_id == spoiler.agent_id,
                resolution.at >= window.since,
                resolution.scored_at.is_not(None),
                resolution.struck_at.is_(None),
                ~already,
            )
        )
        found.update(session.scalars(query))
    return found


def _some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids in portions that fit into one statement."""
    return (ids[start : start + IDS_AT_ONCE] for start in range(0, len(ids), IDS_AT_ONCE))


def change(agent: Agent, after: int, event: ScoreEvent | None, *, now: dt.datetime) -> dict[str, Any]:
    """A row of ScoreChange: from the agent's present score to `after`."""
    return {
        "agent_id": agent.id,
        "at": now,
        "event_id": None if event is None else event.id,
        "reason": WINDOW_MOVED if event is None else event.kind,
        "before_tenths": agent.score_tenths,
        "after_tenths": after,
    }


def changed_event(agent: Agent, before_tenths: int) -> outbox.Event:
    payload = {"score_tenths": agent.score_tenths, "before_tenths": before_tenths, "tier": agent.tier}
    return f"agent:{agent.id}", "score.changed", payload
