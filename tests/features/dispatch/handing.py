"""Handing turns on: the routes, a card with a fee, and a sound hand-over."""

from __future__ import annotations

import datetime as dt

from gig.core.db import db
from gig.dispatch.escalation_models import Escalation
from gig.dispatch.operations.escalations import escalate, list_route
from gig.payouts.rates import queries as rates
from gig.payouts.rates.operations.drafts import create_draft
from gig.payouts.rates.operations.publication import publish
from tests import builders

SUMMARY = "客户要求全额退款，已核对订单，超出我的退款额度。"


def route(from_queue: str, to_queue: str, kind: str = "senior", *, now: dt.datetime = builders.NOON) -> None:
    """Ops lets the one queue take the other's escalations."""
    for slug in (from_queue, to_queue):
        builders.queue(slug)
    list_route(from_queue=from_queue, to_queue=to_queue, kind=kind, reason="开通升级", actor_id=None, now=now)


def hand_on(
    inquiry_id: str,
    agent_id: str,
    *,
    now: dt.datetime,
    reason: str = "authority",
    summary: str = SUMMARY,
    to_queue: str | None = None,
) -> Escalation:
    return escalate(
        inquiry_id=inquiry_id, agent_id=agent_id, reason=reason, summary=summary, to_queue=to_queue, now=now
    )


def fee_card(fee_fen: int, *, at: dt.datetime, name: str = "with a fee") -> str:
    """A card that pays the fee, in force from the instant."""
    document = rates.card_in_force(db.session(), at)[1].to_json()
    document |= {"name": name, "valid_from": at.isoformat(), "triage_fee_fen": fee_fen}
    before = at - dt.timedelta(hours=1)
    id = create_draft(document=document, now=before, actor_id=None)
    publish(id=id, now=before, actor_id=None)
    return id
