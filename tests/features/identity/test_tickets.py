"""What a page may hear follows from its reader's standing."""

from __future__ import annotations

import datetime as dt

from flask import Flask
from sqlalchemy.orm import Session

from gig.core.clock import real_now
from gig.core.db import transaction
from gig.dispatch.operations.releases import suspend
from gig.identity.models import Person
from gig.identity.operations.standing import reinstate_agent, revoke_skill
from gig.live.tickets import Ticket, read_ticket
from tests import builders
from tests.features.onboarding.people import Browser, hashed_password, phone_of

WHO = {"actor_id": None, "now": builders.NOON}


def logged_in(app: Flask, session: Session, person_id: str) -> Browser:
    with transaction() as writing:
        writing.get_one(Person, person_id).password_hash = hashed_password()
        writing.flush()
    return Browser(app).log_in(phone_of(session, person_id))


def ticket_of(app: Flask, browser: Browser) -> Ticket:
    text = browser.get("/agent/live-ticket").json["ticket"]
    return read_ticket(app.config["SECRET_KEY"], text, real_now())


def test_an_agent_hears_of_their_queues_only_while_they_may_work(app: Flask, session: Session) -> None:
    id = builders.agent(skills=("delivery", "refund"))
    mine, queues = f"agent:{id}", ("queue:delivery", "queue:refund")
    phone = logged_in(app, session, id)
    assert ticket_of(app, phone).topics == (mine, *queues)
    revoke_skill(agent_id=id, queue="refund", reason="连续答错", **WHO)
    assert ticket_of(app, phone).topics == (mine, "queue:delivery")
    suspend(agent_id=id, actor_id=builders.person(roles="ops"), reason="投诉核实", now=builders.NOON)
    assert ticket_of(app, phone).topics == (mine,)
    reinstate_agent(agent_id=id, reason="已说明", **WHO)
    assert ticket_of(app, phone).topics == (mine, "queue:delivery")


def test_a_ticket_is_no_younger_than_the_request_that_asked_for_it(app: Flask, session: Session) -> None:
    phone = logged_in(app, session, builders.agent())
    before = real_now()
    assert before - dt.timedelta(milliseconds=2) <= ticket_of(app, phone).issued_at <= real_now()
