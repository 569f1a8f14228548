"""Taking events out of scores, forward from now, in the caller's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import outbox
from gig.scoring.models import ScoreChange, ScoreEvent
from gig.scoring.observations import sums_of
from gig.scoring.operations.scoring import change, changed_event, lock_agents, window_at
from gig.scoring.values import EXCUSED, PART_OF

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
