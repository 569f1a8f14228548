"""Open inquiries that wait in vain, or nearly so: what ops must see, without a word of any customer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.dispatch.models import Inquiry
from gig.dispatch.queries.eligible import may_claim, someone_left
from gig.dispatch.values import OPEN, seconds
from gig.identity.models import Agent, AgentSkill, Channel
from gig.payouts.rates import queries as rates

PAGE = 50
COUNTED = 1000
"""The menu counts among so many inquiries, those that are given up soonest; the page looks at all."""


@dataclass(frozen=True, slots=True)
class Staff:
    """How many may claim from a queue, and how many of them are online."""

    able: int = 0
    online: int = 0


@dataclass(frozen=True, slots=True)
class StuckRow:
    """An inquiry that ops should see: since when it waits, when it is given up, and why it is here."""

    id: str
    queue: str
    issue_type: str
    side: str
    channel: str
    queued_at: dt.datetime
    due_at: dt.datetime
    nobody: bool
    """Nobody is left who may claim it."""
    unpaid: bool
    """The inquiry has had all the replies that are paid for, so answering would pay nothing."""
    ending: bool
    """It will be given up soon."""


def stuck(
    session: Session, now: dt.datetime, *, after: tuple[dt.datetime, str] | None = None
) -> list[StuckRow]:
    """Up to PAGE + 1 rows, those that are given up soonest first; `after` a row's (due_at, id)."""
    nobody, unpaid, ending = _reasons(session, now)
    query = (
        sa.select(
            Inquiry.id,
            Inquiry.queue,
            Inquiry.issue_type,
            Inquiry.side,
            Channel.name,
            Inquiry.queued_at,
            Inquiry.due_at,
            nobody.label("nobody"),
            unpaid.label("unpaid"),
            ending.label("ending"),
        )
        .join(Channel, Channel.id == Inquiry.channel_id)
        .where(Inquiry.state == OPEN, sa.or_(ending, unpaid, nobody))
        .order_by(Inquiry.due_at, Inquiry.id)
        .limit(PAGE + 1)
    )
    if after:
        due_at, id = after
        beyond = sa.and_(Inquiry.due_at == due_at, Inquiry.id > id)
        query = query.where(sa.or_(Inquiry.due_at > due_at, beyond))
    return [
        StuckRow(
            id=row.id,
            queue=row.queue,
            issue_type=row.issue_type,
            side=row.side,
            channel=row.name,
            queued_at=row.queued_at,
            due_at=row.due_at,
            nobody=bool(row.nobody),
            unpaid=bool(row.unpaid),
            ending=bool(row.ending),
        )
        for row in session.execute(query)
    ]


def count_stuck(session: Session, now: dt.datetime) -> int:
    """How many rows there are, among the COUNTED inquiries that are given up soonest."""
    nobody, unpaid, ending = _reasons(session, now)
    soonest = (
        sa.select(Inquiry.id).where(Inquiry.state == OPEN).order_by(Inquiry.due_at).limit(COUNTED).subquery()
    )
    counted = sa.select(sa.func.count()).select_from(Inquiry).join(soonest, soonest.c.id == Inquiry.id)
    return session.execute(counted.where(sa.or_(ending, unpaid, nobody))).scalar_one()


def staff(session: Session) -> dict[str, Staff]:
    """Who may claim from each queue that anybody may claim from."""
    online = sa.func.sum(sa.case((Agent.presence == "online", 1), else_=0))
    query = (
        sa.select(AgentSkill.queue, sa.func.count(), online)
        .join(Agent, Agent.id == AgentSkill.agent_id)
        .where(may_claim(tunables.values(session)))
        .group_by(AgentSkill.queue)
    )
    return {queue: Staff(able, int(here)) for queue, able, here in session.execute(query)}


def _reasons(session: Session, now: dt.datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """(nobody is left, it pays nothing, it ends soon), as conditions on an open inquiry."""
    numbers: Mapping[str, int] = tunables.values(session)
    _id, card = rates.card_in_force(session, now)
    return (
        sa.not_(someone_left(numbers, now)),
        Inquiry.paid_replies >= card.max_paid_replies,
        Inquiry.due_at <= now + seconds(numbers, "abandon_warn_s"),
    )
