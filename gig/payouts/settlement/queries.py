"""One period, one statement, and what they are made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.tunables import TunableChange
from gig.identity.models import Agent, Person
from gig.payouts.disbursement.models import Batch, Payee, PayoutLine
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import OTHER, LedgerEntry
from gig.payouts.settlement.lists import shows
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.settlement.values import CLOSE_GRACE, MINIMUM_PAYOUT, PERIOD_KIND

FIGURES = (
    "turns",
    "late_turns",
    "peak_turns",
    "base_fen",
    "peak_fen",
    "late_fen",
    "adjustments_fen",
    "awards_fen",
    "triage_fen",
    "reversals_fen",
    "gross_fen",
    "carried_in_fen",
    "payable_fen",
    "carried_out_fen",
)


def totals(session: Session, period_id: str) -> dict[str, int]:
    """Each figure summed over the period's statements, and `agents`, how many there are."""
    columns = Statement.__table__.c
    row = session.execute(
        sa.select(
            sa.func.count(), *(sa.func.coalesce(sa.func.sum(columns[name]), 0) for name in FIGURES)
        ).where(columns.period_id == period_id, columns.voided_at.is_(None))
    ).one()
    return dict(zip(("agents", *FIGURES), (int(value) for value in row), strict=True))


@dataclass(frozen=True)
class LineRow:
    """A payout line as finance sees it: the account masked, the figures of its statement."""

    id: str
    agent_id: str
    name: str
    account: str
    bank: str | None
    kind: str | None
    state: str
    hold_reason: str | None
    batch_id: str | None
    number: str | None
    amount_fen: int
    turns: int
    base_fen: int
    peak_fen: int
    other_fen: int


def live_lines() -> sa.ColumnElement[bool]:
    """Lines that are not void and that no retry has replaced."""
    retry = sa.alias(PayoutLine.__table__)
    replaced = sa.select(retry.c.id).where(retry.c.retry_of == PayoutLine.id, retry.c.state != "voided")
    return sa.and_(PayoutLine.state != "voided", ~replaced.exists())


def lines(
    session: Session, period_id: str, *, held: bool, offset: int = 0, limit: int = 50
) -> tuple[list[LineRow], int, int]:
    """A page of the period's payable or held lines, how many there are in all, and their sum."""
    chosen = sa.and_(
        PayoutLine.period_id == period_id,
        live_lines(),
        PayoutLine.state == "held" if held else PayoutLine.state != "held",
    )
    other = Statement.gross_fen - Statement.base_fen - Statement.peak_fen + Statement.carried_in_fen
    query = (
        sa.select(
            PayoutLine.id,
            PayoutLine.agent_id,
            sa.func.coalesce(Person.name, ""),
            sa.func.coalesce(Payee.account_mask, ""),
            Payee.bank_name,
            Payee.kind,
            PayoutLine.state,
            PayoutLine.hold_reason,
            PayoutLine.batch_id,
            PayoutLine.number,
            PayoutLine.amount_fen,
            Statement.turns,
            Statement.base_fen,
            Statement.peak_fen,
            other,
        )
        .join(Statement, Statement.id == PayoutLine.statement_id)
        .outerjoin(Person, Person.id == PayoutLine.agent_id)
        .outerjoin(Payee, Payee.id == PayoutLine.payee_id)
        .where(chosen)
        .order_by(PayoutLine.agent_id)
        .offset(offset)
        .limit(limit)
    )
    count, total = session.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(PayoutLine.amount_fen), 0)).where(chosen)
    ).one()
    rows = [LineRow(*tuple(row)) for row in session.execute(query)]
    return rows, count, int(total)


def held_reasons(session: Session, period_id: str) -> list[tuple[str, int, int]]:
    """(reason, people, fen) of the period's held lines."""
    rows = session.execute(
        sa.select(PayoutLine.hold_reason, sa.func.count(), sa.func.sum(PayoutLine.amount_fen))
        .where(PayoutLine.period_id == period_id, PayoutLine.state == "held", live_lines())
        .group_by(PayoutLine.hold_reason)
        .order_by(PayoutLine.hold_reason)
    )
    return [(str(reason), count, int(fen)) for reason, count, fen in rows]


def statement_of(
    session: Session, period_id: str, agent_id: str, *, close_no: int | None = None
) -> tuple[Statement, Period] | None:
    """The agent's statement over one period, or None; with `close_no` that close's, also a voided one.

    While the period is open again, it is the one that was voided then.
    """
    query = (
        sa.select(Statement, Period)
        .join(Period, Period.id == Statement.period_id)
        .where(Statement.period_id == period_id, Statement.agent_id == agent_id)
    )
    wanted = shows() if close_no is None else Statement.close_no == close_no
    found = session.execute(query.where(wanted)).first()
    return None if found is None else (found[0], found[1])


