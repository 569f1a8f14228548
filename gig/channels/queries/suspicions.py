"""Suspicions that matter: those whose agent holds, or has answered in, the inquiry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.channels.models import AgentMark, CustomerMark, Suspicion
from gig.core.errors import NotFound
from gig.dispatch.escalation_models import Escalation
from gig.dispatch.models import Inquiry, Message, TurnQuote
from gig.dispatch.queries.threads import messages
from gig.identity.models import Person
from gig.payouts.adjustments.queries import back_paid_in
from gig.payouts.disbursement.operations import questions
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry

PAGE = 100

_TOOK_IT = (
    sa.select(TurnQuote.turn_id)
    .where(TurnQuote.agent_id == Suspicion.agent_id, TurnQuote.inquiry_id == Suspicion.inquiry_id)
    .exists()
)


@dataclass(frozen=True)
class Row:
    """One suspicion in the list, with the pay that it is about."""

    suspicion: Suspicion
    agent_name: str
    issue_type: str
    state: str
    pay_fen: int
    replies: int


@dataclass(frozen=True)
class Case:
    """All that a decision rests on, and what one that was made took.

    `stake_fen` is what would be taken now: the pay, the fee for handing it on (`fee_fen`), and what back pay
    gave for its replies and is still there (`back_paid_fen`), less what was taken or given back before.
    """

    row: Row
    inquiry: Inquiry
    messages: Sequence[Message]
    earnings: Sequence[Earning]
    shared: Sequence[sa.Row[str, dt.datetime, dt.datetime | None]]
    decider: str | None
    back_paid_fen: int
    fee_fen: int
    stake_fen: int
    taken: Sequence[tuple[LedgerEntry, int]]


def waiting(session: Session) -> int:
    """How many wait for a decision."""
    query = sa.select(sa.func.count()).where(Suspicion.state == "undecided", _TOOK_IT)
    return session.execute(query).scalar_one()


def cases_of(session: Session, agent_ids: Sequence[str]) -> dict[str, str]:
    """Where it is decided whether each of these agents was their own customer: the oldest case first."""
    oldest = (
        sa.select(Suspicion.agent_id, sa.func.min(Suspicion.id))
        .where(Suspicion.agent_id.in_(agent_ids), Suspicion.state == "undecided", _TOOK_IT)
        .group_by(Suspicion.agent_id)
    )
    found = {agent_id: f"/console/own-customers/{id}" for agent_id, id in session.execute(oldest)}
    return {id: found.get(id, "/console/own-customers") for id in agent_ids}


def rows(session: Session, *, decided: bool) -> list[Row]:
    """Undecided ones, the oldest first, or decided ones, the newest first."""
    query = _rows().where(_TOOK_IT).limit(PAGE)
    if decided:
        query = query.where(Suspicion.state != "undecided").order_by(Suspicion.decided_at.desc())
    else:
        query = query.where(Suspicion.state == "undecided").order_by(Suspicion.strong.desc(), Suspicion.id)
    return [Row(*row) for row in session.execute(query)]


def case(session: Session, id: str) -> Case:
    found = session.execute(_rows().where(Suspicion.id == id)).one_or_none()
    if found is None:
        raise NotFound
    row = Row(*found)
    suspicion = row.suspicion
    earned = (
        sa.select(Earning)
        .where(Earning.inquiry_id == suspicion.inquiry_id, Earning.agent_id == suspicion.agent_id)
        .order_by(Earning.received_at)
    )
    shared = (
        sa.select(CustomerMark.kind, CustomerMark.seen_at, AgentMark.seen_at)
        .outerjoin(
            AgentMark,
            sa.and_(
                AgentMark.kind == CustomerMark.kind,
                AgentMark.mark == CustomerMark.mark,
                AgentMark.agent_id == suspicion.agent_id,
            ),
        )
        .where(
            CustomerMark.inquiry_id == suspicion.inquiry_id,
            sa.or_(AgentMark.agent_id.is_not(None), CustomerMark.kind == "phone"),
            CustomerMark.kind.in_(suspicion.signals.split(",")),
        )
        .order_by(CustomerMark.kind)
    )
    decider = session.get(Person, suspicion.decided_by) if suspicion.decided_by else None
    earnings = session.scalars(earned).all()
    back_paid_fen = back_paid_in(session, suspicion.agent_id, suspicion.inquiry_id)
    left_fen = questions.left_of(session, agent_id=suspicion.agent_id, inquiry_id=suspicion.inquiry_id)
    return Case(
        row,
        session.get_one(Inquiry, suspicion.inquiry_id),
        messages(session, suspicion.inquiry_id),
        earnings,
        list(session.execute(shared)),
        decider.name if decider else None,
        back_paid_fen,
        row.pay_fen - sum(each.pay_fen for each in earnings),
        left_fen + back_paid_fen,
        questions.taken_by(
            session, f"suspicion-{suspicion.id}", agent_id=suspicion.agent_id, at=suspicion.decided_at
        ),
    )


def _rows() -> sa.Select[Suspicion, str, str, str, int, int]:
    mine = sa.and_(Earning.inquiry_id == Suspicion.inquiry_id, Earning.agent_id == Suspicion.agent_id)
    pay = sa.select(sa.func.coalesce(sa.func.sum(Earning.pay_fen), 0)).where(mine)
    handed_on = sa.and_(
        Escalation.inquiry_id == Suspicion.inquiry_id, Escalation.agent_id == Suspicion.agent_id
    )
    fees = sa.select(sa.func.coalesce(sa.func.sum(Escalation.fee_fen), 0)).where(handed_on)
    replies = sa.select(sa.func.count()).select_from(Earning).where(mine)
    return (
        sa.select(
            Suspicion,
            Person.name,
            Inquiry.issue_type,
            Inquiry.state,
            pay.correlate(Suspicion).scalar_subquery() + fees.correlate(Suspicion).scalar_subquery(),
            replies.correlate(Suspicion).scalar_subquery(),
        )
        .join(Person, Person.id == Suspicion.agent_id)
        .join(Inquiry, Inquiry.id == Suspicion.inquiry_id)
        .execution_options(populate_existing=True)
    )
