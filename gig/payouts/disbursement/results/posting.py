"""Posting what the bank said: lines, book and period in one transaction."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import outbox
from gig.core.db import rows_changed
from gig.core.errors import Refused
from gig.core.text import N_
from gig.core.transitions import move
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.disbursement.results.staging import JUDGED, Judgement
from gig.payouts.disbursement.states import LINE
from gig.payouts.ledger import journal
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.operations.periods import posting_period
from gig.payouts.settlement.states import PERIOD
from gig.payouts.tax.operations import withholding

Target = Literal["settled", "failed", "returned"]

MOVES: dict[str, tuple[str, Target]] = {
    "paid": ("in_transit", "settled"),
    "failed": ("in_transit", "failed"),
    "returned": ("settled", "returned"),
}
"""What each verdict does to its line."""


def apply(session: Session, batch: Batch, result_id: str, judgement: Judgement, *, now: dt.datetime) -> None:
    """Each judged row has moved its line, and the book says so; the period is settled if all is paid.

    Money that did not arrive, or came back, is owed again from here on, its tax with it; its line waits for a
    retry.
    """
    period_id, late_for = posting_period(session, now, now)
    for verdict, (origin, target) in MOVES.items():
        count = judgement.counts.get(verdict, 0)
        if not count:
            continue
        if _moved(session, verdict, origin, target, result_id, now) != count:
            raise Refused("batch-changed", N_("这一批刚刚有变化，请刷新后再试。"))
        lines = sa.select(
            JUDGED.c.line_id,
            JUDGED.c.number,
            JUDGED.c.agent_id,
            JUDGED.c.expected.label("amount_fen"),
            JUDGED.c.place,
        ).where(JUDGED.c.verdict == verdict)
        journal.post_results(
            session, lines, kind=target, period_id=period_id, late_for_period_id=late_for, now=now
        )
        if target != "settled":
            came_back = sa.select(JUDGED.c.line_id).where(JUDGED.c.verdict == verdict)
            withholding.reverse(
                session, came_back, cause=target, period_id=period_id, late_for_period_id=late_for, now=now
            )
    _settle(session, batch.period_id, now=now)


def _moved(session: Session, verdict: str, origin: str, target: str, result_id: str, now: dt.datetime) -> int:
    if not LINE.allows(origin, target):
        raise ValueError(f"payout line: no move from {origin} to {target}")
    line, row = PayoutLine.__table__.c, JUDGED.c
    values: dict[str, object] = {"state": target, "result_id": result_id, "answered_at": now}
    if target != "settled":
        values |= {"failure": row.reason, "failure_words": sa.type_coerce(row.words, line.failure_words.type)}
    return rows_changed(
        session,
        sa.update(PayoutLine)
        .where(line.id == row.line_id, row.verdict == verdict, line.state == origin)
        .values(**values)
        .execution_options(synchronize_session=False),
    )


def _settle(session: Session, period_id: str, *, now: dt.datetime) -> None:
    """The period is settled when no line of it is unpaid, and exported again when one is.

    Its row is locked first, so that of two batches that are answered at once the later sees both.
    """
    session.get_one(Period, period_id, with_for_update=True)
    line, retry = sa.alias(PayoutLine.__table__, "line"), sa.alias(PayoutLine.__table__, "retry")
    replaced = sa.select(retry.c.id).where(retry.c.retry_of == line.c.id, retry.c.state != "voided")
    unpaid = sa.select(line.c.id).where(
        line.c.period_id == period_id, line.c.state.not_in(("settled", "voided")), ~replaced.exists()
    )
    open_ = session.execute(unpaid.limit(1)).first() is not None
    origin, target = ("settled", "exported") if open_ else ("exported", "settled")
    if move(session, PERIOD, Period, period_id, origin=origin, target=target):
        payload = {"period_id": period_id, "state": target}
        outbox.emit(session, "finance", "period.state", payload, now=now)
