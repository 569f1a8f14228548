"""The platform's numbers, changed by those they belong to."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.cli.doctor import _controls
from gig.core import tunables
from gig.core.audit import AuditEntry
from gig.core.db import transaction
from gig.core.errors import Refused
from gig.core.tunables import TunableChange
from gig.dispatch.operations.claims import claim
from gig.settings import Settings
from tests import builders
from tests.builders import NOON, seconds
from tests.features.dispatch.conftest import Desk, seen
from tests.features.onboarding.people import Browser

LIMIT = "/console/settings/limit_bronze"


def value_of(session: Session, name: str) -> int:
    return tunables.values(seen(session))[name]


def test_a_changed_limit_holds_at_the_next_claim(session: Session, ops: Browser) -> None:
    agent = builders.agent(tier="bronze")
    first, second = builders.inquiry(), builders.inquiry()
    claim(inquiry_id=first, agent_id=agent, now=NOON + seconds(10))
    answer = ops.post(LIMIT, {"value": "1", "reason": "晚高峰人手够"})
    assert "马上生效" in answer.text
    with pytest.raises(Refused) as refused:
        claim(inquiry_id=second, agent_id=agent, now=NOON + seconds(20))
    assert refused.value.slug == "limit-reached"
    ops.post(LIMIT, {"value": "2", "reason": "又忙起来"})
    claim(inquiry_id=second, agent_id=agent, now=NOON + seconds(30))


def test_each_change_is_kept_with_who_when_and_why(session: Session, ops: Browser) -> None:
    ops.post(LIMIT, {"value": "2", "reason": "新手多"})
    page = ops.post(LIMIT, {"value": "4", "reason": "人手紧"})
    for words in ("新手多", "人手紧", "陈雨"):
        assert words in page.text
    changes = seen(session).execute(
        sa.select(TunableChange.value, TunableChange.reason).order_by(TunableChange.id)
    )
    assert [tuple(row) for row in changes] == [(2, "新手多"), (4, "人手紧")]
    noted = seen(session).scalars(sa.select(AuditEntry.reason).where(AuditEntry.action == "tunable.change"))
    assert set(noted) == {"新手多", "人手紧"}


def test_the_same_value_again_changes_nothing(session: Session, ops: Browser) -> None:
    assert "没有改动" in ops.post(LIMIT, {"value": "3", "reason": "手滑"}).text
    assert seen(session).query(TunableChange).count() == 0


@pytest.mark.parametrize("value", ["", "三", "2.5", "-1", "21", "9" * 40, "1e3", "٣", "0x1"])
def test_a_value_that_does_not_fit_is_refused_beside_its_field(
    session: Session, ops: Browser, value: str
) -> None:
    answer = ops.post(LIMIT, {"value": value, "reason": "试"})
    assert answer.status_code == 422
    assert "f-value-errors" in answer.text
    assert value_of(session, "limit_bronze") == 3


@pytest.mark.parametrize("reason", ["", "  ", "长" * 201])
def test_a_change_needs_its_reason(session: Session, ops: Browser, reason: str) -> None:
    answer = ops.post(LIMIT, {"value": "4", "reason": reason})
    assert answer.status_code == 422
    assert "为什么" in answer.text
    assert value_of(session, "limit_bronze") == 3


def test_the_least_scores_of_the_tiers_stay_in_their_order(session: Session, ops: Browser) -> None:
    answer = ops.post("/console/settings/scoring.silver_tenths", {"value": "930", "reason": "试"})
    assert answer.status_code == 422
    assert "依次降低" in answer.text
    ops.post("/console/settings/scoring.silver_tenths", {"value": "870", "reason": "提高一点"})
    assert value_of(session, "scoring.silver_tenths") == 870


def test_each_role_sees_and_changes_its_own_numbers(session: Session, ops: Browser, desk: Desk) -> None:
    finance = desk("finance", "许岚")
    assert "minimum_payout_fen" not in ops.get("/console/settings").text
    assert "limit_bronze" not in finance.get("/console/settings").text
    for browser, name in ((ops, "minimum_payout_fen"), (finance, "limit_bronze"), (ops, "nothing")):
        assert browser.get(f"/console/settings/{name}").status_code == 404
        assert browser.post(f"/console/settings/{name}", {"value": "5", "reason": "试"}).status_code == 404
    page = finance.post("/console/settings/minimum_payout_fen", {"value": "2000", "reason": "手续费涨了"})
    assert "¥20.00" in page.text
    assert value_of(session, "minimum_payout_fen") == 2000


NOTICE = "/console/settings/rate_notice_days"


def test_a_control_is_loosened_by_two_people_and_tightened_by_one(session: Session, desk: Desk) -> None:
    first, second = desk("finance", "许岚"), desk("finance", "李敏")
    page = first.post(NOTICE, {"value": "0", "reason": "急着降价"}).text
    assert "等另一位财务同意后才生效" in page and "急着降价" in page and "由另一位财务同意" in page
    assert value_of(session, "rate_notice_days") == 7
    assert "等同意" in second.get("/console/settings").text
    assert ">同意<" in second.get(NOTICE).text
    assert "马上生效" in second.post(NOTICE, {"value": "0", "reason": "同意"}).text
    assert value_of(session, "rate_notice_days") == 0
    assert "马上生效" in first.post(NOTICE, {"value": "9", "reason": "再想想"}).text
    assert value_of(session, "rate_notice_days") == 9


def test_a_loosening_that_nobody_wants_is_ended_by_keeping_what_is(session: Session, desk: Desk) -> None:
    first, second = desk("finance", "许岚"), desk("finance", "李敏")
    first.post(NOTICE, {"value": "1", "reason": "试"})
    second.post(NOTICE, {"value": "7", "reason": "不改"})
    assert seen(session) and tunables.waiting(session) == {}
    second.post(NOTICE, {"value": "1", "reason": "还是改"})
    assert value_of(session, "rate_notice_days") == 7


@pytest.mark.parametrize(
    ("said", "holds", "waits"),
    [
        ([("a", 3)], 7, 3),
        ([("a", 3), ("a", 0)], 7, 0),
        ([("a", 3), ("b", 0)], 3, 0),
        ([("a", 0), ("b", 3)], 3, None),
        ([("a", 0), ("b", 3), ("a", 0), ("b", 0)], 0, None),
        ([("a", 0), ("b", 8)], 8, None),
        ([("a", 0), ("b", 8), ("b", 0)], 8, 0),
        ([(None, 0)], 0, None),
        ([("a", 0), (None, 7), ("b", 0)], 7, 0),
    ],
)
def test_of_two_who_loosen_differently_the_stricter_holds(
    session: Session, said: list[tuple[str | None, int]], holds: int, waits: int | None
) -> None:
    for who, value in said:
        with transaction() as writing:
            tunables.change(writing, "rate_notice_days", value, actor_id=who, reason="试", now=NOON)
    assert value_of(session, "rate_notice_days") == holds
    found = tunables.waiting(session).get("rate_notice_days")
    assert (found.value if found else None) == waits


@pytest.mark.parametrize(
    ("said", "came"),
    [
        ([("a", 9)], ["holds"]),
        ([("a", 3)], ["waits"]),
        ([("a", 3), ("b", 3)], ["agreed", "agrees"]),
        ([("a", 0), ("b", 3)], ["agreed", "agrees"]),
        ([("a", 3), ("b", 0)], ["agreed", "waits"]),
        ([("a", 3), ("b", 7)], ["refused", "kept"]),
        ([("a", 3), ("a", 7)], ["withdrawn", "kept"]),
        ([("a", 3), ("a", 0)], ["replaced", "waits"]),
        ([("a", 3), ("b", 9)], ["replaced", "holds"]),
        ([("a", 3), (None, 5)], ["replaced", "holds"]),
        ([("a", 3), ("b", 7), ("b", 3)], ["refused", "kept", "waits"]),
    ],
)
def test_a_history_says_what_became_of_each_change(
    session: Session, said: list[tuple[str | None, int]], came: list[str]
) -> None:
    for who, value in said:
        with transaction() as writing:
            tunables.change(writing, "rate_notice_days", value, actor_id=who, reason="试", now=NOON)
    found = list(reversed(tunables.steps(seen(session), "rate_notice_days")))
    assert [step.outcome for step in found] == came
    assert found[-1].holds == value_of(session, "rate_notice_days")
    decided = {"agreed", "refused", "withdrawn", "replaced"}
    assert all((step.by is not None) == (step.outcome in decided) for step in found)


def test_a_proposal_is_listed_as_one_with_who_decided_it_and_when(session: Session, desk: Desk) -> None:
    first, second = desk("finance", "许岚"), desk("finance", "李敏")
    first.post(NOTICE, {"value": "5", "reason": "试"})
    assert "等第二个人同意，还没生效" in first.get(NOTICE).text
    second.post(NOTICE, {"value": "7", "reason": "不改"})
    page = first.get(NOTICE).text
    assert re.search(r"李敏 [-0-9]{10} [0-9:]{5} 没有同意，没生效", page) and "不改，仍按 7 天" in page
    first.post(NOTICE, {"value": "5", "reason": "还是要改"})
    second.post(NOTICE, {"value": "6", "reason": "最多六天"})
    page = first.get(NOTICE).text
    assert re.search(r"李敏 [-0-9]{10} [0-9:]{5} 只同意到 6 天", page) and "同意，当时生效" in page


def test_the_list_names_the_change_that_holds_not_the_one_that_waits(session: Session, desk: Desk) -> None:
    first, second = desk("finance", "许岚"), desk("finance", "李敏")
    first.post(NOTICE, {"value": "9", "reason": "更早说"})
    second.post(NOTICE, {"value": "5", "reason": "太早了"})
    (row,) = [each for each in first.get("/console/settings").text.split("<tr>") if NOTICE in each]
    assert "许岚" in row and "李敏" not in row and "等同意：5 天" in row


def test_a_limit_lists_who_proposed_and_who_agreed(session: Session, desk: Desk) -> None:
    first, second = desk("finance", "许岚"), desk("finance", "李敏")
    limit = "/console/settings/adjust_alone_fen"
    first.post(limit, {"value": "90000", "reason": "多放一点"})
    assert "等第二个人同意，还没生效" in first.get("/console/adjustments").text
    second.post(limit, {"value": "90000", "reason": "同意"})
    page = first.get("/console/adjustments").text
    assert "许岚 · 多放一点" in page and re.search(r"李敏 [-0-9]{10} [0-9:]{5} 同意后生效", page)


def test_what_one_person_had_loosened_alone_is_said_where_work_begins(
    app: Flask, settings: Settings, session: Session, ops: Browser, desk: Desk
) -> None:
    finance = desk("finance", "许岚")
    words = "放宽到 0 天 只有一个人说过，不算数；第二位财务同意之前按 7 天 执行"
    assert words not in ops.get("/console/live").text
    assert [each.level for each in _controls(app, settings)] == ["ok"]
    finance.post(NOTICE, {"value": "0", "reason": "急"})
    assert words in ops.get("/console/live").text
    page = finance.get("/console/periods").text
    assert words in page and NOTICE in page
    seen(session)
    (found,) = _controls(app, settings)
    assert (
        found.level == "note"
        and "rate_notice_days to 0" in found.words
        and "agrees under 设置, 7 holds" in found.words
    )


def test_every_number_that_bounds_others_or_oneself_is_loosened_by_two() -> None:
    controls = {name: each.looser for name, each in tunables.declared.items() if each.looser}
    assert controls == {
        "rate_notice_days": "smaller",
        "adjust_alone_fen": "larger",
        "surge_most_percent": "larger",
        "surge_most_minutes": "larger",
        "surge_most_budget_fen": "larger",
        "outage_most_minutes": "larger",
    }


@pytest.mark.parametrize("role", ["reviewer", "admin"])
def test_the_other_roles_change_no_number(desk: Desk, role: str) -> None:
    browser = desk(role)
    assert browser.get("/console/settings").status_code == 403
    assert browser.post(LIMIT, {"value": "5", "reason": "试"}).status_code == 403


def test_every_number_of_a_role_can_be_opened(ops: Browser, desk: Desk) -> None:
    finance = desk("finance")
    for name, tunable in tunables.declared.items():
        browser = ops if tunable.role == "ops" else finance
        assert browser.get(f"/console/settings/{name}").status_code == 200, name


def test_numbers_are_listed_in_words_and_asked_for_with_their_unit(ops: Browser, desk: Desk) -> None:
    finance = desk("finance")
    listed = ops.get("/console/settings").text
    assert "<b>2 小时</b>" in listed
    assert "10 分钟–24 小时" in listed or "10 分钟–1 天" in listed
    assert '<span class="suffix m3">秒</span>' in ops.get("/console/settings/abandon_after_s").text
    assert "<b>¥10.00</b>" in finance.get("/console/settings").text
    assert '<span class="suffix m3">分</span>' in finance.get("/console/settings/minimum_payout_fen").text
    assert "<b>7 天</b>" in finance.get("/console/settings").text
