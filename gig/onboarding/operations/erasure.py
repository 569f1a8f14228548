"""Forgetting who somebody was, when nothing is owed any more."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from gig.core import audit, outbox
from gig.core.db import transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.text import N_
from gig.identity.models import Agent
from gig.onboarding.identities import GONE, obstacles
from gig.onboarding.models import Application
from gig.onboarding.operations.applications import forget_unused
from gig.onboarding.values import SIDES
from gig.payouts.disbursement.models import Payee

REASON_MOST = 200


def erase_identity(*, person_id: str, reason: str, actor_id: str, now: dt.datetime) -> None:
    """Name, number, photos and payout accounts of the person are gone; the book keeps its amounts.

    They count as not verified from here on. Refused while they may still work, wait for a review, or are
    owed or owe anything; doing it again is refused too, for nothing is kept.
    """
    reason = reason.strip()
    if not reason or len(reason) > REASON_MOST:
        raise Invalid({"reason": [N_("写明为什么删除，最多 200 个字。")]})
    with transaction() as session:
        agent = session.get(Agent, person_id, with_for_update=True, populate_existing=True)
        if agent is None:
            raise NotFound
        for obstacle in obstacles(session, agent):
            raise Refused(obstacle.slug, obstacle.words)
        applications = session.scalars(
            sa.select(Application).where(Application.person_id == person_id).with_for_update()
        ).all()
        photos = [blob for application in applications for side in SIDES if (blob := application.photo(side))]
        for application in applications:
            application.legal_name = application.id_number = application.id_index = None
            application.front_blob_id = application.back_blob_id = None
            application.erased_at = now
            if application.reason_text is not None:
                application.reason_text = GONE
        agent.verified_at = None
        session.flush()
        for blob in dict.fromkeys(photos):
            forget_unused(session, blob)
        drafts = sa.and_(Application.person_id == person_id, Application.state == "draft")
        session.execute(sa.delete(Application).where(drafts))
        payees = session.execute(
            sa.update(Payee)
            .where(Payee.agent_id == person_id)
            .values(holder=GONE, account=GONE, account_index="", account_mask=GONE, bank_name=None)
            .returning(Payee.id)
        ).all()
        told = [("person", person_id), *(("application", each.id) for each in applications)]
        for object_type, object_id in told:
            audit.note(
                session,
                actor_id=actor_id,
                action="identity.erase",
                object_type=object_type,
                object_id=object_id,
                reason=reason,
                detail={"applications": len(applications), "photos": len(photos), "payees": len(payees)},
                now=now,
            )
        outbox.emit(session, f"agent:{person_id}", "identity.changed", {}, now=now)
