"""Forgetting who somebody was, when nothing is owed any more."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit
from gig.core.db import transaction
from gig.core.errors import NotFound, Refused
from gig.core.text import N_
from gig.identity.models import Agent
from gig.onboarding.models import Application
from gig.onboarding.operations.applications import forget_unused
from gig.onboarding.values import SIDES
from gig.payouts.disbursement.models import Payee, PayoutLine
from gig.payouts.ledger.accounts import payable
from gig.payouts.ledger.queries import balances

GONE = "—"


def erase_identity(*, person_id: str, reason: str, actor_id: str, now: dt.datetime) -> None:
    """Name, number, photos and payout accounts of the person are gone; the book keeps its amounts.

    Refused while they may still work, wait for a review, or are owed or owe anything.
    """
    with transaction() as session:
        agent = session.get(Agent, person_id, populate_existing=True)
        if agent is None:
            raise NotFound
        _refuse_too_early(session, agent)
        applications = session.scalars(sa.select(Application).where(Application.person_id == person_id)).all()
        photos = [blob for application in applications for side in SIDES if (blob := application.photo(side))]
        for application in applications:
            application.legal_name = application.id_number = application.id_index = None
            application.front_blob_id = application.back_blob_id = None
            application.erased_at = now
            if application.reason_text is not None:
                application.reason_text = GONE
        session.flush()
        for blob in dict.fromkeys(photos):
            forget_unused(session, blob)
        session.execute(sa.delete(Application).where(_drafts_of(person_id)))
        session.execute(
            sa.update(Payee)
            .where(Payee.agent_id == person_id)
            .values(holder=GONE, account=GONE, account_index="", account_mask=GONE, bank_name=None)
        )
        audit.note(
            session,
            actor_id=actor_id,
            action="identity.erase",
            object_type="person",
            object_id=person_id,
            reason=reason,
            now=now,
        )


def _drafts_of(person_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(Application.person_id == person_id, Application.state == "draft")


def _refuse_too_early(session: Session, agent: Agent) -> None:
    if agent.stage not in ("applicant", "left"):
        raise Refused("still-here", N_("对方还在职，离开并结清后才能删除实名信息。"))
    waits = sa.exists().where(Application.person_id == agent.id, Application.state == "submitted")
    if session.execute(sa.select(waits)).scalar_one():
        raise Refused("in-review", N_("申请正在审核，有结果后才能删除实名信息。"))
    moving = sa.exists().where(
        PayoutLine.agent_id == agent.id, PayoutLine.state.in_(("planned", "held", "in_transit"))
    )
    owed = any(balance.fen for balance in balances(session) if balance.account == payable(agent.id))
    if owed or session.execute(sa.select(moving)).scalar_one():
        raise Refused("unsettled", N_("还有没结清的钱，结清后才能删除实名信息。"))