def lines_of(session: Session, period_id: str, agent_id: str) -> Sequence[tuple[PayoutLine, Payee | None]]:
    """The lines of one statement that count, with the payee each was made for."""
    query = (
        sa.select(PayoutLine, Payee)
        .outerjoin(Payee, Payee.id == PayoutLine.payee_id)
        .where(PayoutLine.period_id == period_id, PayoutLine.agent_id == agent_id, live_lines())
        .order_by(PayoutLine.id)
    )
    return [(line, payee) for line, payee in session.execute(query)]


def line_states(session: Session, agent_id: str, period_ids: Sequence[str]) -> dict[str, list[str]]:
    """The states of the agent's lines that count, by period."""
    found: dict[str, list[str]] = {}
    query = sa.select(PayoutLine.period_id, PayoutLine.state).where(
        PayoutLine.agent_id == agent_id, PayoutLine.period_id.in_(period_ids), live_lines()
    )
    for period_id, state in session.execute(query):
        found.setdefault(period_id, []).append(state)
    return found


def earnings_of(
    session: Session,
    period_id: str,
    agent_id: str,
    *,
    only: str = "base",
    after: str = "",
    limit: int = 100,
    until: dt.datetime | None = None,
) -> Sequence[Earning]:
    """The earnings under one figure of a statement: `base`, `peak` or `late`; `after` an id, in its order.

    With `until` only what was there then, for a statement that was voided.
    """
    query = sa.select(Earning).where(
        Earning.period_id == period_id,
        Earning.agent_id == agent_id,
        Earning.gross_fen > 0,
        Earning.id > after,
    )
    if until is not None:
        query = query.where(Earning.received_at <= until)
    if only == "peak":
        query = query.where(Earning.gross_fen > Earning.base_fen)
    if only == "late":
        query = query.where(Earning.penalty_fen > 0)
    return session.scalars(query.order_by(Earning.id).limit(limit)).all()


def entries_of(
    session: Session, period_id: str, agent_id: str, kind: str, *, until: dt.datetime | None = None
) -> Sequence[LedgerEntry]:
    """The postings under one figure of a statement; with `until` only those that were there then."""
    query = sa.select(LedgerEntry).where(
        LedgerEntry.period_id == period_id,
        LedgerEntry.agent_id == agent_id,
        sa.text(OTHER),
        LedgerEntry.kind == kind,
    )
    if until is not None:
        query = query.where(LedgerEntry.posted_at <= until)
    return session.scalars(query.order_by(LedgerEntry.id)).all()


def counts_of(
    session: Session, period_id: str, agent_id: str, *, until: dt.datetime | None = None
) -> dict[str, int]:
    """How many postings of each other kind a statement sums; with `until` of those that were there then."""
    query = sa.select(LedgerEntry.kind, sa.func.count()).where(
        LedgerEntry.period_id == period_id, LedgerEntry.agent_id == agent_id, sa.text(OTHER)
    )
    if until is not None:
        query = query.where(LedgerEntry.posted_at <= until)
    return dict(session.execute(query.group_by(LedgerEntry.kind)).all())


def progress(session: Session, period: Period) -> tuple[int, int] | None:
    """How many agents a close has cut, of how many; None when none is under way."""
    if period.state != "closing":
        return None
    total = session.scalar(sa.select(sa.func.count()).select_from(Agent)) or 0
    if period.close_after is None:
        return total, total
    done = sa.select(sa.func.count()).where(Agent.id <= period.close_after)
    return session.scalar(done) or 0, total


def free_lines(session: Session, period_id: str) -> tuple[int, int]:
    """How many planned lines are in no batch yet, and their sum."""
    count, fen = session.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(PayoutLine.amount_fen), 0)).where(
            PayoutLine.period_id == period_id, PayoutLine.state == "planned", PayoutLine.batch_id.is_(None)
        )
    ).one()
    return count, int(fen)


def history(session: Session, period_id: str) -> Sequence[AuditEntry]:
    """What people did to the period and its batches, the newest first."""
    batches = sa.select(Batch.id).where(Batch.period_id == period_id)
    query = sa.select(AuditEntry).where(
        sa.or_(
            sa.and_(AuditEntry.object_type == "period", AuditEntry.object_id == period_id),
            sa.and_(AuditEntry.object_type == "batch", AuditEntry.object_id.in_(batches)),
        )
    )
    return session.scalars(query.order_by(AuditEntry.id.desc()).limit(100)).all()


def setting_changes(session: Session) -> Sequence[TunableChange]:
    """The latest changes of the numbers that govern periods."""
    names = (PERIOD_KIND.name, CLOSE_GRACE.name, MINIMUM_PAYOUT.name)
    query = sa.select(TunableChange).where(TunableChange.name.in_(names))
    return session.scalars(query.order_by(TunableChange.id.desc()).limit(20)).all()


def previous_of(session: Session, period: Period, agent_id: str) -> Period | None:
    """The period of the statement that carried something into this one."""
    query = (
        sa.select(Period)
        .join(Statement, Statement.period_id == Period.id)
        .where(
            Statement.agent_id == agent_id,
            Statement.voided_at.is_(None),
            Period.starts_at < period.starts_at,
        )
        .order_by(Period.starts_at.desc())
        .limit(1)
    )
    return session.scalars(query).first()
