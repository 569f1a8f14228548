"""Whose identity is kept though they do not work here, whose was erased, and what stands in the way.

Nothing of a document is read for it: people are shown by the name they work under.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.core.text import N_
from gig.identity.models import Agent
from gig.identity.queries import LogRow, PersonRow, log_of, people_called, person
from gig.onboarding.models import Application
from gig.payouts.disbursement.models import Payee, PayoutLine
from gig.payouts.ledger.queries import owed
from gig.payouts.tax.queries import unfiled

PAGE = 50
GONE = "—"
UNPAID = ("planned", "held", "in_transit", "failed", "returned")


@dataclass(frozen=True)
class Obstacle:
    """Why an identity cannot be erased yet."""

    slug: str
    words: str


@dataclass(frozen=True)
class Identity:
    """What is kept of one person, by number and not by content."""

    who: PersonRow
    applications: int
    photos: int
    payees: int
    obstacles: Sequence[Obstacle]
    erasures: Sequence[LogRow]


def identity(session: Session, person_id: str) -> Identity:
    """NotFound for who is no agent."""
    agent = session.get(Agent, person_id, populate_existing=True) if is_id(person_id) else None
    if agent is None:
        raise NotFound
    applications, photos = session.execute(
        sa.select(
            sa.func.count(),
            sa.func.count(Application.front_blob_id) + sa.func.count(Application.back_blob_id),
        ).where(_kept_application(person_id))
    ).one()
    return Identity(
        who=person(session, person_id),
        applications=applications,
        photos=photos,
        payees=session.execute(sa.select(sa.func.count()).where(_kept_payee(person_id))).scalar_one(),
        obstacles=obstacles(session, agent),
        erasures=log_of(session, _erasure(person_id), limit=PAGE),
    )


def obstacles(session: Session, agent: Agent) -> list[Obstacle]:
    """Everything that forbids erasing this agent's identity now; empty when nothing does."""
    found = []
    if agent.stage not in ("applicant", "left"):
        found.append(Obstacle("still-here", N_("对方还在职，离开并结清后才能删除实名信息。")))
    waits = sa.exists().where(Application.person_id == agent.id, Application.state == "submitted")
    if session.execute(sa.select(waits)).scalar_one():
        found.append(Obstacle("in-review", N_("申请正在审核，有结果后才能删除实名信息。")))
    if owed(session, agent.id) or _unpaid_lines(session, agent.id):
        found.append(Obstacle("unsettled", N_("还有没结清的钱，结清后才能删除实名信息。")))
    if unfiled(session, agent.id):
        found.append(Obstacle("tax-return-due", N_("还有没申报的个税，申报表做好后才能删除实名信息。")))
    kept = sa.or_(sa.exists().where(_kept_application(agent.id)), sa.exists().where(_kept_payee(agent.id)))
    if not session.execute(sa.select(kept)).scalar_one():
        found.append(Obstacle("nothing-kept", N_("没有保存对方的实名信息，不用删除。")))
    return found


def kept(session: Session, *, after: str = "") -> list[PersonRow]:
    """Up to PAGE + 1 people who left, or were never admitted, and of whom something is kept."""
    something = sa.or_(
        sa.exists().where(_kept_application(Agent.id)), sa.exists().where(_kept_payee(Agent.id))
    )
    query = sa.select(Agent.id).where(Agent.stage.in_(("applicant", "left")), something)
    if after:
        query = query.where(Agent.id < after)
    ids = session.scalars(query.order_by(Agent.id.desc()).limit(PAGE + 1)).all()
    return people_called(session, ids)


def erased(session: Session, *, before: int | None = None) -> list[LogRow]:
    """Up to PAGE + 1 erasures, the newest first."""
    wanted = [AuditEntry.action == "identity.erase", AuditEntry.object_type == "person"]
    if before is not None:
        wanted.append(AuditEntry.id < before)
    return log_of(session, *wanted, limit=PAGE + 1)


def _kept_application(person_id: str | sa.SQLColumnExpression[str]) -> sa.ColumnElement[bool]:
    return sa.and_(Application.person_id == person_id, Application.erased_at.is_(None))


def _kept_payee(person_id: str | sa.SQLColumnExpression[str]) -> sa.ColumnElement[bool]:
    return sa.and_(Payee.agent_id == person_id, Payee.account_mask != GONE)


def _unpaid_lines(session: Session, agent_id: str) -> bool:
    """Money is on its way, or waits to be."""
    retry = sa.alias(PayoutLine.__table__)
    replaced = sa.select(retry.c.id).where(retry.c.retry_of == PayoutLine.id, retry.c.state != "voided")
    moving = sa.exists().where(
        PayoutLine.agent_id == agent_id, PayoutLine.state.in_(UNPAID), ~replaced.exists()
    )
    return bool(session.execute(sa.select(moving)).scalar_one())


def _erasure(person_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        AuditEntry.object_type == "person",
        AuditEntry.object_id == person_id,
        AuditEntry.action == "identity.erase",
    )
