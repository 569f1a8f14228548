"""Taking events out of scores, forward from now, in the caller's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import outbox
from gig.identity.models import Agent
from gig.scoring.models import ScoreChange, ScoreEvent
from gig.scoring.observations import Window, sums_of
from gig.scoring.operations.scoring import change, changed_event, lock_agents, window_at
from gig.scoring.values import APPEALABLE, APPEALED, EXCUSED, PART_OF

STRIKEABLE = ("on_time", "late", "missed")


def strike(session: Session, event_ids: Collection[str], *, now: dt.datetime) -> set[str]:
    """The events count no more, and each that moved its agent's score is named with the change.

    Returns the ids that were struck out now; what was before is left alone. Only turns' events.
    """
    wanted = sa.select(ScoreEvent.agent_id).where(ScoreEvent.id.in_(event_ids)).distinct()
    agents = lock_agents(session, session.scalars(wanted).all())
    rows = sa.select(ScoreEvent).where(
        ScoreEvent.id.in_(event_ids), ScoreEvent.kind.in_(STRIKEABLE), ScoreEvent.struck_at.is_(None)
    )
    rows = rows.order_by(ScoreEvent.at, ScoreEvent.id).with_for_update()
    events = session.scalars(rows, execution_options={"populate_existing": True}).all()
    window = window_at(now)
    sums = sums_of(session, [agent.id for agent in agents], window)
    changes: list[dict[str, Any]] = []
    moved: list[outbox.Event] = []
    for agent in agents:
        before = agent.score_tenths
        counted = [e for e in events if e.agent_id == agent.id and e.scored_at and e.at >= window.since]
        for event in (None, *counted):
            if event is not None:
                sums[agent.id].add(PART_OF[event.kind], -1, -Fraction(event.numerator, event.denominator))
            after = sums[agent.id].score(window.today).tenths
            if after != agent.score_tenths:
                moves = change(agent, after, event, now=now)
                changes.append({**moves, "reason": EXCUSED} if event else moves)
                agent.score_tenths = after
        if agent.score_tenths != before:
            moved.append(changed_event(agent, before))
    for event in events:
        event.struck_at = now
    session.flush()
    if changes:
        session.execute(sa.insert(ScoreChange), changes)
    outbox.emit_all(session, moved, now=now)
    return {event.id for event in events}


def overturn(session: Session, event_id: str, *, now: dt.datetime) -> bool:
    """One event of any kind that can be appealed counts no more; the change of score is named by it.

    What came with it goes too: a rating's "not solved" spoils its resolution no more. False when it had
    been struck out before; then nothing changes.
    """
    wanted = sa.select(ScoreEvent.agent_id).where(ScoreEvent.id == event_id)
    agents = lock_agents(session, session.scalars(wanted).all())
    found = sa.select(ScoreEvent).where(ScoreEvent.id == event_id, ScoreEvent.kind.in_(APPEALABLE))
    event = session.scalars(found.with_for_update(), execution_options={"populate_existing": True}).first()
    if event is None or event.struck_at is not None:
        return False
    agent, window = agents[0], window_at(now)
    before = agent.score_tenths
    changes = _step(session, agent, window, None)
    for each in (event, *_companions(session, event)):
        each.struck_at = now
    session.flush()
    changes += _step(session, agent, window, event)
    session.flush()
    if changes:
        session.execute(sa.insert(ScoreChange), changes)
    if agent.score_tenths != before:
        outbox.emit_all(session, [changed_event(agent, before)], now=now)
    return True


def _companions(session: Session, event: ScoreEvent) -> list[ScoreEvent]:
    """What was noted with the event, by the same act of a customer."""
    if event.kind != "rating":
        return []
    key = f"{event.source_key}:not_solved"
    found = sa.select(ScoreEvent).where(ScoreEvent.source_key == key, ScoreEvent.struck_at.is_(None))
    return list(session.scalars(found.with_for_update()))


def _step(session: Session, agent: Agent, window: Window, event: ScoreEvent | None) -> list[dict[str, Any]]:
    """The agent's score is that of the events as they stand; the change, if there is one."""
    after = sums_of(session, [agent.id], window)[agent.id].score(window.today).tenths
    if after == agent.score_tenths:
        return []
    moves = change(agent, after, event, now=window.now)
    agent.score_tenths = after
    return [{**moves, "reason": APPEALED} if event else moves]
