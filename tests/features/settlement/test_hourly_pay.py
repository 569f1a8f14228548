"""What an hour of active time paid, and what this hour may bring, on the page that says why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from gig.core import clock
from gig.core.businesstime import business_zone
from gig.core.clock import Clock, real_now
from gig.core.db import transaction
from gig.identity.models import Duty
from gig.payouts.earnings import hourly
from tests.features.settlement import books
from tests.features.settlement.books import HOUR, WEDNESDAY, WEEKS
from tests.features.settlement.conftest import Desk
from tests.features.settlement.test_finance_pages import words
from tests.statements import counted

SHANGHAI = business_zone("Asia/Shanghai")
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def at(app: Flask) -> Iterator[Callable[[dt.datetime], None]]:
    before = clock.current()
    yield lambda instant: clock.use(Clock(instant, real_now(), 1))
    clock.use(before)


def online(agent: str, began_at: dt.datetime, ended_at: dt.datetime | None) -> None:
    with transaction() as session:
        due = began_at + 4 * HOUR
        session.add(Duty(agent_id=agent, began_at=began_at, ended_at=ended_at, rest_due_at=due))
        session.flush()


def test_a_day_says_what_an_hour_paid_and_of_what(
    session: Session, desk: Desk, at: Callable[[dt.datetime], None]
) -> None:
    lin = books.agent(payee=False)
    online(lin, WEDNESDAY - HOUR, WEDNESDAY + 30 * MINUTE)
    books.earn(lin, 400)
    books.earn(lin, 360, base=360, penalty=72, at=WEDNESDAY + 10 * MINUTE)
    at(WEDNESDAY + 2 * HOUR)
    page = words(desk(person_id=lin).get("/agent/earnings").text)
    assert "真实时薪 活跃 1 小时 30 分 ¥4.59 /小时" in page
    assert "活跃时间是你在线的时间" in page


def test_a_day_without_time_online_says_that_it_cannot_tell(
    session: Session, desk: Desk, at: Callable[[dt.datetime], None]
) -> None:
    lin = books.agent(payee=False)
    books.earn(lin, 400)
    at(WEDNESDAY + 2 * HOUR)
    page = words(desk(person_id=lin).get("/agent/earnings").text)
    assert "没有在线记录，算不出" in page and "数据太少，先不估" in page


def test_an_open_span_online_counts_up_to_now(session: Session) -> None:
    lin = books.agent(payee=False)
    online(lin, WEDNESDAY, None)
    span = SHANGHAI.day_bounds(SHANGHAI.day_of(WEDNESDAY))
    found = hourly.worked(session, lin, *span, pay_fen=600, now=WEDNESDAY + 30 * MINUTE)
    assert (found.active.whole, found.hourly_fen) == (30 * MINUTE, 1200)


def test_this_hour_is_told_from_the_same_hour_of_the_same_weekday(
    session: Session, desk: Desk, at: Callable[[dt.datetime], None]
) -> None:
    lin = books.agent(payee=False)
    for back, fen in enumerate((200, 400, 300, 100), start=1):
        begin = WEDNESDAY - back * WEEKS
        online(lin, begin, begin + HOUR)
        books.earn(lin, fen, base=min(fen, 400), at=begin + 20 * MINUTE)
        books.earn(lin, 400, at=begin + HOUR)  # the hour after
        books.earn(lin, 400, at=begin - dt.timedelta(days=1))  # another weekday
    now = WEDNESDAY + 15 * MINUTE
    found = hourly.this_hour(session, lin, SHANGHAI, now)
    assert (found.seen, found.low_fen, found.middle_fen, found.high_fen) == (4, 100, 250, 400)
    at(now)
    page = words(desk(person_id=lin).get("/agent/earnings").text)
    assert "这一小时（13 点）预计 过去 4 次同一天同一时段 ¥1.00–4.00" in page
    assert "不是承诺" in page


def test_another_day_and_a_period_have_no_forecast(
    session: Session, desk: Desk, at: Callable[[dt.datetime], None]
) -> None:
    lin = books.agent(payee=False)
    books.earn(lin, 400)
    at(WEDNESDAY + 2 * HOUR)
    phone = desk(person_id=lin)
    for query in ("range=period", "day=2026-11-17"):
        page = words(phone.get(f"/agent/earnings?{query}").text)
        assert "真实时薪" in page and "预计" not in page


def test_it_takes_four_statements_however_much_was_worked(session: Session) -> None:
    lin = books.agent(payee=False)
    span = SHANGHAI.day_bounds(SHANGHAI.day_of(WEDNESDAY))
    for minutes in range(40):
        start = WEDNESDAY + minutes * MINUTE
        online(lin, start, start + MINUTE / 2)
        books.earn(lin, 100, at=start)
    with counted() as sent:
        hourly.worked(session, lin, *span, pay_fen=4000, now=WEDNESDAY + HOUR)
        hourly.this_hour(session, lin, SHANGHAI, WEDNESDAY + HOUR)
    assert len(sent) == 4


def test_a_repeated_hour_is_looked_up_once() -> None:
    berlin = business_zone("Europe/Berlin")
    now = dt.datetime(2026, 11, 1, 1, 30, tzinfo=dt.UTC)  # 02:30, a week after the clocks went back
    hours = hourly.earlier_hours(berlin, now)
    assert len(set(hours)) == 8 and all(end - start == HOUR for start, end in hours)
