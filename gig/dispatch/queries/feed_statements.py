"""The statements that the feed is read with; they are put together once for each shape of a feed."""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa

from gig.core import tunables
from gig.core.db import Instant
from gig.core.prepared import Prepared
from gig.core.rows import Part
from gig.dispatch.models import Inquiry, Queue, TurnQuote
from gig.dispatch.operations.deciding import seen_by_any
from gig.dispatch.values import OPEN
from gig.identity.models import Agent, AgentSkill
from gig.payouts.rates import queries as rates
from gig.payouts.surges import queries as surges
from gig.payouts.surges.models import Surge

the_agent = Part(Agent, 0)
_agent: sa.BindParameter[str] = sa.bindparam("agent")
_at = sa.bindparam("at", type_=Instant())

STANDING = Prepared(
    sa.select(
        *the_agent.columns,
        tunables.revision().label("revision"),
        rates.card_in_force_id(_at).label("card_id"),
        rates.next_card_at(_at).label("next_card_at"),
    ).where(Agent.id == _agent)
)
"""The agent, with what their feed is read and priced by."""

SERVED = Prepared(
    sa.select(Queue.slug, Queue.easy, surges.surge.id, surges.surge.percent, surges.surge.ends_at)
    .join(AgentSkill, AgentSkill.queue == Queue.slug)
    .outerjoin(Surge, surges.in_force(Queue.slug, _at))
    .where(AgentSkill.agent_id == _agent, Queue.retired_at.is_(None))
    .order_by(Queue.slug)
)
"""The queues that the agent serves, each with the surge that is in force."""


@cache
def asking_for(queues: int, trainee: bool, of_issue_type: bool, beyond: bool) -> Prepared:
    """The statement of a feed of so many queues: putting it together costs more than carrying it out."""
    most = sa.bindparam("most", type_=sa.Integer())
    order = (Inquiry.priority.desc(), Inquiry.queued_at, Inquiry.id)
    parts = []
    for place in range(queues):
        part = (
            sa.select(Inquiry.id)
            .where(Inquiry.queue == sa.bindparam(f"queue_{place}"), Inquiry.state == OPEN)
            .where(seen_by_any(sa.bindparam(f"easy_{place}", type_=sa.Boolean()), trainee=trainee))
            .where(not_spent(_agent, _at))
            .order_by(*order)
            .limit(most)
        )
        if of_issue_type:
            part = part.where(Inquiry.issue_type == sa.bindparam("issue_type"))
        if beyond:
            part = part.where(_beyond())
        parts.append(sa.select(part.subquery().c.id))
    ids = sa.union_all(*parts).subquery()
    return Prepared(columns(_agent).join(ids, ids.c.id == Inquiry.id).order_by(*order).limit(most))


def columns(agent_id: Any) -> sa.Select[*tuple[Any, ...]]:
    kept = TurnQuote.__table__.c
    return sa.select(
        Inquiry.id,
        Inquiry.queue,
        Inquiry.side,
        Inquiry.issue_type,
        Inquiry.order_kind,
        Inquiry.length,
        Inquiry.priority,
        Inquiry.queued_at,
        Inquiry.entered_at,
        Inquiry.bucket,
        Inquiry.reserved_for,
        Inquiry.reserved_until,
        Inquiry.handovers,
        Inquiry.paid_replies,
        kept.base_fen,
        kept.multiplier_percent,
        kept.band,
        kept.gross_fen,
        kept.expires_at,
        kept.deadline_at,
        kept.clock_started_at,
        kept.why,
    ).outerjoin(
        TurnQuote.__table__,
        sa.and_(kept.turn_id == Inquiry.open_turn_id, kept.agent_id == agent_id),
    )


def not_spent(agent_id: Any, now: Any) -> sa.ColumnElement[bool]:
    """Turns on which the agent's own clock has run out are not offered to them again."""
    spent = sa.select(TurnQuote.turn_id).where(
        TurnQuote.turn_id == Inquiry.open_turn_id,
        TurnQuote.agent_id == agent_id,
        TurnQuote.expires_at < now,
    )
    return sa.not_(spent.exists())


def _beyond() -> sa.ColumnElement[bool]:
    """What comes after the row of the cursor."""
    priority = sa.bindparam("after_priority", type_=sa.Integer())
    queued_at = sa.bindparam("after_queued_at", type_=Instant())
    id: sa.BindParameter[str] = sa.bindparam("after_id")
    return sa.or_(
        Inquiry.priority < priority,
        sa.and_(Inquiry.priority == priority, Inquiry.queued_at > queued_at),
        sa.and_(Inquiry.priority == priority, Inquiry.queued_at == queued_at, Inquiry.id > id),
    )
