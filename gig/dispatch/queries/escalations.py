"""Where inquiries may be handed on to, and where they were."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.errors import NotFound, Refused
from gig.core.ids import is_id
from gig.dispatch.escalation_models import Escalation, EscalationRoute
from gig.dispatch.models import Inquiry, Message, Queue
from gig.dispatch.rules.escalation import Route, refusal, targets
from gig.identity.models import Person
from gig.payouts.disbursement import holds

HISTORY = 50
PAGE = 50


def _fees() -> holds.Paid:
    """What handing on brought, for whoever holds or takes back the pay of an inquiry."""
    key = sa.literal("triage:") + Escalation.turn_id + ":" + Escalation.agent_id
    return sa.select(Escalation.agent_id, Escalation.inquiry_id, key.label("source_key")).where(
        Escalation.fee_fen > 0
    )


holds.paid_in_inquiries.append(_fees)


def not_handed_on(agent: Any) -> sa.ColumnElement[bool]:
    """An inquiry that the agent has not handed on: nobody is offered their own escalation again."""
    gone = (
        sa.select(Escalation.id)
        .where(Escalation.inquiry_id == Inquiry.id, Escalation.agent_id == agent)
        .correlate(Inquiry)
    )
    return sa.or_(Inquiry.handovers == 0, sa.not_(gone.exists()))


def has_handed_on(session: Session, inquiry: Inquiry, agent_id: str) -> bool:
    mine = sa.select(Escalation.id).where(
        Escalation.inquiry_id == inquiry.id, Escalation.agent_id == agent_id
    )
    return bool(inquiry.handovers) and session.execute(mine.limit(1)).first() is not None


def _in_force() -> sa.Select[*tuple[Any, ...]]:
    """The newest word on each pair of queues, where it says that the one takes the other's escalations."""
    newest = sa.select(sa.func.max(EscalationRoute.id)).group_by(
        EscalationRoute.from_queue, EscalationRoute.to_queue
    )
    return (
        sa.select(EscalationRoute.from_queue, EscalationRoute.to_queue, EscalationRoute.kind)
        .join(Queue, Queue.slug == EscalationRoute.to_queue)
        .where(EscalationRoute.id.in_(newest), EscalationRoute.listed, Queue.retired_at.is_(None))
        .order_by(EscalationRoute.from_queue, EscalationRoute.to_queue)
    )


def routes(session: Session) -> list[tuple[str, Route]]:
    """Every (queue, route out of it) in force, by queue."""
    return [(here, Route(to_queue, kind)) for here, to_queue, kind in session.execute(_in_force())]


def routes_from(session: Session, queue: str) -> list[Route]:
    """The takers of one queue's escalations. One statement."""
    found = session.execute(_in_force().where(EscalationRoute.from_queue == queue))
    return [Route(to_queue, kind) for _here, to_queue, kind in found]


def been(session: Session, inquiry_id: str) -> frozenset[str]:
    """The queues that the inquiry came from or was handed to."""
    rows = session.execute(
        sa.select(Escalation.from_queue, Escalation.to_queue).where(Escalation.inquiry_id == inquiry_id)
    )
    return frozenset(queue for row in rows for queue in row)


@dataclass(frozen=True)
class Way:
    """Where an inquiry can be handed on to now, the best first; `refused` says why nowhere."""

    to: list[Route]
    refused: Refused | None


def way_on(session: Session, inquiry: Inquiry, reason: str = "") -> Way:
    """The ways on for this reason. Two or three statements."""
    before = been(session, inquiry.id) if inquiry.handovers else frozenset()
    to = targets(routes_from(session, inquiry.queue), here=inquiry.queue, been=before, reason=reason)
    most = tunables.values(session)["handover_limit"]
    return Way(to, refusal(to, handed_over=inquiry.handovers, most=most))


def handovers(session: Session, inquiry_id: str) -> Sequence[Escalation]:
    """Each hand-over of the inquiry, the latest first."""
    query = sa.select(Escalation).where(Escalation.inquiry_id == inquiry_id)
    return session.scalars(query.order_by(Escalation.number.desc())).all()


def own(session: Session, turn_id: str, agent_id: str) -> Escalation:
    """The agent's own hand-over of the turn; another's does not exist."""
    query = sa.select(Escalation).where(Escalation.turn_id == turn_id, Escalation.agent_id == agent_id)
    found = session.scalars(query).one_or_none() if is_id(turn_id) else None
    if found is None:
        raise NotFound
    return found


def latest_own(session: Session, inquiry_id: str, agent_id: str) -> Escalation | None:
    query = sa.select(Escalation).where(Escalation.inquiry_id == inquiry_id, Escalation.agent_id == agent_id)
    return session.scalars(query.order_by(Escalation.number.desc()).limit(1)).first()


@dataclass(frozen=True, slots=True)
class EscalationRow:
    """A hand-over as ops sees it: with who did it, and how the inquiry stands."""

    escalation: Escalation
    by: str
    state: str


def recent(session: Session, *, after: str = "") -> list[EscalationRow]:
    """The newest first, beyond the id; up to PAGE + 1."""
    query = _with_names()
    if after:
        query = query.where(Escalation.id < after)
    rows = session.execute(query.order_by(Escalation.id.desc()).limit(PAGE + 1))
    return [EscalationRow(*row) for row in rows]


def of_inquiry(session: Session, inquiry_id: str) -> tuple[Inquiry, list[EscalationRow]]:
    """The inquiry with its hand-overs, the latest first; NotFound for one that was never handed on."""
    inquiry = session.get(Inquiry, inquiry_id, populate_existing=True) if is_id(inquiry_id) else None
    if inquiry is None or not inquiry.handovers:
        raise NotFound
    found = _with_names().where(Escalation.inquiry_id == inquiry_id).order_by(Escalation.number.desc())
    return inquiry, [EscalationRow(*row) for row in session.execute(found)]


def _with_names() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(Escalation, sa.func.coalesce(Person.name, ""), Inquiry.state)
        .join(Inquiry, Inquiry.id == Escalation.inquiry_id)
        .outerjoin(Person, Person.id == Escalation.agent_id)
    )


def tried(messages: Sequence[Message], before: Escalation) -> list[Message]:
    """What had been answered when it was handed on."""
    return [m for m in messages if m.author == "agent" and m.sent_at <= before.escalated_at]


def asked(messages: Sequence[Message], turn_id: str) -> list[Message]:
    """The customer's own words on the turn that was handed on."""
    return [m for m in messages if m.author == "customer" and m.turn_id == turn_id]


@dataclass(frozen=True, slots=True)
class RouteChange:
    from_queue: str
    to_queue: str
    kind: str
    listed: bool
    reason: str
    at: dt.datetime
    by: str | None


def route_changes(session: Session) -> list[RouteChange]:
    """Who changed the routes, the newest first."""
    route = EscalationRoute
    changes = (
        sa.select(
            route.from_queue,
            route.to_queue,
            route.kind,
            route.listed,
            route.reason,
            route.changed_at,
            Person.name,
        )
        .outerjoin(Person, Person.id == route.changed_by)
        .order_by(route.id.desc())
        .limit(HISTORY)
    )
    return [RouteChange(*row) for row in session.execute(changes)]
