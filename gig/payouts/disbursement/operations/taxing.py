"""Where batches meet tax: who may be taxed, what it will be about, and what it is when the batch leaves."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import db, transaction
from gig.core.errors import Refused
from gig.core.text import N_
from gig.payouts.disbursement.kept_back import kept_back
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.tax import queries, values
from gig.payouts.tax.operations import residency
from gig.payouts.tax.queries import Assessment, Lines
from gig.payouts.tax.rules.withholding import first_of

UNSENT = ("planned", "held", "failed", "returned")


def learn(session: Session, period_id: str, payment_date: dt.date, *, now: dt.datetime) -> bool:
    """Whether payments of that day bear tax; if so it is known which agents of the period may be taxed."""
    taxed = queries.in_force(session, first_of(payment_date)).withholds
    if taxed:
        agents = sa.select(PayoutLine.agent_id).where(
            PayoutLine.period_id == period_id, PayoutLine.state.in_(UNSENT)
        )
        residency.learn(session, agents=agents, now=now)
    return taxed


def lines_of(batch_id: str) -> Lines:
    """The lines of a batch as tax takes them."""
    columns = (PayoutLine.id.label("line_id"), PayoutLine.agent_id, PayoutLine.amount_fen)
    return sa.select(*columns).where(PayoutLine.batch_id == batch_id)


def assess(session: Session, batch: Batch) -> Assessment:
    """The tax of the batch in the month of its payment date. Refused if somebody cannot be taxed."""
    month, lines = first_of(batch.payment_date), lines_of(batch.id)
    found = queries.assess(session, lines, month=month, kept_back=kept_back)
    if found.refused:
        raise Refused(
            "tax-identity",
            N_("这一批里有 %(n)s 人不能自动算税（证件不能确认居民身份）。请取消这一批重新制单，他们会暂缓。"),
            n=len(found.refused),
        )
    if later := queries.later_than(session, lines, found.in_force, month):
        raise Refused(
            "later-month-paid",
            N_("这一批里有 %(n)s 人已经有付款日期在更晚月份的款，请取消这一批，用更晚的付款日期重新制单。"),
            n=later,
        )
    return found


def failed() -> sa.Select[str]:
    """The lines that the bank never paid."""
    return sa.select(PayoutLine.id).where(PayoutLine.state == "failed")


values.failed.append(failed)


def estimate(batch_id: str) -> None:
    """The batch says what its tax will be if nothing else is paid before its export."""
    session = db.session()
    batch = session.get_one(Batch, batch_id, populate_existing=True)
    lines, month = lines_of(batch_id), first_of(batch.payment_date)
    total_fen = queries.total_fen(session, lines, month=month, kept_back=kept_back)
    with transaction() as writing:
        writing.execute(
            sa.update(Batch)
            .where(Batch.id == batch_id, Batch.state.in_(("draft", "approved")))
            .values(tax_fen=total_fen)
        )
