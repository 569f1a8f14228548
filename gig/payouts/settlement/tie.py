"""Book, statements and lines of a period, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import is_sqlite
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.ledger.models import OTHER, LedgerEntry
from gig.payouts.settlement.models import Statement
from gig.payouts.settlement.values import PAYMENT_KINDS

REST_EVERY, REST_S = 20_000, 0.024
"""PostgreSQL sums so many entries in about 3 ms, and then rests for so long."""


@dataclass(frozen=True)
class Tie:
    """What the three sources say of one period, in fen; they agree when both differences are 0."""

    ledger_fen: int
    gross_fen: int
    payable_fen: int
    lines_fen: int
    held_fen: int

    @property
    def gross_difference_fen(self) -> int:
        return self.ledger_fen - self.gross_fen

    @property
    def payable_difference_fen(self) -> int:
        return self.payable_fen - self.lines_fen

    @property
    def holds(self) -> bool:
        return self.gross_difference_fen == 0 and self.payable_difference_fen == 0


def tie(session: Session, period_id: str, *, resting: bool = False) -> Tie:
    """The sums of the period as they stand; a line that a retry replaced counts once, as the retry.

    With `resting` PostgreSQL sums the book in pieces, with rests between them.
    """
    of_statements = sa.select(sa.func.sum(Statement.gross_fen), sa.func.sum(Statement.payable_fen)).where(
        Statement.period_id == period_id, Statement.voided_at.is_(None)
    )
    retry, old = PayoutLine.__table__.c, sa.alias(PayoutLine.__table__, "old")
    all_lines = _of_lines(sa.select(PayoutLine.amount_fen, PayoutLine.state), period_id)
    replaced = _of_lines(
        sa.select(old.c.amount_fen, old.c.state)
        .join_from(PayoutLine, old, old.c.id == retry.retry_of)
        .where(retry.retry_of.is_not(None)),
        period_id,
    )
    # In one statement, so that no retry comes in between the lines and those they replace.
    lines = sa.select(
        all_lines.c.total - replaced.c.total, all_lines.c.waiting - replaced.c.waiting
    ).select_from(sa.join(all_lines, replaced, sa.true()))
    gross_fen, payable_fen = session.execute(of_statements).one()
    lines_fen, held_fen = session.execute(lines).one()
    figures = (of_book(session, period_id, resting=resting), gross_fen, payable_fen, lines_fen, held_fen)
    return Tie(*(int(figure or 0) for figure in figures))


def of_book(session: Session, period_id: str, *, resting: bool = False) -> int:
    """What the book added to what agents are owed in the period, but for payments."""
    whole = sa.select(sa.func.sum(LedgerEntry.payable_fen)).where(LedgerEntry.period_id == period_id)
    payments = whole.where(sa.text(OTHER), LedgerEntry.kind.in_(PAYMENT_KINDS))
    gently = resting and not is_sqlite(session)
    summed = session.scalar(_summed_with_rests(period_id) if gently else whole)
    return int(summed or 0) - int(session.scalar(payments) or 0)


def _summed_with_rests(period_id: str) -> sa.Select[tuple[Any]]:
    """The same sum (PostgreSQL): it sleeps after so many entries, and nobody else waits for one statement."""
    place = sa.func.row_number().over()
    entry = sa.select(LedgerEntry.payable_fen, place.label("place")).where(LedgerEntry.period_id == period_id)
    each = entry.subquery("entry").c
    slept = sa.cast(sa.func.pg_sleep(REST_S), sa.Text)
    rested = sa.func.max(sa.case((each.place % REST_EVERY == 0, slept)))
    return sa.select(sa.func.sum(each.payable_fen), rested)


def _of_lines(chosen: sa.Select[*tuple[Any, ...]], period_id: str) -> sa.Subquery:
    """The sum of the chosen (amount, state) of the period's lines that are not void, and of the held ones."""
    line = chosen.where(PayoutLine.period_id == period_id, PayoutLine.state != "voided").subquery().c
    held = sa.case((line.state == "held", line.amount_fen), else_=0)
    total, waiting = (sa.func.coalesce(sa.func.sum(fen), 0) for fen in (line.amount_fen, held))
    return sa.select(total.label("total"), waiting.label("waiting")).subquery()


@dataclass(frozen=True)
class Untied:
    """An agent of whom the three sources say different things."""

    agent_id: str
    ledger_fen: int
    gross_fen: int
    payable_fen: int
    lines_fen: int


def untied(session: Session, period_id: str, *, limit: int = 20) -> list[Untied]:
    """The first agents whose entries, statement and lines of the period do not agree; who is looked for
    when the whole does not tie."""
    retry = sa.alias(PayoutLine.__table__)
    replaced = sa.select(retry.c.id).where(retry.c.retry_of == PayoutLine.id, retry.c.state != "voided")

    def part(agent_id: Any, **known: Any) -> sa.Select[*tuple[Any, ...]]:
        names = ("ledger", "gross", "payable", "lines")
        return sa.select(agent_id, *(known.get(name, sa.literal(0)).label(name) for name in names))

    parts = (
        part(LedgerEntry.agent_id, ledger=LedgerEntry.payable_fen).where(
            LedgerEntry.period_id == period_id, LedgerEntry.kind.not_in(PAYMENT_KINDS)
        ),
        part(Statement.agent_id, gross=Statement.gross_fen, payable=Statement.payable_fen).where(
            Statement.period_id == period_id, Statement.voided_at.is_(None)
        ),
        part(PayoutLine.agent_id, lines=PayoutLine.amount_fen).where(
            PayoutLine.period_id == period_id, PayoutLine.state != "voided", ~replaced.exists()
        ),
    )
    agent_id, *figures = sa.union_all(*parts).subquery("part").c
    ledger, gross, payable, lines = (sa.func.sum(figure) for figure in figures)
    rows = session.execute(
        sa.select(agent_id, ledger, gross, payable, lines)
        .where(agent_id.is_not(None))
        .group_by(agent_id)
        .having(sa.or_(ledger != gross, payable != lines))
        .order_by(agent_id)
        .limit(limit)
    )
    return [Untied(id, *(int(figure) for figure in found)) for id, *found in rows]
