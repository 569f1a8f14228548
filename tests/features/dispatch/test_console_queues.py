"""Queues and the names of issue types, as ops keeps them."""

from __future__ import annotations

import json
import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.errors import Invalid
from gig.dispatch.models import Inquiry, Queue
from gig.dispatch.models_lists import IssueType
from gig.dispatch.operations.queues import retire_queue
from tests import builders
from tests.builders import NOON
from tests.features.dispatch.conftest import Desk, seen
from tests.features.onboarding.people import Browser

GOOD = {"slug": "takeaway", "name": "外卖", "name_en": "Takeaway"}


def log_of(session: Session, slug: str) -> list[tuple[str, str | None]]:
    rows = sa.select(AuditEntry.action, AuditEntry.reason).where(AuditEntry.object_id == slug)
    return [(action, reason) for action, reason in seen(session).execute(rows.order_by(AuditEntry.id))]


def test_a_new_queue_takes_inquiries_and_is_called_by_its_name(session: Session, ops: Browser) -> None:
    answer = ops.post("/console/queues", {**GOOD, "easy": "1"})
    assert answer.status_code == 200
    assert "外卖" in answer.text
    made = seen(session).get_one(Queue, "takeaway")
    assert (made.name, made.name_en, made.easy, made.retired_at) == ("外卖", "Takeaway", True, None)
    id = builders.inquiry(queue_slug="takeaway")
    assert seen(session).get_one(Inquiry, id).queue == "takeaway"
    assert log_of(session, "takeaway") == [("queue.create", None)]


@pytest.mark.parametrize("slug", ["", "*", "外卖", "Take", "a b", "-a", "a" * 41, "a/b"])
def test_a_slug_that_is_no_slug_is_refused_beside_its_field(
    session: Session, ops: Browser, slug: str
) -> None:
    answer = ops.post("/console/queues", {**GOOD, "slug": slug})
    assert answer.status_code == 422
    assert "代号只用小写字母" in answer.text
    assert seen(session).query(Queue).count() == 0


@pytest.mark.parametrize("name", ["", "   ", "长" * 31, "a\u0007b"])
def test_a_name_that_is_no_name_is_refused(session: Session, ops: Browser, name: str) -> None:
    assert ops.post("/console/queues", {**GOOD, "name": name}).status_code == 422
    assert ops.post("/console/queues", {**GOOD, "name_en": name}).status_code == 422
    assert seen(session).query(Queue).count() == 0


def test_a_slug_is_given_once(session: Session, ops: Browser) -> None:
    ops.post("/console/queues", GOOD)
    answer = ops.post("/console/queues", {**GOOD, "name": "别的"})
    assert answer.status_code == 409
    assert "已经有这个代号" in answer.text
    assert seen(session).get_one(Queue, "takeaway").name == "外卖"


def test_new_names_and_the_easy_flag_are_kept_with_who_changed_them(session: Session, ops: Browser) -> None:
    builders.queue("refund")
    page = ops.post("/console/queues/refund", {"name": "退款", "name_en": "Refunds", "easy": "1"})
    changed = seen(session).get_one(Queue, "refund")
    assert (changed.name, changed.name_en, changed.easy) == ("退款", "Refunds", True)
    assert "陈雨" in page.text
    ops.post("/console/queues/refund", {"name": "退款", "name_en": "Refunds", "easy": "1"})
    entry = seen(session).scalars(sa.select(AuditEntry).where(AuditEntry.object_id == "refund")).one()
    assert json.loads(entry.detail) == {"name": "退款", "name_en": "Refunds", "easy": True}


def test_a_retired_queue_refuses_new_inquiries_and_keeps_those_it_has(session: Session, ops: Browser) -> None:
    waiting = builders.inquiry()
    answer = ops.post("/console/queues/refund/retirement", {"do": "retire", "reason": "并到售后"})
    assert "已停用" in answer.text
    with pytest.raises(Invalid) as refused:
        builders.inquiry()
    assert "queue" in refused.value.errors
    assert seen(session).get_one(Inquiry, waiting).state == "open"
    assert seen(session).get(Queue, "refund") is not None
    assert log_of(session, "refund") == [("queue.retire", "并到售后")]


