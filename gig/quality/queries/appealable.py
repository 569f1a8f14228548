"""What an agent can appeal against, could have, or has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.dispatch.models import Inquiry
from gig.payouts.earnings.models import Earning
from gig.quality.models import Appeal
from gig.scoring.models import ScoreEvent
from gig.scoring.values import APPEALABLE

MOST = 50
MOST_STARS = 5


@dataclass(frozen=True)
class Held:
    """Something held against the agent, the pay it took, and the appeal against it, if there is one."""

    event: ScoreEvent
    issue_type: str | None
    earning_id: str | None
    period_id: str | None
    penalty_fen: int
    latency_us: int | None
    appeal: Appeal | None


def event_of(session: Session, event_id: str, agent_id: str) -> ScoreEvent:
    """The agent's own event of a kind that can be appealed; NotFound for any other."""
    event = session.get(ScoreEvent, event_id, populate_existing=True) if is_id(event_id) else None
    if event is None or event.agent_id != agent_id or event.kind not in APPEALABLE:
        raise NotFound
    return event


def event_of_turn(session: Session, turn_id: str, agent_id: str) -> str:
    """The event that holds the turn against the agent; NotFound when nothing does."""
    query = sa.select(ScoreEvent.id).where(
        ScoreEvent.agent_id == agent_id, ScoreEvent.turn_id == turn_id, ScoreEvent.kind.in_(APPEALABLE)
    )
    found = session.scalar(query.order_by(ScoreEvent.at.desc()).limit(1)) if is_id(turn_id) else None
    if found is None:
        raise NotFound
    return found


def held_against(session: Session, agent_id: str, since: dt.datetime, until: dt.datetime) -> Sequence[Held]:
    """What the span holds against the agent, the newest first; ratings with all five stars are nothing."""
    query = _held().where(
        ScoreEvent.agent_id == agent_id,
        ScoreEvent.at >= since,
        ScoreEvent.at < until,
        ScoreEvent.kind.in_(APPEALABLE),
        sa.or_(ScoreEvent.kind.not_in(("rating", "qc")), ScoreEvent.numerator < ScoreEvent.denominator),
    )
    rows = session.execute(query.order_by(ScoreEvent.at.desc(), ScoreEvent.id.desc()).limit(MOST))
    return [Held(*row) for row in rows]


def held(session: Session, event_id: str, agent_id: str) -> Held:
    """One of them, of the agent's own."""
    event_of(session, event_id, agent_id)
    return Held(*session.execute(_held().where(ScoreEvent.id == event_id)).one())


def _held() -> sa.Select[ScoreEvent, str, str, str, int, int, Appeal]:
    mine = sa.and_(Earning.turn_id == ScoreEvent.turn_id, Earning.agent_id == ScoreEvent.agent_id)
    return (
        sa.select(
            ScoreEvent,
            Inquiry.issue_type,
            Earning.id,
            Earning.period_id,
            sa.func.coalesce(Earning.penalty_fen, 0),
            Earning.latency_us,
            Appeal,
        )
        .outerjoin(Inquiry, Inquiry.id == ScoreEvent.inquiry_id)
        .outerjoin(Earning, sa.and_(mine, ScoreEvent.kind == "late"))
        .outerjoin(Appeal, Appeal.event_id == ScoreEvent.id)
        .execution_options(populate_existing=True)
    )


def appeals_of(session: Session, agent_id: str, limit: int = MOST) -> Sequence[Appeal]:
    """The agent's own appeals, the newest first."""
    query = sa.select(Appeal).where(Appeal.agent_id == agent_id)
    query = query.order_by(Appeal.filed_at.desc(), Appeal.id.desc()).limit(limit)
    return session.scalars(query, execution_options={"populate_existing": True}).all()


def own(session: Session, id: str, agent_id: str) -> Appeal:
    """The agent's own appeal; another's is not there."""
    found = session.get(Appeal, id, populate_existing=True) if is_id(id) else None
    if found is None or found.agent_id != agent_id:
        raise NotFound
    return found


def states(
    session: Session, agent_id: str, *, turns: Collection[str] = (), events: Collection[str] = ()
) -> dict[str, tuple[str, str]]:
    """(appeal id, state) by turn and by event, of those that the agent appealed against. One statement."""
    if not turns and not events:
        return {}
    query = sa.select(Appeal.event_id, Appeal.turn_id, Appeal.kind, Appeal.id, Appeal.state).where(
        Appeal.agent_id == agent_id, sa.or_(Appeal.turn_id.in_(turns), Appeal.event_id.in_(events))
    )
    found: dict[str, tuple[str, str]] = {}
    for event_id, turn_id, kind, id, state in session.execute(query):
        found[event_id] = (id, state)
        if kind == "late" and turn_id:
            found[turn_id] = (id, state)
    return found
