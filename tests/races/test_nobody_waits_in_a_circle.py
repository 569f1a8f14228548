"""What agents, the sweep and customers do at one moment ends; nobody is told of a fault that is ours."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.db import db, transaction
from gig.dispatch.models import Inquiry
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.expiry import sweep_expired
from gig.dispatch.operations.inquiries import add_customer_message
from gig.dispatch.operations.releases import suspend
from gig.dispatch.operations.replies import reply
from gig.identity.models import Agent
from tests import builders as a
from tests.builders import NOON, seconds
from tests.races.test_claims_at_once import at_once, proved
from tests.races.waiting import until_it_waits

LATER = NOON + seconds(10)
ANSWER = "已为您提交全额退款。"


def test_claiming_twice_at_once_succeeds_twice(app: Flask, session: Session) -> None:
    for _ in range(5):
        agent, inquiry = a.agent(), a.inquiry()
        ended = at_once(app, [lambda: claim(inquiry_id=inquiry, agent_id=agent, now=LATER)] * 4)  # noqa: B023
        assert ended == {"done": 4}
    proved(session)


def test_agents_who_claim_each_others_expired_inquiries_amid_the_sweep(app: Flask, session: Session) -> None:
    agents = [a.agent() for _ in range(6)]
    held = [[a.inquiry() for _ in range(2)] for _ in agents]
    for agent, inquiries in zip(agents, held, strict=True):
        for inquiry in inquiries:
            claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
    then = LATER + seconds(400)
    calls: list[Callable[[], object]] = [
        lambda agent=agent, id=id: claim(inquiry_id=id, agent_id=agent, now=then)  # type: ignore[misc]
        for place, agent in enumerate(agents)
        for id in held[(place + 1) % len(agents)]
    ]
    ended = at_once(app, [*calls, lambda: sweep_expired(now=then, wait=seconds(2))])
    assert sum(ended.values()) == len(calls) + 1
    sweep_expired(now=then, wait=seconds(2))
    assert session.scalars(sa.select(Inquiry.id).where(Inquiry.expires_at < then)).all() == []
    assert set(session.scalars(sa.select(Agent.misses_in_row))) == {2}
    proved(session)


def test_a_message_sent_while_a_question_comes_in_is_never_lost(app: Flask, session: Session) -> None:
    """The agent's message waits for the customer's; on PostgreSQL it has looked before that one was there."""
    agent, inquiry, shop = a.agent(), a.inquiry(), a.channel()
    claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=LATER + seconds(5))
    ended: list[Any] = []

    def send() -> None:
        with app.app_context():
            text = ANSWER + "还有一张券。"
            ended.append(
                reply(inquiry_id=inquiry, agent_id=agent, text=text, now=LATER + seconds(30)).earning
            )
            db.session.remove()

    sending = Thread(target=send)
    with transaction():
        add_customer_message(
            channel_id=shop, inquiry_id=inquiry, external_id="m", text="还在吗", now=LATER + seconds(20)
        )
        sending.start()
        until_it_waits(sending)
    sending.join()
    assert [each.latency_us for each in ended] == [10_000_000]
    proved(session)


def test_a_question_that_comes_in_while_its_agent_is_suspended_goes_back_to_the_feed(
    app: Flask, session: Session
) -> None:
    """The suspension waits for the customer's message; on PostgreSQL it must look again after it."""
    agent, inquiry, shop, ops = a.agent(), a.inquiry(), a.channel(), a.person(roles="ops")
    claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=LATER + seconds(5))
    ended: list[str] = []

    def stop() -> None:
        with app.app_context():
            suspend(agent_id=agent, actor_id=ops, reason="冒用账号", now=LATER + seconds(30))
            ended.append("done")
            db.session.remove()

    stopping = Thread(target=stop)
    with transaction():
        add_customer_message(
            channel_id=shop, inquiry_id=inquiry, external_id="m", text="还在吗", now=LATER + seconds(20)
        )
        stopping.start()
        until_it_waits(stopping)
    stopping.join()
    assert ended == ["done"]
    session.rollback()
    found = session.get_one(Inquiry, inquiry, populate_existing=True)
    assert (found.state, found.open_turn_id is not None) == ("open", True)
    proved(session)