def test_a_retired_queue_can_be_used_again(session: Session, ops: Browser) -> None:
    builders.queue("refund")
    retire_queue(slug="refund", reason="试一下", actor_id=None, now=NOON)
    ops.post("/console/queues/refund/retirement", {"do": "restore", "reason": "还需要"})
    assert seen(session).get_one(Queue, "refund").retired_at is None
    assert builders.inquiry()


def test_retiring_needs_a_reason_and_happens_once(session: Session, ops: Browser) -> None:
    builders.queue("refund")
    assert "写明原因" in ops.post("/console/queues/refund/retirement", {"do": "retire", "reason": " "}).text
    assert seen(session).get_one(Queue, "refund").retired_at is None
    ops.post("/console/queues/refund/retirement", {"do": "retire", "reason": "停"})
    ops.post("/console/queues/refund/retirement", {"do": "retire", "reason": "停"})
    assert log_of(session, "refund") == [("queue.retire", "停")]


def test_a_queue_that_is_not_there_answers_404(ops: Browser) -> None:
    assert ops.get("/console/queues/nothing").status_code == 404
    names = {"name": "无", "name_en": "None"}
    assert ops.post("/console/queues/nothing", names).status_code == 404
    retirement = {"do": "retire", "reason": "停"}
    assert ops.post("/console/queues/nothing/retirement", retirement).status_code == 404
    assert ops.get("/console/issue-types/nothing").status_code == 404
    assert ops.post("/console/issue-types/nothing", names).status_code == 404


def test_an_issue_type_gets_names_and_new_names(session: Session, ops: Browser) -> None:
    made = {"slug": "refund_status", "name": "退款进度", "name_en": "Refund status"}
    assert "退款进度" in ops.post("/console/issue-types", made).text
    assert ops.post("/console/issue-types", made).status_code == 409
    assert ops.post("/console/issue-types", {**made, "slug": "*"}).status_code == 422
    changed = {"name": "退款到哪了", "name_en": "Where is my refund"}
    ops.post("/console/issue-types/refund_status", changed)
    kind = seen(session).get_one(IssueType, "refund_status")
    assert (kind.name, kind.name_en) == ("退款到哪了", "Where is my refund")
    assert log_of(session, "refund_status") == [("issue_type.create", None), ("issue_type.edit", None)]


@pytest.mark.parametrize("role", ["reviewer", "finance", "admin"])
@pytest.mark.parametrize(
    "url", ["/console/queues", "/console/issue-types", "/console/agents", "/console/phrases"]
)
def test_only_ops_opens_these_pages(desk: Desk, role: str, url: str) -> None:
    browser = desk(role)
    assert browser.get(url).status_code == 403
    if "agents" not in url:
        assert browser.post(url, {**GOOD, "phrase": "好"}).status_code == 403


def test_the_pages_speak_english_too(ops: Browser) -> None:
    builders.queue("refund")
    ops.post("/language", {"lang": "en", "next": "/"}, follow=False)
    text = ops.get("/console/queues/refund").text
    assert 'lang="en"' in text
    assert ops.get("/console/queues").status_code == 200


@pytest.mark.parametrize(
    ("role", "groups", "first"),
    [
        ("ops", ["运营", "配置", "系统"], "/console/live"),
        ("reviewer", ["质量"], "/console/review"),
        ("finance", ["财务", "系统"], "/console/periods"),
        ("admin", ["系统"], "/console/people"),
    ],
)
def test_the_console_sends_each_role_to_its_first_page(
    desk: Desk, role: str, groups: list[str], first: str
) -> None:
    browser = desk(role)
    assert browser.get("/console").location == browser.get("/console/").location == first
    menu = browser.get(first).text.split('class="side"')[1].split("</nav>")[0]
    assert re.findall(r"<h6>(.*?)</h6>", menu) == groups


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("/console/issue-types", "/console/queues"),
        ("/console/escalations", "/console/escalations"),
        ("/console/phrases", "/console/settings"),
    ],
)
def test_a_page_behind_a_tab_is_marked_in_the_menu(ops: Browser, url: str, entry: str) -> None:
    assert f'<a href="{entry}" class="on" aria-current="page">' in ops.get(url).text
