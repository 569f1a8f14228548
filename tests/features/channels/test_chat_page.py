"""A customer at their page: asks, waits, is answered, rates, comes back, and leaves."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.channels.operations import chats, greetings, limits
from gig.channels.operations.typing import EVERY, agent_types, customer_types
from gig.core.clock import real_now
from gig.core.db import transaction
from gig.core.outbox import OutboxEvent
from gig.core.tunables import change
from gig.dispatch.models import Inquiry, Message, Rating, TurnQuote
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.replies import reply
from gig.dispatch.operations.resolution import resolve
from gig.scoring.models import ScoreEvent
from tests import builders as a
from tests.builders import seconds
from tests.features.channels.conftest import NewCustomer, words_of

ANSWER = "退款已原路退回，一般 1 到 3 个工作日到账。"


def waiting(**details: object) -> str:
    return a.inquiry(at=real_now() - seconds(60), **details)  # type: ignore[arg-type]


def answered(agent: str, inquiry: str) -> None:
    claim(inquiry_id=inquiry, agent_id=agent, now=real_now())
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=real_now())


def online() -> str:
    return a.agent(seen_at=real_now())


def texts(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(sa.select(Message.text).order_by(Message.sent_at, Message.id)))


def told(session: Session, topic: str) -> list[str]:
    session.rollback()
    query = sa.select(OutboxEvent.type).where(OutboxEvent.topic == topic).order_by(OutboxEvent.id)
    return list(session.scalars(query))


def test_the_page_says_where_the_customer_stands_in_the_queue(
    session: Session, customer: NewCustomer
) -> None:
    for _ in range(3):
        waiting()
    waiting(queue_slug="delivery")
    mine = customer(waiting())
    words = words_of(mine.page())
    assert "前面还有 3 位" in words
    assert "现在没有客服在线" in words
    online()
    assert "估不出要等多久" in words_of(mine.page())
    emergency = customer(waiting(priority=9))
    assert "下一位就是您" in words_of(emergency.page())


def test_the_wait_is_told_from_how_fast_the_queue_has_moved(session: Session, customer: NewCustomer) -> None:
    agent = a.agent(tier="gold", seen_at=real_now())
    for _ in range(4):
        answered(agent, waiting())
    waiting()
    assert "大约还要等 5 分钟" in words_of(customer(waiting()).page())


def test_words_are_sent_once_for_each_press_and_other_words_are_never_lost(
    session: Session, customer: NewCustomer
) -> None:
    inquiry = waiting()
    mine = customer(inquiry)
    first = mine.say("订单尾号 12", "key-1")
    assert (first.status_code, first.location) == (303, mine.url)
    mine.say("订单尾号 12", "key-1")
    mine.say("订单尾号 12，昨天买的", "key-1")
    assert texts(session) == ["我的退款到哪里了？", "订单尾号 12", "订单尾号 12，昨天买的"]
    assert "订单尾号 12，昨天买的" in mine.page()


def test_bad_words_come_back_with_the_reason(session: Session, customer: NewCustomer) -> None:
    mine = customer(waiting())
    for text in ("", "  \n", "长" * 2001, "响\x07铃"):
        refused = mine.say(text)
        assert refused.status_code == 422
        assert 'class="note r"' in refused.text
    assert "长" * 2000 in mine.say("长" * 2001).text
    assert mine.say("\0").status_code == 400
    assert len(texts(session)) == 1
    toast = mine.post("/messages", headers={"HX-Request": "true"}, text="")
    assert (toast.status_code, "先写一句再发" in toast.text) == (422, True)


def test_too_much_at_once_is_refused_kindly_and_nothing_is_lost(
    session: Session, customer: NewCustomer
) -> None:
    inquiry = waiting()
    with transaction() as writing:
        change(writing, "chat_sends_a_minute", 3, actor_id=None, reason="test", now=real_now())
    mine = customer(inquiry)
    assert [mine.say(f"第 {n} 句").status_code for n in range(4)] == [303, 303, 303, 429]
    refused = mine.say("第五句还在")
    assert (refused.status_code, "第五句还在" in refused.text) == (429, True)
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert "发得有点快" in words_of(refused.text)
    assert customer(waiting()).say("别人不受影响").status_code == 303


def test_one_customer_and_one_address_are_bounded_over_all_their_inquiries(
    app: Flask, session: Session, customer: NewCustomer
) -> None:
    with transaction() as writing:
        change(writing, "chat_customer_a_minute", 3, actor_id=None, reason="test", now=real_now())
        change(writing, "chat_address_a_minute", 10, actor_id=None, reason="test", now=real_now())
    same = [customer(waiting(customer="c1")) for _ in range(2)]
    assert [same[n % 2].say(f"我是 {n}").status_code for n in range(4)] == [303, 303, 303, 429]
    others = [customer(waiting(customer=f"d{n}")).say("你好，问一下").status_code for n in range(8)]
    assert others == [303] * 7 + [429]
    elsewhere = customer(waiting(customer="e"), address="10.0.0.7")
    assert elsewhere.say("换个地方").status_code == 303
    limits.forget_old_sends(real_now() + dt.timedelta(hours=2))
    assert same[0].say("过后又可以").status_code == 303


def test_the_same_words_a_third_time_in_a_row_are_not_sent(session: Session, customer: NewCustomer) -> None:
    mine = customer(waiting())
    assert [mine.say("在吗").status_code for _ in range(3)] == [303, 303, 409]
    assert mine.say("订单 12").status_code == 303
    assert mine.say("在吗").status_code == 303


def test_the_greeting_is_the_systems_once_and_moves_no_clock(session: Session, customer: NewCustomer) -> None:
    agent, ops, inquiry = online(), a.person(roles="ops"), waiting()
    words = {"text": "您好，这里是退款客服。", "text_en": "Hello, this is refunds."}
    assert greetings.change_greeting(queue="refund", **words, actor_id=ops, now=real_now())
    assert not greetings.change_greeting(queue="refund", **words, actor_id=ops, now=real_now())
    claim(inquiry_id=inquiry, agent_id=agent, now=real_now())
    before = session.execute(sa.select(TurnQuote.expires_at)).scalar_one()
    mine = customer(inquiry)
    assert mine.page().count("您好，这里是退款客服。") == 1
    assert mine.page().count("您好，这里是退款客服。") == 1
    session.rollback()
    row = session.execute(sa.select(Message).where(Message.author == "system")).scalar_one()
    assert (row.turn_id, row.unpaid_reason) == (None, None)
    assert session.execute(sa.select(TurnQuote.expires_at)).scalar_one() == before
    assert session.get_one(Inquiry, inquiry).open_turn_id
    assert mine.post("/withdrawal").status_code == 303  # a greeting is no reply
    english = session.get_one(Inquiry, waiting())
    chats.open_chat(inquiry=english, english=True, now=real_now())
    assert "Hello, this is refunds." in texts(session)


def test_the_customer_hears_of_the_claim_the_reply_and_the_end(
    session: Session, customer: NewCustomer
) -> None:
    agent, inquiry, unseen = online(), waiting(), waiting()
    customer(inquiry).open()
    answered(agent, inquiry)
    resolve(inquiry_id=inquiry, agent_id=agent, now=real_now())
    assert told(session, f"inquiry:{inquiry}") == ["chat.changed"] * 3
    answered(agent, unseen)
    assert told(session, f"inquiry:{unseen}") == []
    payloads = session.scalars(sa.select(OutboxEvent.payload).where(OutboxEvent.type == "chat.changed"))
    assert set(payloads) == {f'{{"inquiry_id":"{inquiry}"}}'}


def test_typing_is_told_at_a_bounded_rate_to_the_other_side_alone(
    session: Session, customer: NewCustomer
) -> None:
    agent, inquiry = online(), waiting()
    mine = customer(inquiry)
    mine.open()
    assert mine.post("/typing").status_code == 204  # nobody holds it yet
    claim(inquiry_id=inquiry, agent_id=agent, now=real_now())
    now, row = real_now(), session.get_one(Inquiry, inquiry, populate_existing=True)
    assert [customer_types(inquiry=row, now=now + n * EVERY / 2) for n in range(4)] == [
        True,
        False,
        True,
        False,
    ]
    assert [agent_types(inquiry_id=inquiry, agent_id=agent, now=now + n * EVERY / 2) for n in range(3)] == [
        True,
        False,
        True,
    ]
    assert told(session, f"agent:{agent}").count("customer.typing") == 2
    assert told(session, f"inquiry:{inquiry}").count("chat.typing") == 2


def test_a_solved_inquiry_is_rated_once_and_for_its_solver(session: Session, customer: NewCustomer) -> None:
    agent, inquiry = online(), waiting()
    mine = customer(inquiry)
    assert "这次服务怎么样" not in mine.page()
    assert mine.post("/rating", stars="5", resolved="yes").status_code == 409
    answered(agent, inquiry)
    resolve(inquiry_id=inquiry, agent_id=agent, now=real_now())
    assert "这次服务怎么样" in mine.page()
    for bad in ({}, {"stars": "6", "resolved": "yes"}, {"stars": "5"}, {"stars": "5", "resolved": "maybe"}):
        assert mine.post("/rating", **bad).status_code == 422
    for _ in range(2):
        assert mine.post("/rating", stars="4", resolved="yes", comment="谢谢").status_code == 303
    session.rollback()
    rating = session.execute(sa.select(Rating)).scalar_one()
    assert (rating.stars, rating.resolved, rating.comment, rating.agent_id) == (4, True, "谢谢", agent)
    kinds = session.scalars(sa.select(ScoreEvent.kind).where(ScoreEvent.agent_id == agent)).all()
    assert kinds.count("rating") == 1
    assert "您的评价：4 星" in words_of(mine.page())


def test_a_customer_comes_back_within_a_day_and_is_told_when_it_is_over(
    session: Session, customer: NewCustomer
) -> None:
    agent = online()
    back, late = waiting(), waiting()
    for inquiry in (back, late):
        answered(agent, inquiry)
        resolve(inquiry_id=inquiry, agent_id=agent, now=real_now())
    mine = customer(back)
    assert "优先找原来的客服" in words_of(mine.page())
    assert mine.say("还没到账").status_code == 303
    session.rollback()
    row = session.get_one(Inquiry, back)
    assert (row.state, row.reserved_for) == ("open", agent)
    with transaction() as writing:
        long_ago = real_now() - dt.timedelta(hours=25)
        writing.execute(sa.update(Inquiry).where(Inquiry.id == late).values(resolved_at=long_ago))
    over = customer(late)
    assert "这次咨询已结束" in words_of(over.page())
    assert "data-composer" not in over.page()
    refused = over.say("还在吗")
    assert (refused.status_code, "这条咨询已结束，请新开一条。" in refused.text) == (409, True)


def test_a_customer_may_leave_until_somebody_answered(session: Session, customer: NewCustomer) -> None:
    agent, left, answered_one = online(), waiting(), waiting()
    mine = customer(left)
    assert "取消咨询" in mine.page()
    assert mine.post("/withdrawal").status_code == 303
    assert "这次咨询已取消" in words_of(mine.page())
    answered(agent, answered_one)
    other = customer(answered_one)
    assert "取消咨询" not in other.page()
    assert other.post("/withdrawal").status_code == 409


def test_a_page_shows_nothing_of_any_other_inquiry_and_no_name_or_pay(
    session: Session, customer: NewCustomer
) -> None:
    agent, mine, other = a.agent(name="林可", seen_at=real_now()), waiting(), waiting(text="别人的秘密")
    answered(agent, mine)
    page = customer(mine).page()
    assert ANSWER in page
    assert not any(word in page for word in ("别人的秘密", other, "林可", agent, "¥", "计费"))


def test_the_parts_leave_the_forms_alone_until_the_stage_changes(
    session: Session, customer: NewCustomer
) -> None:
    agent, inquiry = online(), waiting()
    mine = customer(inquiry)
    mine.open()
    same = mine.page(part="live", stage="open")
    assert 'id="chat-lines"' in same and 'id="chat-tools"' not in same
    answered(agent, inquiry)
    changed = mine.page(part="live", stage="open")
    assert 'id="chat-tools"' in changed and 'id="chat-composer"' not in changed and "stage=claimed" in changed


def test_opening_again_writes_nothing(session: Session, customer: NewCustomer) -> None:
    inquiry = waiting()
    customer(inquiry).open()
    session.rollback()
    row = session.get_one(Inquiry, inquiry, populate_existing=True)
    version = session.execute(sa.select(sa.func.count()).select_from(OutboxEvent)).scalar_one()
    chats.open_chat(inquiry=row, english=False, now=real_now())
    session.rollback()
    assert session.execute(sa.select(sa.func.count()).select_from(OutboxEvent)).scalar_one() == version
