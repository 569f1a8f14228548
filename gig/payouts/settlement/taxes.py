"""The tax of statements: what was withheld of their lines, or about what it will be."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.disbursement.kept_back import kept_back
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.settlement.values import zone
from gig.payouts.tax import queries
from gig.payouts.tax.models import TaxRecord, TaxResidency
from gig.payouts.tax.operations.residency import AT_ONCE, documents_of
from gig.payouts.tax.rules.withholding import first_of
from gig.payouts.tax.shown import Explained, explain

Paid = tuple[int, int]
"""(tax, paid): of lines that were exported and did not come back, what was withheld and what was sent."""


def of_lines(session: Session, line_ids: Sequence[str], *, today: dt.date) -> dict[str, Explained]:
    """The tax of each line: as it was withheld, or what it would be in the month of its payment.

    Lines of which nothing would be withheld because no policy holds are missing.
    """
    records = queries.records_of(session, line_ids)
    found = {id: explain(record, estimate=False) for id, record in records.items() if record.policy != "none"}
    for month, waiting in _unsent(session, [id for id in line_ids if id not in records], today).items():
        lines = sa.select(PayoutLine.id.label("line_id"), PayoutLine.agent_id, PayoutLine.amount_fen)
        chosen = lines.where(PayoutLine.id.in_(waiting))
        for each in queries.assess(session, chosen, month=month, kept_back=kept_back).taxed:
            found[each.line_id] = explain(each.tax, estimate=True)
    return found


def paid_by_period(session: Session, agent_id: str, period_ids: Sequence[str]) -> dict[str, Paid]:
    """For each of the periods what was withheld of the agent's lines, and what was sent."""
    back = sa.alias(TaxRecord.__table__).c
    withheld = sa.func.sum(TaxRecord.withheld_fen)
    query = (
        sa.select(PayoutLine.period_id, withheld, sa.func.sum(TaxRecord.gross_fen) - withheld)
        .join(TaxRecord, TaxRecord.line_id == PayoutLine.id)
        .where(
            PayoutLine.agent_id == agent_id,
            PayoutLine.period_id.in_(period_ids),
            TaxRecord.reverses_id.is_(None),
            ~sa.exists().where(back.reverses_id == TaxRecord.id),
        )
        .group_by(PayoutLine.period_id)
    )
    return {period_id: (int(tax), int(sent)) for period_id, tax, sent in session.execute(query)}


def not_resident(agent_id: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[bool]:
    """Whether we have not written down that the tables of residents fit the agent."""
    return ~queries.resident(agent_id)


def taxed_at(session: Session, now: dt.datetime) -> bool:
    """Whether payments of that day bear tax."""
    return queries.in_force(session, first_of(zone().day_of(now))).withholds


def untaxable(session: Session, people: Sequence[Any]) -> list[Any]:
    """Of those (the agent's id comes first) of whom it is not written that they are residents, the ones of
    whom no document says it either: they are held where there is tax. Nothing is written."""
    found = []
    for at in range(0, len(people), AT_ONCE):
        some = people[at : at + AT_ONCE]
        ids = [each[0] for each in some]
        known = set(session.scalars(sa.select(TaxResidency.agent_id).where(TaxResidency.agent_id.in_(ids))))
        shown = documents_of(session, [id for id in ids if id not in known])
        residents = {id for id, document in shown.items() if document.kind == "resident_id"}
        found += [each for each in some if each[0] not in residents]
    return found


def _unsent(session: Session, line_ids: Sequence[str], today: dt.date) -> dict[dt.date, list[str]]:
    """The lines by the month of their payment: their batch's, or this one's while they are in none."""
    query = (
        sa.select(PayoutLine.id, PayoutLine.state, Batch.payment_date)
        .outerjoin(Batch, Batch.id == PayoutLine.batch_id)
        .where(PayoutLine.id.in_(line_ids))
    )
    found: dict[dt.date, list[str]] = defaultdict(list)
    for id, state, payment_date in session.execute(query) if line_ids else ():
        found[first_of(payment_date if payment_date and state == "planned" else today)].append(id)
    return found
