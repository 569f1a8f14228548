"""What the book says: balances and entries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.ledger import accounts
from gig.payouts.ledger.models import LedgerEntry


@dataclass(frozen=True)
class Balance:
    """What an account holds, debit positive."""

    account: str
    fen: int
    entries: int


def balances(session: Session, *, group_agents: bool = False, at: dt.datetime | None = None) -> list[Balance]:
    """Every account that was ever posted to, in order; the agents' as one when grouped. They sum to 0.

    With `at` only what was posted before that instant counts.
    """
    debits = sa.select(LedgerEntry.debit.label("account"), LedgerEntry.amount_fen.label("fen"))
    credits = sa.select(LedgerEntry.credit.label("account"), (-LedgerEntry.amount_fen).label("fen"))
    if at is not None:
        debits, credits = (one.where(LedgerEntry.posted_at < at) for one in (debits, credits))
    side = sa.union_all(debits, credits).subquery()
    account: sa.ColumnElement[str] = side.c.account
    if group_agents:
        agents = side.c.account.startswith(accounts.payable(""))
        account = sa.case((agents, accounts.ALL_PAYABLE), else_=side.c.account)
    named = account.label("account")
    rows = session.execute(
        sa.select(named, sa.func.sum(side.c.fen), sa.func.count()).group_by(named).order_by(named)
    )
    return [Balance(name, int(fen), count) for name, fen, count in rows]


def owed(session: Session, agent_id: str) -> int:
    """What the agent is owed by the book, negative if they owe."""
    query = sa.select(sa.func.coalesce(sa.func.sum(LedgerEntry.payable_fen), 0))
    return int(session.execute(query.where(LedgerEntry.agent_id == agent_id)).scalar_one())


def entries(
    session: Session,
    *,
    account: str | None = None,
    source: str | None = None,
    agent_id: str | None = None,
    period_id: str | None = None,
    kind: str | None = None,
    line_id: str | None = None,
    before_id: str | None = None,
    limit: int = 50,
) -> Sequence[LedgerEntry]:
    """The newest entries that match, at most `limit`; `before_id` continues a list.

    All agents' accounts together are an `account` too. Of a payout line they are its payment, its tax, what
    the bank said of it, and the tax that came back.
    """
    # Of a period or an account there may be many: they are put in order by their ids alone.
    query = sa.select(LedgerEntry.id).order_by(LedgerEntry.id.desc()).limit(limit)
    if account == accounts.ALL_PAYABLE:
        query = query.where(LedgerEntry.payable_fen != 0)
    elif account:
        query = query.where(sa.or_(LedgerEntry.debit == account, LedgerEntry.credit == account))
    if source:
        query = query.where(LedgerEntry.source_key == source)
    if agent_id:
        query = query.where(LedgerEntry.agent_id == agent_id)
    if period_id:
        query = query.where(LedgerEntry.period_id == period_id)
    if kind:
        query = query.where(LedgerEntry.kind == kind)
    if line_id:
        query = query.where(LedgerEntry.source_key.in_(_keys_of_line(session, line_id)))
    if before_id:
        query = query.where(LedgerEntry.id < before_id)
    found = sa.select(LedgerEntry).where(LedgerEntry.id.in_(query)).order_by(LedgerEntry.id.desc())
    return session.scalars(found).all()


def _keys_of_line(session: Session, line_id: str) -> list[str]:
    """What the entries of a payout line are named; the tax that comes back names the entry that took it."""
    keys = [f"{kind}:{line_id}" for kind in ("export", "tax", "settled", "failed", "returned")]
    taxed = session.scalar(sa.select(LedgerEntry.id).where(LedgerEntry.source_key == f"tax:{line_id}"))
    return (
        keys
        if taxed is None
        else [*keys, *(f"reversal:{why}:{line_id}:{taxed}" for why in ("failed", "returned"))]
    )
