"""A channel that hands in the same question twice at one moment, as after an answer that it lost."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.dispatch.models import Inquiry, InquiryAlias, Message
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.inquiries import NewInquiry, receive_inquiry
from gig.dispatch.operations.replies import reply
from gig.dispatch.operations.resolution import resolve
from tests import builders as a
from tests.builders import NOON, seconds
from tests.races.test_claims_at_once import ANSWER, LATER, at_once, proved

BACK = LATER + seconds(60)


def counted(session: Session, model: type) -> int:
    return session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()


def test_a_new_question_handed_in_eight_times_at_once_is_one(app: Flask, session: Session) -> None:
    a.queue("refund")
    new, channel = NewInquiry("new", "refund", "late", "还没到"), a.channel()
    calls = [lambda: receive_inquiry(channel_id=channel, new=new, now=NOON)] * 8
    assert at_once(app, calls) == {"done": 8}
    session.rollback()
    assert (counted(session, Inquiry), counted(session, Message)) == (1, 1)
    proved(session)


def test_a_customer_s_return_handed_in_eight_times_at_once_is_one(app: Flask, session: Session) -> None:
    agent, inquiry = a.agent(), a.inquiry(customer="c1", order="o1")
    claim(inquiry_id=inquiry, agent_id=agent, now=LATER)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=LATER + seconds(20))
    resolve(inquiry_id=inquiry, agent_id=agent, now=LATER + seconds(30))
    new = NewInquiry("again", "refund", "late", "还没到", customer_key="c1", order={"external_id": "o1"})
    channel = a.channel()
    calls = [lambda: receive_inquiry(channel_id=channel, new=new, now=BACK)] * 8
    assert at_once(app, calls) == {"done": 8}
    session.rollback()
    assert (counted(session, Inquiry), counted(session, InquiryAlias)) == (1, 1)
    assert counted(session, Message) == 3
    proved(session)
