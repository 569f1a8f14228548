"""Tax of payments, in the transaction that exports them or takes them back."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import one_at_a_time, rows_changed
from gig.payouts.ledger import journal
from gig.payouts.tax import queries
from gig.payouts.tax.models import TaxRecord
from gig.payouts.tax.queries import Assessment, Lines
from gig.payouts.tax.rules.withholding import version
from gig.payouts.tax.spool import batched
from gig.payouts.tax.values import LOCK

AT_ONCE = 1000

_COPIED = (
    "line_id",
    "agent_id",
    "choice_id",
    "payer_code",
    "policy",
    "gap",
    "rule_version",
    "paid_on",
    "month",
    "cumulative_fen",
    "months",
    "segment_start",
    "percent",
    "quick_fen",
    "due_fen",
    "before_fen",
)


class Outdated(Exception):
    """Something was paid, taken back or decided since the tax was reckoned: reckon again."""


def withhold(
    session: Session,
    assessment: Assessment,
    lines: Lines,
    *,
    paid_on: dt.date,
    period_id: str,
    late_for_period_id: str | None = None,
    now: dt.datetime,
) -> None:
    """Each of the lines has its record, and what was withheld of it is owed to the tax office.

    Outdated, with nothing written, if the assessment no longer stands. A line that has a record already
    is refused by its key.
    """
    one_at_a_time(session, LOCK)
    holds = assessment.in_force
    if queries.in_force(session, assessment.month) != holds:
        raise Outdated
    if not holds.withholds:
        session.execute(_without_tax(lines, assessment, paid_on, now))
        return
    if queries.newest_record(session) != assessment.newest or queries.refused(session, lines):
        raise Outdated
    rows = (
        {
            "line_id": each.line_id,
            "agent_id": each.agent_id,
            "choice_id": holds.choice_id,
            "payer_code": holds.payer_code,
            "paid_on": paid_on,
            "made_at": now,
            **vars(each.tax),
        }
        for each in assessment.taxed
    )
    for some in batched(rows, AT_ONCE):
        session.execute(sa.insert(TaxRecord), some)
    taken = _of_records(TaxRecord.id > assessment.newest, sign=1)
    journal.post_taxes(session, taken, period_id=period_id, late_for_period_id=late_for_period_id, now=now)


def reverse(
    session: Session,
    lines: sa.Select[*tuple[Any]],
    *,
    cause: Literal["failed", "returned"],
    period_id: str,
    late_for_period_id: str | None = None,
    now: dt.datetime,
) -> int:
    """For each line (select its id) that came back, the payment and its tax count no more; how many.

    The record and the posting `tax:LINE` are reversed in the caller's transaction, in the month of the
    payment; the next payment is reckoned without them. Doing it again changes nothing.
    """
    one_at_a_time(session, LOCK)
    newest = queries.newest_record(session)
    old, back = sa.alias(TaxRecord.__table__, "old").c, sa.alias(TaxRecord.__table__, "back").c
    values: dict[str, Any] = {
        **{name: old[name] for name in _COPIED},
        "gross_fen": -old.gross_fen,
        "withheld_fen": -old.withheld_fen,
        "reverses_id": old.id,
        "made_at": sa.literal(now, TaxRecord.__table__.c.made_at.type),
    }
    chosen = (
        sa.select(*(value.label(name) for name, value in values.items()))
        .where(
            old.line_id.in_(lines),
            old.reverses_id.is_(None),
            ~sa.exists().where(back.reverses_id == old.id),
        )
        .order_by(old.id)
    )
    insert = sa.insert(TaxRecord).from_select(list(values), chosen, include_defaults=False)
    taken_back = rows_changed(session, insert)
    if taken_back:
        journal.post_taxes_back(
            session,
            _of_records(TaxRecord.id > newest, sign=-1),
            cause=cause,
            period_id=period_id,
            late_for_period_id=late_for_period_id,
            now=now,
        )
    return taken_back


def _of_records(chosen: sa.ColumnElement[bool], *, sign: int) -> journal.Lines:
    """What the chosen records withheld, as the journal takes it; their month is the memo."""
    fen = TaxRecord.withheld_fen if sign > 0 else -TaxRecord.withheld_fen
    month = sa.func.substr(sa.cast(TaxRecord.month, sa.Text), 1, 7)
    return sa.select(
        TaxRecord.line_id, month.label("number"), TaxRecord.agent_id, fen.label("amount_fen")
    ).where(chosen, fen > 0)


def _without_tax(lines: Lines, assessment: Assessment, paid_on: dt.date, now: dt.datetime) -> sa.Insert:
    """Records of payments of which nothing is withheld, in one statement."""
    line, types, month = lines.subquery("line").c, TaxRecord.__table__.c, assessment.month
    holds = assessment.in_force
    values: dict[str, Any] = {
        "line_id": line.line_id,
        "agent_id": line.agent_id,
        "choice_id": sa.literal(holds.choice_id, types.choice_id.type),
        "payer_code": sa.literal(holds.payer_code),
        "policy": sa.literal(holds.policy),
        "rule_version": sa.literal(version(holds.policy, month)),
        "paid_on": sa.literal(paid_on, types.paid_on.type),
        "month": sa.literal(month, types.month.type),
        "gross_fen": line.amount_fen,
        "cumulative_fen": line.amount_fen,
        "months": sa.literal(1),
        "segment_start": sa.literal(month, types.month.type),
        **{name: sa.literal(0) for name in ("percent", "quick_fen", "due_fen", "before_fen", "withheld_fen")},
        "made_at": sa.literal(now, types.made_at.type),
    }
    rows = sa.select(*(value.label(name) for name, value in values.items())).order_by(line.line_id)
    return sa.insert(TaxRecord).from_select(list(values), rows, include_defaults=False)
