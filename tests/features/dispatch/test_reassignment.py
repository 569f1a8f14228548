"""改派: a waiting customer goes to another agent, and the first one loses nothing by it."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.clock import real_now
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.dispatch.models import Inquiry, Release, TurnQuote
from gig.dispatch.notices.queries import for_agent
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.reassignment import reassign
from gig.dispatch.operations.replies import reply
from gig.dispatch.queries import feed
from gig.identity.models import Agent
from gig.payouts.ledger.audit import audit
from gig.scoring.models import ScoreEvent
from gig.web.filters import say
from tests import builders as a
from tests.builders import NOON, seconds
from tests.features.dispatch.conftest import seen
from tests.features.dispatch.handing import hand_on as escalate
from tests.features.dispatch.handing import route
from tests.features.onboarding.people import Browser

ANSWER = "您的退款已经原路退回，三天内到账。"
AT = NOON + seconds(60)


def held(owner: str) -> str:
    inquiry = a.inquiry(at=NOON - seconds(60))
    claim(inquiry_id=inquiry, agent_id=owner, now=NOON + seconds(10))
    return inquiry


def hand_on(inquiry: str, *, to: str | None = None, at: dt.datetime = AT) -> str:
    done = reassign(
        inquiry_id=inquiry, to_agent_id=to, reason="快超时了", actor_id=a.person(roles="ops"), now=at
    )
    return done.agent_id


def refused(inquiry: str, slug: str, **how: object) -> None:
    with pytest.raises(Refused) as caught:
        hand_on(inquiry, **how)
    assert caught.value.slug == slug


def test_the_best_free_agent_has_it_alone_for_a_while_and_the_first_owner_loses_nothing(
    session: Session,
) -> None:
    owner, better, worse = a.agent(), a.agent(), a.agent()
    busy, away = a.agent(tier="limited"), a.agent(presence="away")
    held(busy)
    session.execute(sa.update(Agent).where(Agent.id == better).values(score_tenths=950))
    session.commit()
    inquiry = held(owner)
    assert hand_on(inquiry) == better
    found = seen(session).get_one(Inquiry, inquiry, populate_existing=True)
    assert (found.state, found.owner_id, found.reserved_for) == ("open", None, better)
    assert session.scalars(sa.select(ScoreEvent)).all() == []
    assert session.scalars(sa.select(Release)).all() == []
    quote = session.get_one(TurnQuote, (found.open_turn_id, owner))
    assert (quote.ended, quote.gross_fen) == ("returned", 180)
    assert session.get_one(Agent, owner, populate_existing=True).misses_in_row == 0
    assert "不扣分，不算漏答" in say(for_agent(session, owner, AT).told[0].text)
    assert "20 秒内只有你能抢" in say(for_agent(session, better, AT).told[0].text)
    assert for_agent(session, away, AT).told == []
    row = feed.feed(session, feed.standing(session, better, AT), AT)[0]
    assert (row.id, row.reserved) == (inquiry, True)
    with pytest.raises(Refused):
        claim(inquiry_id=inquiry, agent_id=worse, now=AT + seconds(5))
    claim(inquiry_id=inquiry, agent_id=better, now=AT + seconds(5))
    line = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "inquiry.reassign")).one()
    assert (line.object_id, line.reason) == (inquiry, "快超时了")
    assert [each.claim for each in audit(seen(session)) if each.differences] == []


def test_nobody_is_forced_and_after_the_while_it_is_everyones(session: Session) -> None:
    owner, chosen = a.agent(), a.agent()
    inquiry = held(owner)
    assert hand_on(inquiry, to=chosen) == chosen
    claim(inquiry_id=inquiry, agent_id=owner, now=AT + seconds(25))
    quote = seen(session).scalars(sa.select(TurnQuote)).one()
    assert (quote.clock_started_at, quote.ended) == (NOON + seconds(10), None)


def test_an_inquiry_that_nobody_took_can_be_kept_for_one_agent(session: Session) -> None:
    chosen = a.agent()
    inquiry = a.inquiry(at=NOON)
    assert hand_on(inquiry) == chosen
    claim(inquiry_id=inquiry, agent_id=chosen, now=AT + seconds(1))


def test_it_stays_where_it_is_when_nobody_can_take_it(session: Session) -> None:
    owner, unskilled = a.agent(), a.agent(skills=("delivery",))
    inquiry = held(owner)
    refused(inquiry, "nobody-free")
    a.agent()
    refused(inquiry, "not-eligible", to=unskilled)
    refused(inquiry, "moved", at=NOON + seconds(311))
    reply(inquiry_id=inquiry, agent_id=owner, text=ANSWER, now=NOON + seconds(100))
    refused(inquiry, "moved", at=NOON + seconds(110))
    with pytest.raises(Invalid):
        reassign(inquiry_id=inquiry, reason=" ", actor_id=owner, now=AT)
    assert seen(session).get_one(Inquiry, inquiry, populate_existing=True).owner_id == owner


def test_of_a_reply_and_a_reassignment_at_once_one_happens(app: Flask, session: Session) -> None:
    owner = a.agent()
    a.agent()
    inquiry = held(owner)
    start, outcomes = threading.Barrier(2), []

    def act(name: str) -> None:
        with app.app_context():
            start.wait()
            try:
                if name == "reply":
                    reply(inquiry_id=inquiry, agent_id=owner, text=ANSWER, now=AT)
                else:
                    hand_on(inquiry)
                outcomes.append(name)
            except Refused:
                pass
            finally:
                db.session.remove()

    threads = [threading.Thread(target=act, args=(name,)) for name in ("reply", "reassign")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 1
    state = seen(session).get_one(Inquiry, inquiry, populate_existing=True).state
    assert state == ("claimed" if outcomes == ["reply"] else "open")
    assert [each.claim for each in audit(seen(session)) if each.differences] == []


def test_ops_chooses_on_a_page_and_an_unknown_inquiry_is_not_there(session: Session, ops: Browser) -> None:
    now = real_now()
    owner, chosen = a.agent(name="周舟"), a.agent(name="何静")
    inquiry = a.inquiry(at=now - seconds(60))
    claim(inquiry_id=inquiry, agent_id=owner, now=now - seconds(40))
    url = f"/console/live/inquiries/{inquiry}/reassignment"
    page = ops.get(url).text
    assert "周舟" in page
    assert "何静" in page
    assert "写明原因" in ops.post(url, {"agent": chosen, "reason": ""}).text
    ops.post(url, {"agent": chosen, "reason": "换更熟的人"}, follow=False)
    assert seen(session).get_one(Inquiry, inquiry, populate_existing=True).reserved_for == chosen
    assert ops.get(url.replace(inquiry, owner)).status_code == 404


def test_who_handed_the_inquiry_on_is_not_given_it_again(session: Session) -> None:
    route("refund", "senior", now=NOON - seconds(3600))
    escalator, other = (a.agent(skills=("refund", "senior")) for _ in range(2))
    inquiry = held(escalator)
    escalate(inquiry, escalator, now=NOON + seconds(20))
    claim(inquiry_id=inquiry, agent_id=other, now=NOON + seconds(30))
    refused(inquiry, "nobody-free")
    refused(inquiry, "nobody-free", to=escalator)
