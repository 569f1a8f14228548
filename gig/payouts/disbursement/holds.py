"""Why a payout must wait, decided in SQL for many lines at once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from gig.identity.models import Agent
from gig.payouts.disbursement.models import Payee, PayHold
from gig.payouts.disbursement.values import HOLD_AFTER_PAYEE_CHANGE
from gig.payouts.earnings.models import Earning


def newest_payees() -> sa.Select[*tuple[Any, ...]]:
    """(agent_id, payee_id): the payee that holds for each agent now."""
    newest = sa.func.max(Payee.id).label("payee_id")
    return sa.select(Payee.agent_id, newest).group_by(Payee.agent_id)


def hold_reason(
    agent_id: sa.SQLColumnExpression[Any], payee_id: sa.ColumnElement[Any], *, at: dt.datetime
) -> sa.ColumnElement[str | None]:
    """The slug of the first reason to hold a payment to this agent and payee at the instant, or NULL.

    The query that uses it has joined `Agent` on `agent_id` from outside, so that a missing one holds too.
    A change of payee counts whichever payee the line carries.
    """
    payee = sa.alias(Payee.__table__)
    changed = sa.select(payee.c.agent_id).where(
        payee.c.first.is_(False), payee.c.changed_at > at - HOLD_AFTER_PAYEE_CHANGE
    )
    hold, earned = sa.alias(PayHold.__table__), sa.alias(Earning.__table__)
    in_question = (
        sa.select(hold.c.agent_id)
        .join(earned, sa.and_(earned.c.inquiry_id == hold.c.inquiry_id, earned.c.agent_id == hold.c.agent_id))
        .where(hold.c.ended_at.is_(None), earned.c.gross_fen > 0)
    )
    return sa.case(
        (Agent.verified_at.is_(None), "unverified"),
        (Agent.stage == "suspended", "suspended"),
        (payee_id.is_(None), "no-payee"),
        (agent_id.in_(changed), "payee-changed"),
        (agent_id.in_(in_question), "own-customer"),
    )
