"""A customer who presses twice, two sides that leave the same mark, two reviewers at one suspicion."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.channels.models import Suspicion
from gig.channels.operations import chats, decisions, signals
from gig.core import tunables
from gig.core.db import db, transaction
from gig.core.ids import new_id
from gig.dispatch.models import Inquiry, Message
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.expiry import sweep_due
from gig.dispatch.operations.replies import reply
from gig.dispatch.operations.resolution import resolve
from gig.payouts.ledger.models import LedgerEntry
from tests import builders as a
from tests.builders import NOON, seconds
from tests.races.test_claims_at_once import ANSWER, LATER, at_once, proved

MARKS = {"device": "d" * 32}


def say(inquiry_id: str, key: str, text: str = "订单尾号 12") -> str:
    inquiry = db.session().get_one(Inquiry, inquiry_id)
    return chats.say(inquiry=inquiry, key=key, text=text, address="10.0.0.1", marks=MARKS, now=LATER)


def test_one_press_is_one_message_and_the_bound_holds(app: Flask, session: Session) -> None:
    inquiry = a.inquiry()
    most = tunables.values(session)["chat_sends_a_minute"]
    assert at_once(app, [lambda: say(inquiry, "same")] * 8) == {"done": 8}
    rest = [lambda n=n: _bounded(inquiry, n) for n in range(most + 4)]
    assert at_once(app, rest) == {"done": len(rest)}
    session.rollback()
    sent = sa.select(sa.func.count()).where(Message.inquiry_id == inquiry, Message.external_id.is_not(None))
    assert session.execute(sent).scalar_one() == most
    proved(session)


def _bounded(inquiry: str, n: int) -> None:
    from gig.core.errors import TooMany

    try:
        say(inquiry, f"key-{n}", f"第 {n} 句")
    except TooMany:
        db.session.rollback()


def test_both_sides_may_leave_the_same_mark_at_one_moment(app: Flask, session: Session) -> None:
    agent = a.agent()
    inquiries = [a.inquiry() for _ in range(4)]

    def as_agent() -> None:
        signals.note_agent(agent_id=agent, marks=MARKS, now=LATER)

    calls = [lambda id=id: say(id, new_id()) for id in inquiries] + [as_agent] * 4
    assert at_once(app, calls) == {"done": 8}
    as_agent()
    session.rollback()
    assert session.execute(sa.select(sa.func.count()).select_from(Suspicion)).scalar_one() == 4
    proved(session)


def test_of_two_opposite_decisions_one_stands(app: Flask, session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    reviewers = [a.person(roles="reviewer") for _ in range(2)]
    signals.note_agent(agent_id=agent, marks=MARKS, now=NOON)
    with transaction() as writing:
        signals.note_customer(writing, inquiry, MARKS, now=NOON)
    claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=LATER + seconds(20))
    resolve(inquiry_id=inquiry, agent_id=agent, now=LATER + seconds(30))
    now = NOON + dt.timedelta(days=2)
    sweep_due(now=now)
    id = session.execute(sa.select(Suspicion.id)).scalar_one()
    session.rollback()
    given = [
        {"suspicion_id": id, "actor_id": reviewer, "reason": "核对过", "now": now} for reviewer in reviewers
    ]
    calls = [
        lambda: decisions.decide_genuine(**given[0]),  # type: ignore[arg-type]
        lambda: decisions.decide_own_customer(**given[1]),  # type: ignore[arg-type]
    ]
    assert at_once(app, calls) == {"done": 1, "already-decided": 1}
    session.rollback()
    state = session.execute(sa.select(Suspicion.state)).scalar_one()
    reversals = session.execute(sa.select(sa.func.count()).where(LedgerEntry.kind == "reversal")).scalar_one()
    assert reversals == (1 if state == "own_customer" else 0)
    proved(session)
