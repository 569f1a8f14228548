"""The statements and lines of a period as two `INSERT … SELECT`, over a span of agents.

Nothing is loaded, and earnings are never stamped: (agent, period) is the link between them and the
statement.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gig.identity.models import Agent
from gig.payouts.disbursement.holds import hold_reason, newest_payees
from gig.payouts.disbursement.models import Payee, PayoutLine
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.models import Period, Statement

_OTHER_KINDS = {
    "adjustments_fen": "adjustment",
    "awards_fen": "award",
    "triage_fen": "triage",
    "reversals_fen": "reversal",
}
_FIGURES = (
    "turns",
    "late_turns",
    "peak_turns",
    "base_fen",
    "peak_fen",
    "late_fen",
    *_OTHER_KINDS,
    "carried_in_fen",
)


@dataclass(frozen=True)
class Span:
    """The agents with `after < id <= upto`; without `upto`, all the rest."""

    after: str
    upto: str | None

    def holds(self, agent_id: sa.ColumnElement[str] | Any) -> sa.ColumnElement[bool]:
        over = agent_id > self.after
        return over if self.upto is None else sa.and_(over, agent_id <= self.upto)


def statements(period: Period, previous_id: str | None, span: Span) -> sa.Insert:
    """One statement for every agent of the span with activity in the period or a carry into it."""
    earned = _from_earnings(period.id, span).subquery("earned")
    booked = _from_the_book(period.id, span).subquery("booked")
    carried = _carried(previous_id or "", span).subquery("carried")
    sources = Agent.__table__
    for part in (earned, booked, carried):
        sources = sources.outerjoin(part, part.c.agent_id == Agent.id)
    figures = {
        name: sa.func.coalesce(part.c[name], 0)
        for part in (earned, booked, carried)
        for name in part.c.keys()  # noqa: SIM118
        if name != "agent_id"
    }
    gross = figures["base_fen"] + figures["peak_fen"] - figures["late_fen"]
    for name in _OTHER_KINDS:
        gross = gross + figures[name]
    summed = (
        sa.select(
            Agent.id.label("agent_id"),
            Agent.stage,
            *(figures[name].label(name) for name in _FIGURES),
            gross.label("gross_fen"),
            (figures["carried_in_fen"] + gross).label("available_fen"),
        )
        .select_from(sources)
        .where(
            span.holds(Agent.id),
            sa.or_(*(part.c.agent_id.is_not(None) for part in (earned, booked, carried))),
        )
        .cte("summed")
        .prefix_with("MATERIALIZED")
    )
    available = summed.c.available_fen
    minimum = sa.case((summed.c.stage == "left", 0), else_=period.minimum_fen or 0)
    payable = sa.case((sa.and_(available > 0, available >= minimum), available), else_=0)
    final = sa.select(summed, payable.label("payable_fen"))
    row = final.subquery("final").c
    values: dict[str, Any] = {
        "id": sa.literal(f"{period.id}.{period.close_no}.") + row.agent_id,
        "period_id": sa.literal(period.id),
        "agent_id": row.agent_id,
        "close_no": sa.literal(period.close_no),
        **{name: row[name] for name in _FIGURES},
        "gross_fen": row.gross_fen,
        "available_fen": row.available_fen,
        "payable_fen": row.payable_fen,
        "carried_out_fen": row.available_fen - row.payable_fen,
        "cut_at": _instant(period.closing_at),
    }
    return sa.insert(Statement).from_select(
        list(values),
        sa.select(*(value.label(name) for name, value in values.items())),
        include_defaults=False,
    )


def lines(period: Period, span: Span) -> sa.Insert:
    """One line for every statement of the span that pays something, held if there is a reason to."""
    assert period.closing_at is not None
    payee = newest_payees().where(span.holds(Payee.agent_id)).subquery("newest")
    judged = (
        sa.select(
            Statement.id,
            Statement.agent_id,
            Statement.payable_fen,
            payee.c.payee_id,
            hold_reason(Statement.agent_id, payee.c.payee_id, at=period.closing_at).label("reason"),
        )
        .select_from(
            sa.join(Agent, Statement, Statement.agent_id == Agent.id).outerjoin(
                payee, payee.c.agent_id == Statement.agent_id
            )
        )
        .where(
            Statement.period_id == period.id,
            Statement.voided_at.is_(None),
            Statement.payable_fen > 0,
            span.holds(Agent.id),
        )
        .cte("judged")
        .prefix_with("MATERIALIZED")
    )
    row = judged.c
    values: dict[str, Any] = {
        "id": row.id,
        "statement_id": row.id,
        "period_id": sa.literal(period.id),
        "agent_id": row.agent_id,
        "amount_fen": row.payable_fen,
        "state": sa.case((row.reason.is_(None), "planned"), else_="held"),
        "hold_reason": row.reason,
        "payee_id": row.payee_id,
        "made_at": _instant(period.closing_at),
    }
    return sa.insert(PayoutLine).from_select(
        list(values),
        sa.select(*(value.label(name) for name, value in values.items())),
        include_defaults=False,
    )


def _instant(value: dt.datetime | None) -> sa.ColumnElement[dt.datetime]:
    return sa.literal(value, Statement.__table__.c.cut_at.type)


def _count_if(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.case((condition, 1)))


def _from_earnings(period_id: str, span: Span) -> sa.Select[*tuple[Any, ...]]:
    total: Callable[[Any], Any] = sa.func.sum
    return (
        sa.select(
            Earning.agent_id,
            sa.func.count().label("turns"),
            _count_if(Earning.penalty_fen > 0).label("late_turns"),
            _count_if(Earning.gross_fen > Earning.base_fen).label("peak_turns"),
            total(Earning.base_fen).label("base_fen"),
            total(Earning.gross_fen - Earning.base_fen).label("peak_fen"),
            total(Earning.penalty_fen).label("late_fen"),
        )
        .where(Earning.period_id == period_id, Earning.gross_fen > 0, span.holds(Earning.agent_id))
        .group_by(Earning.agent_id)
    )


def _from_the_book(period_id: str, span: Span) -> sa.Select[*tuple[Any, ...]]:
    sums = (
        sa.func.sum(sa.case((LedgerEntry.kind == kind, LedgerEntry.payable_fen), else_=0)).label(name)
        for name, kind in _OTHER_KINDS.items()
    )
    return (
        sa.select(LedgerEntry.agent_id, *sums)
        .where(
            LedgerEntry.period_id == period_id,
            sa.text("kind <> 'earning' AND kind <> 'penalty'"),
            LedgerEntry.kind.in_(_OTHER_KINDS.values()),
            LedgerEntry.payable_fen != 0,
            span.holds(LedgerEntry.agent_id),
        )
        .group_by(LedgerEntry.agent_id)
    )


def _carried(previous_id: str, span: Span) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(Statement.agent_id, Statement.carried_out_fen.label("carried_in_fen")).where(
        Statement.period_id == previous_id,
        Statement.voided_at.is_(None),
        Statement.carried_out_fen != 0,
        span.holds(Statement.agent_id),
    )
