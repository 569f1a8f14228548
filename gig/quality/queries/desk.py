"""The reviewers' desk: which appeals wait, and all that one decision rests on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.dispatch.models import Message, Rating
from gig.dispatch.queries.threads import messages
from gig.identity.models import Agent, Person
from gig.payouts.adjustments.queries import back_paid_for
from gig.payouts.ledger.models import LedgerEntry
from gig.quality.models import Appeal
from gig.quality.queries.money import left_of
from gig.quality.queries.timeline import TurnRecord, turn_record
from gig.scoring.models import ScoreEvent

PAGE = 50
BESIDE = 12
PRECEDENTS = 3
LOOKING_BACK = dt.timedelta(days=30)


@dataclass(frozen=True)
class Row:
    """An appeal in a list, whose it is, and who decided it."""

    appeal: Appeal
    agent_name: str
    decider: str | None


@dataclass(frozen=True)
class Record:
    """How the agent did lately: appeals filed and upheld (also in part), turns on time of all counted."""

    appeals: int
    upheld: int
    turns: int
    on_time: int


@dataclass(frozen=True)
class Precedents:
    """How others of the same kind were decided lately."""

    decided: int
    upheld: int
    latest: Sequence[Appeal]


@dataclass(frozen=True)
class Case:
    """All that a decision rests on. `left_fen` is what of the penalty was not given back so far,
    `back_paid_fen` what back pay has given for the reply."""

    appeal: Appeal
    agent: Agent
    agent_name: str
    decider: str | None
    event: ScoreEvent
    left_fen: int
    back_paid_fen: int
    record: Record
    turn: TurnRecord | None
    rating: Rating | None
    messages: Sequence[Message]
    precedents: Precedents


def waiting(session: Session) -> int:
    """How many wait for a decision."""
    return session.execute(sa.select(sa.func.count()).where(Appeal.state == "open")).scalar_one()


def overdue(session: Session, now: dt.datetime) -> int:
    """How many of them are past their nine days."""
    late = sa.select(sa.func.count()).where(Appeal.state == "open", Appeal.due_at < now)
    return session.execute(late).scalar_one()


def open_rows(
    session: Session, *, after: tuple[dt.datetime, str] | None = None, limit: int = PAGE
) -> list[Row]:
    """What waits, what is due first on top, beyond the cursor (due_at, id)."""
    query = _rows().where(Appeal.state == "open")
    if after:
        same = sa.and_(Appeal.due_at == after[0], Appeal.id > after[1])
        query = query.where(sa.or_(Appeal.due_at > after[0], same))
    return [Row(*row) for row in session.execute(query.order_by(Appeal.due_at, Appeal.id).limit(limit))]


def decided_rows(
    session: Session, *, before: tuple[dt.datetime, str] | None = None, limit: int = PAGE
) -> list[Row]:
    """What was decided, the newest first, beyond the cursor (decided_at, id)."""
    query = _rows().where(Appeal.state != "open", Appeal.decided_at.is_not(None))
    if before:
        same = sa.and_(Appeal.decided_at == before[0], Appeal.id < before[1])
        query = query.where(sa.or_(Appeal.decided_at < before[0], same))
    newest = query.order_by(Appeal.decided_at.desc(), Appeal.id.desc()).limit(limit)
    return [Row(*row) for row in session.execute(newest)]


def _rows() -> sa.Select[Appeal, str, str]:
    decider = aliased(Person)
    return (
        sa.select(Appeal, Person.name, decider.name)
        .join(Person, Person.id == Appeal.agent_id)
        .outerjoin(decider, decider.id == Appeal.decided_by)
        .execution_options(populate_existing=True)
    )


def case(session: Session, id: str, now: dt.datetime) -> Case:
    """The appeal with its evidence; NotFound when there is none. Fourteen statements at most."""
    penalty, decider = LedgerEntry.__table__.alias("penalty"), aliased(Person)
    query = (
        sa.select(Appeal, Agent, Person.name, decider.name, ScoreEvent, sa.func.coalesce(left_of(penalty), 0))
        .join(Agent, Agent.id == Appeal.agent_id)
        .join(Person, Person.id == Appeal.agent_id)
        .join(ScoreEvent, ScoreEvent.id == Appeal.event_id)
        .outerjoin(decider, decider.id == Appeal.decided_by)
        .outerjoin(penalty, penalty.c.id == Appeal.penalty_id)
        .where(Appeal.id == id)
        .execution_options(populate_existing=True)
    )
    found = session.execute(query).one_or_none() if is_id(id) else None
    if found is None:
        raise NotFound
    appeal, agent, name, by, event, left = found
    return Case(
        appeal=appeal,
        agent=agent,
        agent_name=name,
        decider=by,
        event=event,
        left_fen=int(left),
        back_paid_fen=back_paid_for(session, [agent.id], [appeal.turn_id] if appeal.turn_id else []),
        record=_record(session, agent.id, now),
        turn=turn_record(session, appeal.turn_id, agent.id) if appeal.turn_id else None,
        rating=_rating(session, appeal),
        messages=messages(session, appeal.inquiry_id) if appeal.inquiry_id else (),
        precedents=_precedents(session, appeal, now),
    )


def _record(session: Session, agent_id: str, now: dt.datetime) -> Record:
    since = now - LOOKING_BACK
    good = sa.func.sum(sa.case((Appeal.state.in_(("upheld", "partly")), 1), else_=0))
    appeals = sa.select(sa.func.count(), sa.func.coalesce(good, 0)).where(
        Appeal.agent_id == agent_id, Appeal.filed_at >= since
    )
    timely = sa.func.sum(sa.case((ScoreEvent.kind == "on_time", 1), else_=0))
    turns = sa.select(sa.func.count(), sa.func.coalesce(timely, 0)).where(
        ScoreEvent.agent_id == agent_id,
        ScoreEvent.at >= since,
        ScoreEvent.kind.in_(("on_time", "late", "missed")),
        ScoreEvent.struck_at.is_(None),
    )
    filed, upheld = session.execute(appeals).one()
    counted, on_time = session.execute(turns).one()
    return Record(filed, int(upheld), counted, int(on_time))


def _rating(session: Session, appeal: Appeal) -> Rating | None:
    if appeal.kind != "rating":
        return None
    query = sa.select(Rating).where(Rating.inquiry_id == appeal.inquiry_id, Rating.first)
    return session.scalars(query.limit(1)).first()


def _precedents(session: Session, appeal: Appeal, now: dt.datetime) -> Precedents:
    same = (
        Appeal.kind == appeal.kind,
        Appeal.decided_at >= now - LOOKING_BACK,
        Appeal.id != appeal.id,
    )
    good = sa.func.sum(sa.case((Appeal.state.in_(("upheld", "partly")), 1), else_=0))
    decided, upheld = session.execute(
        sa.select(sa.func.count(), sa.func.coalesce(good, 0)).where(*same)
    ).one()
    latest = sa.select(Appeal).where(*same).order_by(Appeal.decided_at.desc(), Appeal.id.desc())
    return Precedents(decided, int(upheld), session.scalars(latest.limit(PRECEDENTS)).all())
