"""通知: who reads what, until when, and how often ops may speak."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.clock import real_now
from gig.core.db import transaction
from gig.core.errors import NotFound, Refused
from gig.dispatch.notices.models import Notice
from gig.dispatch.notices.operations import broadcast, put_away, take_back, tell_agent
from gig.dispatch.notices.queries import for_agent
from gig.identity.models import Person
from tests import builders as a
from tests.builders import NOON, seconds
from tests.features.dispatch.conftest import seen
from tests.features.onboarding.people import Browser, hashed_password, phone_of
from tests.statements import counted

SOON = NOON + seconds(1)


def send(
    text: str, audience: str = "all", queue: str | None = None, *, minutes: int = 30, at: dt.datetime = NOON
) -> str:
    return broadcast(
        text=text, audience=audience, queue=queue, minutes=minutes, actor_id=a.person(roles="ops"), now=at
    )


def told(session: Session, agent: str, at: dt.datetime = SOON) -> set[str]:
    return {each.text.message for each in for_agent(seen(session), agent, at).told}


def test_each_audience_reads_what_is_meant_for_it_until_it_expires(session: Session) -> None:
    online, away = a.agent(), a.agent(presence="away", skills=("delivery",))
    send("100% 都看")
    send("在线的看", "online")
    send("小休的回来", "away", minutes=1)
    assert told(session, online) == {"100% 都看", "在线的看"}
    assert told(session, away) == {"100% 都看", "小休的回来"}
    assert told(session, away, NOON + seconds(60)) == {"100% 都看"}
    send("配送的看", "queue", "delivery")
    assert "配送的看" in told(session, away)
    assert "配送的看" not in told(session, online)


def test_what_was_put_away_or_taken_back_is_not_shown(session: Session) -> None:
    agent, other = a.agent(), a.agent()
    id = send("今晚加成")
    for _ in range(2):
        put_away(id=id, agent_id=agent, now=NOON)
    assert told(session, agent) == set()
    assert told(session, other) == {"今晚加成"}
    for _ in range(2):
        take_back(id=id, actor_id=a.person(roles="ops"), now=NOON)
    assert told(session, other) == set()
    actions = seen(session).scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["notice.send", "notice.take-back"]


def test_a_notice_to_one_agent_is_not_there_for_another(session: Session) -> None:
    agent, other = a.agent(), a.agent()
    with transaction() as writing:
        tell_agent(writing, agent, "只给你", {}, lasts=seconds(60), now=NOON)
    id = session.scalars(sa.select(Notice.id)).one()
    assert told(session, agent) == {"只给你"}
    assert told(session, other) == set()
    with pytest.raises(NotFound):
        put_away(id=id, agent_id=other, now=NOON)


def test_ops_speaks_so_many_times_an_hour_at_most(session: Session) -> None:
    for number in range(6):
        send(f"第 {number} 条")
    with pytest.raises(Refused, match="一小时内已发 6 条"):
        send("第 7 条")
    send("一小时后", at=NOON + seconds(3600))


def test_more_than_one_notice_of_ours_is_one_line_until_it_is_opened(app: Flask, session: Session) -> None:
    agent = a.agent(seen_at=real_now())
    with transaction() as writing:
        writing.get_one(Person, agent).password_hash = hashed_password()

    def tell(text: str) -> None:
        with transaction() as writing:
            tell_agent(writing, agent, text, {}, lasts=dt.timedelta(hours=1), now=real_now())

    tell("申诉一有结果了")
    phone = Browser(app).log_in(phone_of(session, agent))
    assert "<details" not in phone.get("/agent/notices").text
    tell("申诉二有结果了")
    folded = phone.get("/agent/notices").text
    assert folded.index("2 条新通知") < folded.index("申诉一") and "<details" in folded
    tell("申诉三有结果了")
    send("晚高峰缺人", at=real_now())
    shown = phone.get("/agent/notices").text
    assert "3 条新通知" in shown and "还有 1 条会出来" in shown
    assert phone.get("/agent/notices").text.index("晚高峰缺人") < phone.get("/agent/notices").text.index(
        "<details"
    )


def test_the_line_counts_those_that_are_not_shown_yet_with_one_statement(session: Session) -> None:
    agent = a.agent()
    for number in range(4):
        with transaction() as writing:
            tell_agent(writing, agent, f"申诉{number}", {}, lasts=seconds(60), now=NOON)
    send("晚高峰缺人", at=NOON + seconds(0.5))
    fresh = seen(session)
    with counted() as sent:
        board = for_agent(fresh, agent, SOON)
    assert ([each.text.message for each in board.told], board.ours, board.hidden) == (
        ["晚高峰缺人", "申诉3", "申诉2"],
        4,
        2,
    )
    assert len(sent) == 1
    for each in board.told:
        put_away(id=each.id, agent_id=agent, now=SOON)
    board = for_agent(seen(session), agent, SOON)
    assert ([each.text.message for each in board.told], board.ours, board.hidden) == (
        ["申诉1", "申诉0"],
        2,
        0,
    )


def test_ops_sends_on_a_page_and_the_agent_reads_and_puts_it_away(
    app: Flask, session: Session, ops: Browser
) -> None:
    agent = a.agent(seen_at=real_now())
    with transaction() as writing:
        writing.get_one(Person, agent).password_hash = hashed_password()
    form = {"text": "晚高峰缺人，请回来", "audience": "queue", "queue": "refund", "minutes": "30"}
    assert "已发出" in ops.post("/console/notices", form).text
    assert "写 1 到 120 个字" in ops.post("/console/notices", {**form, "text": ""}).text
    phone = Browser(app).log_in(phone_of(session, agent))
    assert "晚高峰缺人" in phone.get("/agent/feed").text
    id = seen(session).scalars(sa.select(Notice.id)).one()
    phone.post(f"/agent/notices/{id}/read")
    assert "晚高峰缺人" not in phone.get("/agent/feed").text
    assert "1 人" in ops.get("/console/notices").text
    assert "已收回" in ops.post(f"/console/notices/{id}/withdrawal").text
