"""Sweeps, acceptances, refusals and claims at the same instant: one offer, one owner."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.dispatch.models import Inquiry, TurnQuote
from gig.dispatch.models_offers import Offer
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.offers import accept, refuse, sweep_offers
from gig.identity.models import Agent
from tests import builders as a
from tests.builders import NOON, seconds
from tests.races.test_claims_at_once import at_once, proved

WAITED = NOON + seconds(20)


def states(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(sa.select(Offer.state)))


def test_two_sweeps_at_once_make_one_offer_for_each(app: Flask, session: Session) -> None:
    for _ in range(6):
        a.agent()
        a.inquiry()
    at_once(app, [lambda: sweep_offers(now=WAITED, wait=seconds(0))] * 4)
    assert states(session) == ["live"] * 6
    pairs = session.execute(sa.select(Offer.inquiry_id, Offer.agent_id)).all()
    assert len({inquiry for inquiry, _ in pairs}) == len({agent for _, agent in pairs}) == 6


def test_an_acceptance_a_lapse_and_a_claim_at_once_leave_one_owner(app: Flask, session: Session) -> None:
    asked, other = a.agent(tier="gold"), a.agent(presence="away")
    inquiry = a.inquiry()
    sweep_offers(now=WAITED, wait=seconds(0))
    offer = session.scalars(sa.select(Offer.id)).one()
    session.rollback()
    set_online(session, other)
    last = WAITED + seconds(8)
    ended = at_once(
        app,
        [
            lambda: accept(offer_id=offer, agent_id=asked, now=last),
            lambda: accept(offer_id=offer, agent_id=asked, now=last),
            lambda: refuse(offer_id=offer, agent_id=asked, zone="Asia/Shanghai", now=last),
            lambda: sweep_offers(now=last + seconds(1), wait=seconds(0)),
            lambda: claim(inquiry_id=inquiry, agent_id=other, now=last),
        ],
    )
    session.rollback()
    found = session.get_one(Inquiry, inquiry, populate_existing=True)
    assert found.owner_id in (asked, other)
    assert session.execute(sa.select(sa.func.count()).select_from(TurnQuote)).scalar_one() == 1
    assert sum(ended.values()) == 5
    sweep_offers(now=last + seconds(2), wait=seconds(0))
    mine = session.scalars(sa.select(Offer.state).where(Offer.id == offer)).one()
    assert (mine == "accepted") == (found.owner_id == asked)
    proved(session)


def set_online(session: Session, agent_id: str) -> None:
    session.execute(sa.update(Agent).where(Agent.id == agent_id).values(presence="online"))
    session.commit()
