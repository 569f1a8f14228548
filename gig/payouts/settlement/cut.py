"""The statements and lines of a period, decided by one SELECT over a span of agents.

Earnings are never stamped: (agent, period) is the link between them and the statement. PostgreSQL
writes both tables from that SELECT in one statement. SQLite has one writer: there the SELECT is read
before the write begins, and what it found is written a slice at a time, so that no claim waits long.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import Base, Instant
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
STATEMENT = (
    "id",
    "period_id",
    "agent_id",
    "close_no",
    *_FIGURES,
    "gross_fen",
    "available_fen",
    "payable_fen",
    "carried_out_fen",
)
"""What is decided of a statement; with the instant of the close that is all a new one has."""
LINE = (
    "id",
    "statement_id",
    "period_id",
    "agent_id",
    "amount_fen",
    "state",
    "hold_reason",
    "payee_id",
)

_INSTANT = Instant()


@dataclass(frozen=True)
class Span:
    """The agents with `after < id <= upto`; without `upto`, all the rest."""

    after: str
    upto: str | None

    def holds(self, agent_id: sa.ColumnElement[str] | Any) -> sa.ColumnElement[bool]:
        over = agent_id > self.after
        return over if self.upto is None else sa.and_(over, agent_id <= self.upto)


@dataclass(frozen=True)
class Close:
    """One close of one period: the numbers that it fixed when it began. A rehearsal invents one."""

    period_id: str
    close_no: int
    closing_at: dt.datetime
    minimum_fen: int

    @classmethod
    def of(cls, period: Period) -> Close:
        """The close that the period is in."""
        assert period.closing_at is not None
        return cls(period.id, period.close_no, period.closing_at, period.minimum_fen or 0)


def written_at_once(close: Close, previous_id: str | None, span: Span) -> sa.Insert:
    """Statements and lines of the span as one statement (PostgreSQL)."""
    decided = decisions(close, previous_id, span, by_price=False).cte("decided").prefix_with("MATERIALIZED")
    at = sa.literal(close.closing_at, _INSTANT)
    statements = sa.select(*(decided.c[name] for name in STATEMENT), at)
    lines = sa.select(*(decided.c[f"line_{name}"] for name in LINE), at).where(decided.c.payable_fen > 0)
    into_statements = sa.insert(Statement).from_select(
        [*STATEMENT, "cut_at"], statements, include_defaults=False
    )
    into_lines = sa.insert(PayoutLine).from_select([*LINE, "made_at"], lines, include_defaults=False)
    return into_lines.add_cte(into_statements.cte("statements"))


def write(session: Session, close: Close, rows: Sequence[Sequence[Any]]) -> None:
    """What `decisions` found is in the tables (SQLite, whose driver gives values as it takes them)."""
    convert = _INSTANT.bind_processor(session.connection().dialect)
    at = convert(close.closing_at)
    width, payable = len(STATEMENT), STATEMENT.index("payable_fen")
    _insert(session, Statement, [*STATEMENT, "cut_at"], [(*row[:width], at) for row in rows])
    paying = [(*row[width:], at) for row in rows if row[payable] > 0]
    if paying:
        _insert(session, PayoutLine, [*LINE, "made_at"], paying)


def _insert(session: Session, model: type[Base], names: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    places = ", ".join("?" * len(names))
    session.connection().exec_driver_sql(
        f"INSERT INTO {model.__tablename__} ({', '.join(names)}) VALUES ({places})", rows
    )


def decisions(
    close: Close, previous_id: str | None, span: Span, *, by_price: bool = True
) -> sa.Select[*tuple[Any, ...]]:
    """The columns of a statement, then those of its line, for each agent of the span who has activity in
    the period or a carry into it. Whoever is paid nothing has no line."""
    summed = _summed(close, previous_id, span, by_price)
    available = summed.c.available_fen
    minimum = sa.case((summed.c.stage == "left", 0), else_=close.minimum_fen)
    payable = sa.case((sa.and_(available > 0, available >= minimum), available), else_=0)
    payee = newest_payees().where(span.holds(Payee.agent_id)).subquery("newest")
    reason = hold_reason(summed.c.agent_id, payee.c.payee_id, at=close.closing_at)
    judged = (
        sa.select(summed, payable.label("payable_fen"), payee.c.payee_id, reason.label("reason"))
        .select_from(
            sa.join(summed, Agent, Agent.id == summed.c.agent_id).outerjoin(
                payee, payee.c.agent_id == summed.c.agent_id
            )
        )
        .cte("judged")
        .prefix_with("MATERIALIZED")
    )
    row = judged.c
    id = sa.literal(f"{close.period_id}.{close.close_no}.") + row.agent_id
    statement: dict[str, Any] = {
        **{name: row[name] for name in (*_FIGURES, "gross_fen", "available_fen", "payable_fen")},
        "id": id,
        "period_id": sa.literal(close.period_id),
        "agent_id": row.agent_id,
        "close_no": sa.literal(close.close_no),
        "carried_out_fen": row.available_fen - row.payable_fen,
    }
    line: dict[str, Any] = {
        "id": id,
        "statement_id": id,
        "period_id": sa.literal(close.period_id),
        "agent_id": row.agent_id,
        "amount_fen": row.payable_fen,
        "state": sa.case((row.reason.is_(None), "planned"), else_="held"),
        "hold_reason": row.reason,
        "payee_id": row.payee_id,
    }
    return sa.select(
        *(statement[name].label(name) for name in STATEMENT),
        *(line[name].label(f"line_{name}") for name in LINE),
    )


def _summed(close: Close, previous_id: str | None, span: Span, by_price: bool) -> sa.CTE:
    """What each agent of the span did in the period, and what they brought into it."""
    earned = _from_earnings(close.period_id, span, by_price).subquery("earned")
    booked = _from_the_book(close.period_id, span).subquery("booked")
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
    return (
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


def _from_earnings(period_id: str, span: Span, by_price: bool) -> sa.Select[*tuple[Any, ...]]:
    """With `by_price` equal prices of an agent are counted first, in the order of the index that holds
    them, and then summed: a third faster on SQLite, a little slower on PostgreSQL."""
    base, gross, penalty = Earning.base_fen, Earning.gross_fen, Earning.penalty_fen
    wanted = (Earning.period_id == period_id, gross > 0, span.holds(Earning.agent_id))
    total: Callable[[Any], Any] = sa.func.sum
    if not by_price:
        return (
            sa.select(
                Earning.agent_id,
                sa.func.count().label("turns"),
                sa.func.count(sa.case((penalty > 0, 1))).label("late_turns"),
                sa.func.count(sa.case((gross > base, 1))).label("peak_turns"),
                total(base).label("base_fen"),
                (total(gross) - total(base)).label("peak_fen"),
                total(penalty).label("late_fen"),
            )
            .where(*wanted)
            .group_by(Earning.agent_id)
        )
    prices = (
        sa.select(Earning.agent_id, base, gross, penalty, sa.func.count().label("times"))
        .where(*wanted)
        .group_by(Earning.agent_id, base, gross, penalty)
        .subquery("price")
    )
    price = prices.c
    return sa.select(
        price.agent_id,
        total(price.times).label("turns"),
        total(sa.case((price.penalty_fen > 0, price.times), else_=0)).label("late_turns"),
        total(sa.case((price.gross_fen > price.base_fen, price.times), else_=0)).label("peak_turns"),
        total(price.base_fen * price.times).label("base_fen"),
        total((price.gross_fen - price.base_fen) * price.times).label("peak_fen"),
        total(price.penalty_fen * price.times).label("late_fen"),
    ).group_by(price.agent_id)


def _from_the_book(period_id: str, span: Span) -> sa.Select[*tuple[Any, ...]]:
    sums = (
        sa.cast(
            sa.func.sum(sa.case((LedgerEntry.kind == kind, LedgerEntry.payable_fen), else_=0)), sa.BigInteger
        ).label(name)
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
