"""What adjustments plug into the application."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig import scheduler
from gig.core.db import db
from gig.core.text import N_
from gig.identity import menu
from gig.payouts.adjustments import audit, naming, queries  # noqa: F401  (audit declares its checks)
from gig.payouts.adjustments.jobs import JOBS
from gig.payouts.adjustments.models import Adjustment, BackPayShare
from gig.payouts.adjustments.operations import taking
from gig.payouts.adjustments.views import back_pay, console
from gig.payouts.books import causes
from gig.payouts.books.causes import Cause
from gig.payouts.disbursement.holds import Paid, paid_beside, paid_in_inquiries, takers
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.rehearsal import looks
from gig.web import things


def _adjusted() -> Paid:
    """What was given or taken for one reply goes with the pay of its inquiry."""
    award = sa.or_(Adjustment.kind == "bonus", Adjustment.kind == "award")
    key = sa.case((award, sa.literal("award:")), else_=sa.literal("adjustment:")) + Adjustment.id
    return (
        sa.select(Adjustment.agent_id, Earning.inquiry_id, key.label("source_key"))
        .join(Earning, Earning.id == Adjustment.earning_id)
        .where(Adjustment.state == "posted")
    )


def _given() -> Paid:
    """Back pay for its replies holds a payout like the pay of the inquiry."""
    key = sa.literal("adjustment:") + Adjustment.id
    return (
        sa.select(Adjustment.agent_id, Earning.inquiry_id, key.label("source_key"))
        .join(BackPayShare, BackPayShare.adjustment_id == Adjustment.id)
        .join(Earning, Earning.id == BackPayShare.earning_id)
        .where(Adjustment.state == "posted")
    )


def _decided(session: Session, entry: LedgerEntry) -> Cause | None:
    """The adjustment that an entry, or a reversal, follows."""
    kind, id, _rest = causes.parts_of(entry)
    known = kind in ("adjustment", "award", "reversal") and session.get(Adjustment, id) is not None
    return Cause(N_("这笔调整"), f"/console/adjustments/{id}") if known else None


def plug_into(app: Flask) -> None:
    """Finance adjusts pay on its pages; back-pay runs go on by themselves."""
    if _adjusted not in paid_in_inquiries:
        paid_in_inquiries.append(_adjusted)
        paid_beside.append(_given)
        takers.append(taking.take_of_inquiry)
    if queries.waiting_for_two not in looks:
        looks.append(queries.waiting_for_two)
    causes.register(_decided)
    for blueprint in (console.pages, back_pay.pages):
        app.register_blueprint(blueprint)
    scheduler.register(app, *JOBS)
    things.provide(app, adjustment=naming.adjustments)
    menu.offer(
        app,
        menu.Entry(
            "settle",
            N_("调整"),
            "/console/adjustments",
            "scale",
            "settle",
            count=lambda: queries.waiting_count(db.session()),
            tabs=("/console/back-pay",),
        ),
    )
