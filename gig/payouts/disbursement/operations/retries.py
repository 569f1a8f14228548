"""A new line for money that a held, failed or returned one did not bring."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from gig.core import audit
from gig.core.db import rows_changed, transaction
from gig.core.errors import NotFound, Refused
from gig.core.text import N_
from gig.identity.models import Agent
from gig.payouts.disbursement.holds import changes_that_hold, hold_reason, newest_payees
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.disbursement.operations import taxing
from gig.payouts.disbursement.values import PAYABLE_PERIODS, PAYEES_FAULT
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.values import zone


def retry_lines(*, period_id: str, anyway: bool = False, actor_id: str, now: dt.datetime) -> int:
    """Each held, failed or returned line of the period that nothing holds any more has a planned retry.

    The retry takes the payee of this moment. Lines that must still wait stay as they are, and so do those
    whose account the bank refused until the agent names another one, unless they are paid `anyway`. How many
    were made is the answer.
    """
    with transaction() as session:
        period = session.get(Period, period_id, populate_existing=True, with_for_update=True)
        if period is None:
            raise NotFound()
        if period.state not in PAYABLE_PERIODS:
            raise Refused("not-approved", N_("这个周期还没有审批，先审批再复核暂缓。"))
        taxed = taxing.learn(session, period_id, zone().day_of(now), now=now)
        payee = newest_payees().subquery("newest")
        retry = sa.alias(PayoutLine.__table__, "retry")
        waiting = (
            sa.select(
                PayoutLine.id,
                PayoutLine.statement_id,
                PayoutLine.period_id,
                PayoutLine.agent_id,
                PayoutLine.amount_fen,
                payee.c.payee_id,
                hold_reason(
                    PayoutLine.__table__.c.agent_id,
                    payee.c.payee_id,
                    changed_after=changes_that_hold(now),
                    taxed=taxed,
                ).label("reason"),
            )
            .select_from(
                sa.outerjoin(PayoutLine, Agent, Agent.id == PayoutLine.agent_id)
                .outerjoin(payee, payee.c.agent_id == PayoutLine.agent_id)
                .outerjoin(retry, retry.c.retry_of == PayoutLine.id)
            )
            .where(
                PayoutLine.period_id == period_id,
                PayoutLine.state.in_(("held", "failed", "returned")),
                retry.c.id.is_(None),
                sa.true() if anyway else sa.not_(_refused_account(payee.c.payee_id)),
            )
            .subquery("waiting")
        )
        row = waiting.c
        values = {
            "id": row.id + "+",
            "statement_id": row.statement_id,
            "period_id": row.period_id,
            "agent_id": row.agent_id,
            "amount_fen": row.amount_fen,
            "state": sa.literal("planned"),
            "payee_id": row.payee_id,
            "retry_of": row.id,
            "made_at": sa.literal(now, PayoutLine.__table__.c.made_at.type),
        }
        chosen = sa.select(*(value.label(name) for name, value in values.items())).where(row.reason.is_(None))
        made = rows_changed(
            session, sa.insert(PayoutLine).from_select(list(values), chosen, include_defaults=False)
        )
        if made:
            audit.note(
                session,
                actor_id=actor_id,
                action="period.retry_lines",
                object_type="period",
                object_id=period_id,
                detail={"lines": made, "anyway": anyway},
                now=now,
            )
        return made


def _refused_account(payee_id: sa.ColumnElement[int | None]) -> sa.ColumnElement[bool]:
    """The bank refused the line for its account, and this is that account still."""
    return sa.and_(
        sa.func.coalesce(PayoutLine.failure, "").in_(PAYEES_FAULT), PayoutLine.payee_id == payee_id
    )
