"""Why a payout must wait, decided in SQL for many lines at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from gig.identity.models import Agent
from gig.payouts.disbursement.models import Payee, PayHold
from gig.payouts.disbursement.values import HOLD_AFTER_PAYEE_CHANGE
from gig.payouts.earnings.models import Earning
from gig.payouts.tax.queries import resident

Paid = sa.Select[*tuple[Any, ...]]
"""(agent_id, inquiry_id, source_key) of what somebody was paid, or fined, in an inquiry."""


def _earned() -> Paid:
    key = sa.literal("earning:") + Earning.id
    return sa.select(Earning.agent_id, Earning.inquiry_id, key.label("source_key")).where(
        Earning.gross_fen > 0
    )


def _fined() -> Paid:
    key = sa.literal("penalty:") + Earning.id
    return sa.select(Earning.agent_id, Earning.inquiry_id, key.label("source_key")).where(
        Earning.penalty_fen > 0
    )


paid_in_inquiries: list[Callable[[], Paid]] = [_earned, _fined]
"""Every kind of pay that an inquiry brings; features above add theirs."""

paid_beside: list[Callable[[], Paid]] = []
"""The same of entries that pay other work too: they hold a payout as well, and `takers` take them back."""

takers: list[Callable[..., int]] = []
"""Each takes back what of an entry that pays other work too was for (agent_id, inquiry_id)."""


def newest_payees() -> sa.Select[*tuple[Any, ...]]:
    """(agent_id, payee_id): the payee that holds for each agent now."""
    newest = sa.func.max(Payee.id).label("payee_id")
    return sa.select(Payee.agent_id, newest).group_by(Payee.agent_id)


def changes_that_hold(at: dt.datetime) -> dt.datetime:
    """A payee that was changed after this still holds the payment at the instant."""
    return at - HOLD_AFTER_PAYEE_CHANGE


def hold_reason(
    agent_id: sa.SQLColumnExpression[Any],
    payee_id: sa.ColumnElement[Any],
    *,
    changed_after: Any,
    among: Callable[[Any], sa.ColumnElement[bool]] = lambda _agent_id: sa.true(),
    taxed: bool = False,
) -> sa.ColumnElement[str | None]:
    """The slug of the first reason to hold a payment to this agent and payee, or NULL.

    `changed_after`: the instant, or a parameter, since which a change of payee holds (`changes_that_hold`).
    `among` spares looking at agents of whom the query says nothing.

    The query that uses it has joined `Agent` on `agent_id` from outside, so that a missing one holds too.
    A change of payee counts whichever payee the line carries. `taxed`: the payment would bear tax, so the
    agent must be one whom the tables of residents fit.
    """
    payee = sa.alias(Payee.__table__)
    changed = sa.select(payee.c.agent_id).where(
        payee.c.first.is_(False), payee.c.changed_at > changed_after, among(payee.c.agent_id)
    )
    last = [(~resident(agent_id), "tax-identity")] if taxed else []
    return sa.case(
        (Agent.verified_at.is_(None), "unverified"),
        (Agent.stage == "suspended", "suspended"),
        (payee_id.is_(None), "no-payee"),
        (agent_id.in_(changed), "payee-changed"),
        (agent_id.in_(_in_question(among)), "own-customer"),
        *last,
    )


def _in_question(among: Callable[[Any], sa.ColumnElement[bool]]) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """The agents who were paid something in an inquiry that a person still has to look at."""
    parts = []
    for paid in (*paid_in_inquiries, *paid_beside):
        hold, pay = sa.alias(PayHold.__table__), paid().subquery()
        same = sa.and_(pay.c.inquiry_id == hold.c.inquiry_id, pay.c.agent_id == hold.c.agent_id)
        was_paid = sa.select(pay.c.source_key).where(same).exists()  # looked up for the few holds there are
        asked = (hold.c.ended_at.is_(None), among(hold.c.agent_id), was_paid)
        parts.append(sa.select(hold.c.agent_id).where(*asked))
    return sa.union_all(*parts)
