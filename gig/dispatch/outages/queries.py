"""Which late and missed turns an outage meets, and what has become of each window."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.dispatch.models import TurnQuote
from gig.dispatch.outages.models import Excuse, Outage
from gig.dispatch.rules.outage import meets
from gig.identity.models import Agent, Person
from gig.payouts.adjustments.queries import back_paid_for, with_back_pay
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from gig.scoring.models import ScoreEvent

AGENTS_AT_ONCE = 100
KINDS = ("late", "missed")


@dataclass(frozen=True, slots=True)
class Met:
    """A late or missed turn that met the window and that nothing has excused yet.

    `penalty_id` is the ledger entry of its penalty; `open_fen` is what of it was not given back so far.
    """

    event_id: str
    agent_id: str
    kind: str
    turn_id: str
    penalty_id: str | None
    open_fen: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What recording the window would excuse, as things stand; `back_paid_fen` is what back pay gave for
    these late replies before."""

    agents: int
    late: int
    missed: int
    fen: int
    back_paid_fen: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """A window, who recorded it, and what back pay gave for the late replies whose penalties it gave back, as
    far as it is still there."""

    outage: Outage
    by: str | None
    back_paid_fen: int


def agents_after(session: Session, cursor: str) -> Sequence[str]:
    """The next agents in the order of their ids."""
    query = sa.select(Agent.id).where(Agent.id > cursor).order_by(Agent.id).limit(AGENTS_AT_ONCE)
    return session.scalars(query).all()


def met(
    session: Session, agent_ids: Sequence[str], window_from: dt.datetime, window_until: dt.datetime
) -> list[Met]:
    """What of these agents met the window. One statement, along each agent's own events.

    What was late ended at its event's instant, what was missed at its quote's expiry.
    """
    reversal = LedgerEntry.__table__.alias("reversal")
    penalty = LedgerEntry.__table__.alias("penalty")
    back = (
        sa.select(sa.func.coalesce(sa.func.sum(reversal.c.amount_fen), 0))
        .where(reversal.c.reverses_id == penalty.c.id)
        .correlate(penalty)
        .scalar_subquery()
    )
    event = ScoreEvent
    rows = session.execute(
        sa.select(
            event.id,
            event.agent_id,
            event.kind,
            event.turn_id,
            event.at,
            TurnQuote.clock_started_at,
            TurnQuote.expires_at,
            penalty.c.id,
            penalty.c.amount_fen,
            back,
        )
        .join(TurnQuote, sa.and_(TurnQuote.turn_id == event.turn_id, TurnQuote.agent_id == event.agent_id))
        .outerjoin(Earning, sa.and_(Earning.turn_id == event.turn_id, event.kind == "late"))
        .outerjoin(penalty, penalty.c.source_key == sa.literal("penalty:") + Earning.id)
        .where(
            event.agent_id.in_(agent_ids),
            event.at >= window_from,
            event.kind.in_(KINDS),
            event.struck_at.is_(None),
            TurnQuote.clock_started_at < window_until,
        )
        .order_by(event.agent_id, event.at, event.id)
    )
    return [
        Met(id, agent_id, kind, turn_id, penalty_id, (fen or 0) - int(returned or 0))
        for id, agent_id, kind, turn_id, at, started_at, expires_at, penalty_id, fen, returned in rows
        if meets(
            clock_started_at=started_at,
            ended_at=at if kind == "late" else expires_at,
            window_from=window_from,
            window_until=window_until,
        )
    ]


def preview(session: Session, window_from: dt.datetime, window_until: dt.datetime) -> Preview:
    """Goes through the agents as the excusing will."""
    cursor, found, agents = "", Preview(0, 0, 0, 0, 0), 0
    while agent_ids := agents_after(session, cursor):
        turns = met(session, agent_ids, window_from, window_until)
        late = sum(each.kind == "late" for each in turns)
        penalised = [each.turn_id for each in turns if each.open_fen]
        agents += len({each.agent_id for each in turns})
        found = Preview(
            agents,
            found.late + late,
            found.missed + len(turns) - late,
            found.fen + sum(each.open_fen for each in turns),
            found.back_paid_fen + back_paid_for(session, agent_ids, penalised),
        )
        cursor = agent_ids[-1]
    return found


def recorded(session: Session, limit: int = 50) -> list[Recorded]:
    """The windows, the newest first."""
    rows = session.execute(
        sa.select(Outage, Person.name)
        .outerjoin(Person, Person.id == Outage.recorded_by)
        .order_by(Outage.starts_at.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    found = [(outage, by) for outage, by in rows]
    back_paid = _back_paid(session, [outage.id for outage, _by in found]) if found else {}
    return [Recorded(outage, by, back_paid.get(outage.id, 0)) for outage, by in found]


def _back_paid(session: Session, outage_ids: Sequence[str]) -> dict[str, int]:
    """By window, what is left of the back pay for its late replies: one statement where there was none."""
    returned = (Excuse.outage_id.in_(outage_ids), Excuse.returned_fen > 0)
    paid = with_back_pay(session, sa.select(Excuse.turn_id).where(*returned))
    found: dict[str, dict[str, list[str]]] = {}
    if paid:
        for id, agent_id, turn_id in session.execute(
            sa.select(Excuse.outage_id, Excuse.agent_id, Excuse.turn_id).where(*returned)
        ):
            if turn_id in paid:
                found.setdefault(id, {}).setdefault(agent_id, []).append(turn_id)
    return {id: sum(_left(session, turns_of)) for id, turns_of in found.items()}


def _left(session: Session, turns_of: dict[str, list[str]]) -> Iterator[int]:
    """What these agents still have of the back pay for their turns, some agents at a time."""
    agents = sorted(turns_of)
    for start in range(0, len(agents), AGENTS_AT_ONCE):
        some = agents[start : start + AGENTS_AT_ONCE]
        yield back_paid_for(session, some, [turn_id for agent_id in some for turn_id in turns_of[agent_id]])
