"""Many threads at one inquiry, one agent, one turn, one key: the rules hold on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.db import db, is_sqlite
from gig.core.errors import NotFound, Refused
from gig.dispatch.models import Inquiry, Message
from gig.dispatch.operations import claims
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.expiry import sweep_expired
from gig.dispatch.operations.inquiries import add_customer_message
from gig.dispatch.operations.replies import reply
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.audit import audit
from gig.payouts.ledger.models import LedgerEntry
from tests import builders as a
from tests.builders import NOON, seconds

LATER = NOON + seconds(10)
ANSWER = "已为您提交全额退款。"


def at_once(app: Flask, calls: Iterable[Callable[[], object]]) -> Counter[str]:
    """Runs every call in a thread of its own, all let go together; counts how each ended."""
    calls = list(calls)
    start = Barrier(len(calls))

    def run(call: Callable[[], object]) -> str:
        with app.app_context():
            start.wait()
            try:
                call()
                return "done"
            except Refused as refused:
                return refused.slug
            except NotFound:
                return "not-found"
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(calls)) as pool:
        return Counter(pool.map(run, calls))


def proved(session: Session) -> None:
    session.commit()
    broken = [finding for finding in audit(session) if finding.differences]
    assert not broken


def test_of_fifty_claimers_exactly_one_wins(app: Flask, session: Session) -> None:
    agents, inquiry = [a.agent() for _ in range(50)], a.inquiry()
    ended = at_once(
        app, [lambda agent=agent: claim(inquiry_id=inquiry, agent_id=agent, now=LATER) for agent in agents]
    )
    assert ended == {"done": 1, "already-claimed": 49}
    proved(session)


def test_one_agent_claiming_many_at_once_stays_within_the_limit(app: Flask, session: Session) -> None:
    agent, inquiries = a.agent(), [a.inquiry() for _ in range(12)]
    ended = at_once(app, [lambda id=id: claim(inquiry_id=id, agent_id=agent, now=LATER) for id in inquiries])
    assert ended == {"done": 3, "limit-reached": 9}
    held = sa.select(sa.func.count()).where(Inquiry.owner_id == agent)
    assert session.execute(held).scalar_one() == 3


def test_a_turn_answered_ten_times_at_once_pays_once(app: Flask, session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
    at_once(
        app,
        [
            lambda n=n: reply(inquiry_id=inquiry, agent_id=agent, text=f"{ANSWER}{n}", now=LATER + seconds(5))
            for n in range(10)
        ],
    )
    assert session.execute(sa.select(sa.func.count()).select_from(Earning)).scalar_one() == 1
    assert session.execute(sa.select(sa.func.count()).select_from(LedgerEntry)).scalar_one() == 1
    proved(session)


@pytest.mark.parametrize("round", range(3))
def test_a_last_instant_reply_against_the_sweep_leaves_one_outcome(
    app: Flask, session: Session, round: int
) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
    last = LATER + seconds(300)
    ended = at_once(
        app,
        [
            lambda: reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=last),
            lambda: sweep_expired(now=last + seconds(3), wait=seconds(2)),
        ],
    )
    earnings = session.execute(sa.select(sa.func.count()).select_from(Earning)).scalar_one()
    found = session.get_one(Inquiry, inquiry, populate_existing=True)
    assert (earnings, found.state) in ((1, "claimed"), (0, "open"))
    assert earnings == 1 or ended["not-yours"] == 1
    proved(session)


def test_a_question_and_an_answer_at_once_leave_no_turn_without_a_clock(app: Flask, session: Session) -> None:
    agent, inquiry, shop, asked = a.agent(), a.inquiry(), a.channel(), LATER + seconds(5)
    claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
    at_once(
        app,
        [
            lambda: reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=LATER + seconds(5)),
            *(
                lambda n=n: add_customer_message(
                    channel_id=shop, inquiry_id=inquiry, external_id=f"m{n}", text="还在吗", now=asked
                )
                for n in (1, 1, 2, 3)
            ),
        ],
    )
    assert session.execute(sa.select(sa.func.count()).select_from(Message)).scalar_one() == 5
    proved(session)


def test_the_same_inquiry_handed_in_ten_times_at_once_is_there_once(app: Flask, session: Session) -> None:
    a.inquiry(external_id="first")
    ended = at_once(app, [lambda: a.inquiry(external_id="twice", at=LATER) for _ in range(10)])
    assert ended == {"done": 10}
    assert session.execute(sa.select(sa.func.count()).select_from(Inquiry)).scalar_one() == 2


def test_a_claim_shows_the_words_that_came_in_while_it_was_decided(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, inquiry = a.agent(), a.inquiry()
    channel = session.execute(sa.select(Inquiry.channel_id)).scalar_one()
    session.rollback()
    look, looks = claims.look, []

    def customer_adds() -> None:
        with app.app_context():
            add_customer_message(
                channel_id=channel, inquiry_id=inquiry, external_id="more", text="还有一件", now=LATER
            )
            db.session.remove()

    def look_and_be_overtaken(session: Session, *asked: Any) -> Any:
        seen = look(session, *asked)
        looks.append(seen)
        if len(looks) == 1 and not is_sqlite(session):  # on SQLite the customer waits until the claim is done
            with ThreadPoolExecutor(1) as pool:
                pool.submit(customer_adds).result()
        return seen

    monkeypatch.setattr(claims, "look", look_and_be_overtaken)
    claimed = claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
    told = [message.text for message in claimed.thread.messages]
    assert ("还有一件" in told) == (len(looks) == 2) == (not is_sqlite(session))
    assert claimed.thread.inquiry.owner_id == agent
    proved(session)
