"""Appeals on the phone and at the desk: forms, tabs, refusals, object checks, known numbers of statements."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from gig.core import clock
from gig.core.clock import Clock, real_now
from gig.core.db import transaction
from gig.identity.models import Person
from gig.payouts.settlement.operations.closing import close_due
from tests import builders as a
from tests.builders import NOON
from tests.features.adjustments.paying import back_paid
from tests.features.channels.conftest import words_of
from tests.features.onboarding.people import Browser, hashed_password, phone_of
from tests.features.quality.cases import (
    DAY,
    HOUR,
    REPLY,
    TEXT,
    appealed,
    found,
    late_reply,
    missed_turn,
    poor_rating,
    ruled,
)
from tests.statements import counted

Desk = Callable[[str], Browser]
MOST = {"/agent/appeals": 14, "/agent/earnings": 24, "/agent/score": 16, "/console/appeals": 12}
MOST_OF_A_CASE = 24


@pytest.fixture
def at(app: Flask) -> Iterator[Callable[[dt.datetime], None]]:
    """Sets when requests arrive."""
    before = clock.current()
    yield lambda instant: clock.use(Clock(instant, real_now(), 1))
    clock.use(before)


@pytest.fixture
def log_in(app: Flask, session: Session) -> Desk:
    def begin(person_id: str) -> Browser:
        with transaction() as writing:
            writing.get_one(Person, person_id).password_hash = hashed_password()
            writing.flush()
        return Browser(app).log_in(phone_of(session, person_id))

    return begin


@pytest.fixture
def agent(session: Session) -> str:
    return a.agent()


def test_an_agent_appeals_from_the_earnings_page_and_reads_the_outcome(
    agent: str, session: Session, log_in: Desk, at: Callable[[dt.datetime], None]
) -> None:
    at(NOON + HOUR)
    event = late_reply(agent)
    phone = log_in(agent)
    page = words_of(phone.get("/agent/earnings").text)
    assert "有异议，去申诉" in page and "还可申诉 6 天 23 小时" in page
    assert "还可申诉 6 天 23 小时" in words_of(phone.get("/agent/score").text)
    form = words_of(phone.get(f"/agent/appeals/new/{event}").text)
    assert "迟到扣款" in form and "还剩 6 天 23 小时" in form
    empty = phone.post(f"/agent/appeals/new/{event}", {"text": " "})
    assert empty.status_code == 422 and "写 1 到 500 个字" in empty.text
    filed = words_of(phone.post(f"/agent/appeals/new/{event}", {"text": TEXT}).text)
    assert "处理中" in filed and "还剩 8 天 23 小时" in filed and TEXT in filed
    assert "申诉处理中" in words_of(phone.get("/agent/earnings").text)
    assert "申诉处理中" in words_of(phone.get("/agent/score").text)
    (appeal,) = phone.get(f"/agent/appeals/new/{event}").location.rsplit("/", 1)[-1:]
    ruled(appeal, at=NOON + 2 * HOUR)
    at(NOON + 3 * HOUR)
    outcome = words_of(phone.get(f"/agent/appeals/{appeal}").text)
    assert "申诉成立" in outcome and REPLY in outcome and "这一条不再计分" in outcome
    assert "已返还，记在第 47 周的结算单" in outcome
    assert "申诉成立，返还扣款" in words_of(phone.get("/agent/earnings?range=period").text)
    assert "申诉成立，这条不算" in words_of(phone.get("/agent/score").text)


def test_what_is_over_says_so_and_has_no_button(
    agent: str, log_in: Desk, at: Callable[[dt.datetime], None]
) -> None:
    event = late_reply(agent)
    at(NOON + 8 * DAY)
    phone = log_in(agent)
    assert "申诉期已过" in words_of(phone.get("/agent/earnings?day=2026-11-18").text)
    form = words_of(phone.get(f"/agent/appeals/new/{event}").text)
    assert "不能再申诉" in form and "提交申诉" not in form
    late = phone.post(f"/agent/appeals/new/{event}", {"text": TEXT})
    assert late.status_code == 422 and "不能再申诉" in late.text


def test_the_statement_leads_to_what_it_holds_against_the_agent(
    agent: str, log_in: Desk, at: Callable[[dt.datetime], None]
) -> None:
    event, missed = late_reply(agent), missed_turn(agent, at=NOON + HOUR)
    close_due(now=NOON + 5 * DAY)
    at(NOON + 6 * DAY)
    phone = log_in(agent)
    late = phone.get("/agent/statements/week-2026-11-16/late").text
    assert "申诉处理中" not in words_of(late)
    statement = phone.get("/agent/statements/week-2026-11-16").text
    assert 'href="/agent/appeals?period=week-2026-11-16"' in statement
    page = phone.get("/agent/appeals?period=week-2026-11-16").text
    assert f"/agent/appeals/new/{event}" in page and f"/agent/appeals/new/{missed}" in page
    at(NOON + 20 * DAY)
    page = words_of(phone.get("/agent/appeals?period=week-2026-11-16").text)
    assert page.count("已截止") == 2
    assert phone.get("/agent/appeals?period=nonsense").status_code == 404


def test_a_late_line_of_a_statement_says_that_its_appeal_waits_before_it_is_opened(
    agent: str, log_in: Desk, at: Callable[[dt.datetime], None]
) -> None:
    event = late_reply(agent)
    close_due(now=NOON + 5 * DAY)
    appealed(agent, event, at=NOON + 6 * DAY)
    at(NOON + 6 * DAY + HOUR)
    page = log_in(agent).get("/agent/statements/week-2026-11-16/late").text
    (closed,) = re.findall(r"<summary.*?</summary>", page, re.DOTALL)
    assert "申诉处理中" in words_of(closed)


def test_another_agents_appeal_and_event_do_not_exist(
    agent: str, log_in: Desk, at: Callable[[dt.datetime], None]
) -> None:
    at(NOON + HOUR)
    event = late_reply(agent)
    appeal = appealed(agent, event)
    other = log_in(a.agent())
    for path in (f"/agent/appeals/{appeal}", f"/agent/appeals/new/{event}", "/agent/appeals/nonsense"):
        assert other.get(path).status_code == 404, path
    assert other.post(f"/agent/appeals/new/{event}", {"text": TEXT}).status_code == 404
    assert "/agent/appeals/new/" not in other.get("/agent/appeals").text


@pytest.mark.parametrize("role", ["agent", "ops", "finance", "admin"])
def test_only_reviewers_see_the_desk(role: str, agent: str, session: Session, log_in: Desk) -> None:
    appeal = appealed(agent, late_reply(agent))
    person = agent if role == "agent" else a.person(roles=role)
    desk = log_in(person)
    for path in ("/console/appeals", f"/console/appeals/{appeal}", "/console/appeals/ring"):
        assert desk.get(path).status_code == 403, path
    answer = desk.post(
        f"/console/appeals/{appeal}/ruling", {"verdict": "upheld", "cause": "rule", "reply": "x"}
    )
    assert answer.status_code == 403 and found(session, appeal).state == "open"


def test_a_reviewer_sees_the_evidence_and_rules(
    agent: str, session: Session, log_in: Desk, at: Callable[[dt.datetime], None]
) -> None:
    at(NOON + HOUR)
    appeal = appealed(agent, late_reply(agent))
    desk = log_in(a.person(roles="reviewer", name="周航"))
    listed = words_of(desk.get("/console/appeals").text)
    assert "迟到扣款" in listed and "剩 8 天 23 小时" in listed
    page = words_of(desk.get(f"/console/appeals/{appeal}").text)
    for wanted in (
        TEXT,
        "服务器收到回复，判定迟到 14 秒",
        "规则匹配：用时 74.0 秒，超过 60 秒扣 20%",
        "应付佣金 · 林可",
        "计入第 47 周（未关账）",
        "近 30 天申诉 1 次 · 成立 0",
        "系统按规则",
    ):
        assert wanted in page, wanted
    missing = desk.post(f"/console/appeals/{appeal}/ruling", {"verdict": "upheld"})
    assert missing.status_code == 422 and "选一个归因" in missing.text
    wrong = desk.post(
        f"/console/appeals/{appeal}/ruling",
        {"verdict": "partly", "part": "1,00x", "cause": "rule", "reply": REPLY},
    )
    assert wrong.status_code == 422 and "金额要写成数字" in wrong.text
    (whole,) = set(re.findall(r"data-fen>([\d.]+)<", wrong.text))
    assert f"部分成立时记写明的金额，不是 ¥{whole}" in wrong.text, "no part can be read: all of it stands"
    unsaid = desk.post(f"/console/appeals/{appeal}/ruling", {"verdict": "partly", "part": "0.10"})
    assert unsaid.text.count("data-fen>0.10") == 2 and "只记写明的 ¥0.10" in unsaid.text
    ruling = {"verdict": "partly", "part": "0.10", "cause": "platform", "reply": REPLY}
    done = words_of(desk.post(f"/console/appeals/{appeal}/ruling", ruling).text)
    assert "已裁定，返还 ¥0.10" in done and "申诉部分成立" in done and "周航" in done
    again = words_of(desk.post(f"/console/appeals/{appeal}/ruling", ruling).text)
    assert "已经有人裁定过了" in again
    assert found(session, appeal).returned_fen == 10
    assert "周航" in words_of(desk.get("/console/appeals?decided=1").text)
    assert desk.get("/console/appeals/nonsense").status_code == 404


def test_a_rating_shows_what_the_customer_said(
    agent: str, log_in: Desk, at: Callable[[dt.datetime], None]
) -> None:
    at(NOON + HOUR)
    appeal = appealed(agent, poor_rating(agent))
    page = words_of(log_in(a.person(roles="reviewer")).get(f"/console/appeals/{appeal}").text)
    assert "客户评了 1 星" in page and "没用" in page and "没有规则能单独判" in page
    assert "写入账本" not in page


def test_an_overdue_one_is_red_at_the_desk_and_said_to_the_agent(
    agent: str, log_in: Desk, at: Callable[[dt.datetime], None]
) -> None:
    appeal = appealed(agent, late_reply(agent))
    at(NOON + 10 * DAY)
    desk = log_in(a.person(roles="reviewer"))
    listed = desk.get("/console/appeals").text
    assert "1 件过了答复期" in words_of(listed) and 'class="n num hot"' in listed
    assert "/console/appeals/ring" in listed and "有申诉过了" in desk.get("/console/appeals/ring").text
    assert "已催审核" in words_of(log_in(agent).get(f"/agent/appeals/{appeal}").text)


def test_pages_take_known_numbers_of_statements(
    agent: str, log_in: Desk, at: Callable[[dt.datetime], None]
) -> None:
    at(NOON + 2 * HOUR)
    first = appealed(agent, late_reply(agent))
    phone, desk = log_in(agent), log_in(a.person(roles="reviewer"))
    pages = {
        (phone, "/agent/appeals"): 0,
        (phone, "/agent/earnings"): 0,
        (phone, "/agent/score"): 0,
        (desk, "/console/appeals"): 0,
        (desk, f"/console/appeals/{first}"): 0,
    }
    for who, path in pages:
        who.get(path)
        with counted() as sent:
            assert who.get(path).status_code == 200
        pages[who, path] = len(sent)
    for minute in range(1, 8):
        appealed(agent, late_reply(agent, at=NOON + dt.timedelta(minutes=5 * minute)), at=NOON + HOUR)
    for (who, path), before in pages.items():
        with counted() as sent:
            assert who.get(path).status_code == 200
        assert len(sent) <= before, path  # the first look of the day notes the browser
        assert len(sent) <= MOST.get(path, MOST_OF_A_CASE), path


def test_the_desk_says_what_back_pay_has_given_for_the_reply(
    agent: str, session: Session, log_in: Desk, at: Callable[[dt.datetime], None]
) -> None:
    at(NOON + 2 * DAY)
    appeal = appealed(agent, late_reply(agent))
    desk = log_in(a.person(roles="reviewer"))
    assert "已经补发过" not in words_of(desk.get(f"/console/appeals/{appeal}").text)
    back_paid(NOON, now=NOON + 2 * DAY)
    page = words_of(desk.get(f"/console/appeals/{appeal}").text)
    assert "这条回复已经补发过 ¥0.20，返还会再加在上面" in page
