"""What each agent of a span did in a period, and what they brought into it, as SQL with parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from gig.core.db import Instant
from gig.identity.models import Agent
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import OTHER, LedgerEntry
from gig.payouts.settlement.models import Statement

_OTHER_KINDS = {
    "adjustments_fen": "adjustment",
    "awards_fen": "award",
    "triage_fen": "triage",
    "reversals_fen": "reversal",
}
FIGURES = (
    "turns",
    "late_turns",
    "peak_turns",
    "base_fen",
    "peak_fen",
    "late_fen",
    *_OTHER_KINDS,
    "carried_in_fen",
)
INSTANT = Instant()
TEXT = sa.Text()
PERIOD, CLOSE_NO, MINIMUM, AT, CHANGED, PREVIOUS, AFTER, UPTO = (
    sa.bindparam(name, type_=type_)
    for name, type_ in (
        ("of_period", TEXT),
        ("of_close", sa.Integer()),
        ("least_fen", sa.BigInteger()),
        ("decided_at", INSTANT),
        ("payee_since", INSTANT),
        ("previous", TEXT),
        ("after", TEXT),
        ("upto", TEXT),
    )
)


def spanned(agent_id: sa.ColumnElement[str] | Any, rest: bool) -> sa.ColumnElement[bool]:
    over = agent_id > AFTER
    return over if rest else sa.and_(over, agent_id <= UPTO)


def summed(rest: bool, by_price: bool) -> sa.CTE:
    """What each agent of the span did in the period, and what they brought into it."""
    earned = _from_earnings(rest, by_price).subquery("earned")
    booked = _from_the_book(rest).subquery("booked")
    carried = _carried(rest).subquery("carried")
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
            *(figures[name].label(name) for name in FIGURES),
            gross.label("gross_fen"),
            (figures["carried_in_fen"] + gross).label("available_fen"),
        )
        .select_from(sources)
        .where(
            spanned(Agent.id, rest),
            sa.or_(*(part.c.agent_id.is_not(None) for part in (earned, booked, carried))),
        )
        .cte("summed")
        .prefix_with("MATERIALIZED")
    )


def _from_earnings(rest: bool, by_price: bool) -> sa.Select[*tuple[Any, ...]]:
    """With `by_price` equal prices of an agent are counted first, in the order of the index that holds
    them, and then summed: a third faster on SQLite, a little slower on PostgreSQL."""
    base, gross, penalty = Earning.base_fen, Earning.gross_fen, Earning.penalty_fen
    wanted = (Earning.period_id == PERIOD, gross > 0, spanned(Earning.agent_id, rest))
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


def _from_the_book(rest: bool) -> sa.Select[*tuple[Any, ...]]:
    sums = (
        sa.cast(
            sa.func.sum(sa.case((LedgerEntry.kind == kind, LedgerEntry.payable_fen), else_=0)), sa.BigInteger
        ).label(name)
        for name, kind in _OTHER_KINDS.items()
    )
    return (
        sa.select(LedgerEntry.agent_id, *sums)
        .where(
            LedgerEntry.period_id == PERIOD,
            sa.text(OTHER),
            LedgerEntry.kind.in_([sa.literal_column(f"'{kind}'", TEXT) for kind in _OTHER_KINDS.values()]),
            spanned(LedgerEntry.agent_id, rest),
        )
        .group_by(LedgerEntry.agent_id)
    )


def _carried(rest: bool) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(Statement.agent_id, Statement.carried_out_fen.label("carried_in_fen")).where(
        Statement.period_id == PREVIOUS,
        Statement.voided_at.is_(None),
        Statement.carried_out_fen != 0,
        spanned(Statement.agent_id, rest),
    )
