"""In which months we kept an amount of an agent back: a month without a payment is then no gap of theirs."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.settlement.models import Statement
from gig.payouts.settlement.values import zone
from gig.payouts.tax.models import TaxRecord

Span = tuple[str, dt.datetime, dt.datetime | None]
"""(agent, from, until); None: until now."""


def kept_back(session: Session, agent_ids: Sequence[str]) -> Mapping[str, set[dt.date]]:
    """The months (their first days) in which an amount of each agent waited with us.

    It waited while it was below the minimum, or on a line that was not sent yet or had come back.
    """
    found: dict[str, set[dt.date]] = defaultdict(set)
    for spans in (_below_the_minimum, _unsent, _come_back):
        for agent_id, begin, end in spans(session, agent_ids):
            found[agent_id].update(_months(begin, end))
    return found


def _below_the_minimum(session: Session, agent_ids: Sequence[str]) -> Iterator[Span]:
    """Each close that carried something out; the next one is a period later at most."""
    query = sa.select(Statement.agent_id, Statement.cut_at).where(
        Statement.agent_id.in_(agent_ids), Statement.voided_at.is_(None), Statement.carried_out_fen > 0
    )
    for agent_id, cut_at in session.execute(query):
        yield agent_id, cut_at, cut_at


def _unsent(session: Session, agent_ids: Sequence[str]) -> Iterator[Span]:
    """Planned and held lines, until their export or until a retry replaced them."""
    retry = sa.alias(PayoutLine.__table__).c
    replaced_at = sa.select(retry.made_at).where(retry.retry_of == PayoutLine.id).scalar_subquery()
    query = (
        sa.select(PayoutLine.agent_id, PayoutLine.made_at, Batch.exported_at, replaced_at)
        .outerjoin(Batch, Batch.id == PayoutLine.batch_id)
        .where(PayoutLine.agent_id.in_(agent_ids), PayoutLine.state != "voided")
    )
    for agent_id, made_at, exported_at, retried_at in session.execute(query):
        yield agent_id, made_at, exported_at or retried_at


def _come_back(session: Session, agent_ids: Sequence[str]) -> Iterator[Span]:
    """Lines that failed or were returned, until a retry replaced them."""
    retry = sa.alias(PayoutLine.__table__)
    query = (
        sa.select(TaxRecord.agent_id, TaxRecord.made_at, retry.c.made_at)
        .outerjoin_from(TaxRecord, retry, retry.c.retry_of == TaxRecord.line_id)
        .where(TaxRecord.agent_id.in_(agent_ids), TaxRecord.reverses_id.is_not(None))
    )
    yield from (tuple(row) for row in session.execute(query))


def _months(begin: dt.datetime, end: dt.datetime | None) -> Iterator[dt.date]:
    local = zone().local
    month = local(begin).date().replace(day=1)
    last = local(end).date() if end is not None else dt.date(month.year, 12, 31)
    while month <= last:
        yield month
        month = (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
