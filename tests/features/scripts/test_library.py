"""The library as operations keep it: written, worded anew, retired, with every wording kept."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.db import transaction
from gig.core.errors import Refused
from gig.core.ids import new_id
from gig.dispatch.scripts.models import ScriptVersion
from gig.dispatch.scripts.operations.library import Wording, edit_script
from gig.dispatch.scripts.queries.library import library
from tests import builders
from tests.builders import NOON
from tests.features.onboarding.people import Browser
from tests.features.scripts.conftest import script

HERE = "/console/scripts"
FORM = {
    "title": "退款到账时效",
    "text": "订单 {order} 已退款。",
    "stage": "answer",
    "queue": "",
    "issue_type": "",
}


def versions(session: Session, script_id: str) -> list[tuple[int, str, bool]]:
    session.rollback()
    query = sa.select(ScriptVersion.number, ScriptVersion.text, ScriptVersion.retired)
    rows = session.execute(query.where(ScriptVersion.script_id == script_id).order_by(ScriptVersion.number))
    return [tuple(row) for row in rows]


def only_script(session: Session) -> str:
    session.rollback()
    return session.scalars(sa.select(ScriptVersion.script_id).distinct()).one()


def test_a_script_is_written_worded_anew_and_keeps_both_wordings(session: Session, ops: Browser) -> None:
    page = ops.post(HERE, FORM)
    assert "话术已建好" in page.text
    script_id = only_script(session)
    page = ops.post(
        f"{HERE}/{script_id}", {**FORM, "text": "订单 {order} 今天到账。", "seen": "1", "reason": "更快了"}
    )
    assert "第 2 版已生效" in page.text
    for words in ("订单 {order} 已退款。", "订单 {order} 今天到账。", "更快了", "陈雨"):
        assert words in page.text
    assert versions(session, script_id) == [(1, FORM["text"], False), (2, "订单 {order} 今天到账。", False)]
    assert library(session)[script_id].text == "订单 {order} 今天到账。"
    of_scripts = sa.select(AuditEntry.action).where(AuditEntry.object_type == "script")
    noted = session.scalars(of_scripts.order_by(AuditEntry.id))
    assert list(noted) == ["script.create", "script.edit"]


def test_the_same_words_again_are_no_version(session: Session, ops: Browser) -> None:
    ops.post(HERE, FORM)
    script_id = only_script(session)
    assert "没有新版本" in ops.post(f"{HERE}/{script_id}", {**FORM, "seen": "1"}).text
    assert len(versions(session, script_id)) == 1


def test_who_edits_an_old_version_is_told_and_nothing_is_lost(session: Session, ops: Browser) -> None:
    ops.post(HERE, FORM)
    script_id = only_script(session)
    ops.post(f"{HERE}/{script_id}", {**FORM, "text": "第一位写的", "seen": "1"})
    answer = ops.post(f"{HERE}/{script_id}", {**FORM, "text": "第二位写的", "seen": "1"})
    assert answer.status_code == 409
    assert "刚才有人改过" in answer.text
    assert "第二位写的" in answer.text
    assert [text for _, text, _ in versions(session, script_id)] == [FORM["text"], "第一位写的"]
    with pytest.raises(Refused):
        edit_script(
            script_id=script_id, wording=Wording("题", "文", "answer"), seen=1, actor_id="x", now=NOON
        )


def test_a_retired_script_leaves_the_list_and_comes_back(session: Session, ops: Browser) -> None:
    ops.post(HERE, FORM)
    script_id = only_script(session)
    assert "写明原因" in ops.post(f"{HERE}/{script_id}/retirement", {"do": "retire", "reason": ""}).text
    ops.post(f"{HERE}/{script_id}/retirement", {"do": "retire", "reason": "过时"})
    assert script_id not in ops.get(HERE).text
    assert script_id in ops.get(f"{HERE}?show=retired").text
    ops.post(f"{HERE}/{script_id}/retirement", {"do": "restore", "reason": "又要用"})
    ops.post(f"{HERE}/{script_id}/retirement", {"do": "restore", "reason": "又要用"})
    assert script_id in ops.get(HERE).text
    assert [retired for *_, retired in versions(session, script_id)] == [False, True, False]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "长" * 31}, "title"),
        ({"text": ""}, "text"),
        ({"text": "长" * 501}, "text"),
        ({"text": "您的电话 {phone}"}, "text"),
        ({"text": "a\x07b"}, "text"),
        ({"stage": "middle"}, "stage"),
        ({"queue": "nowhere"}, "queue"),
        ({"issue_type": "长" * 61}, "issue_type"),
    ],
)
def test_what_does_not_fit_is_refused_beside_its_field(
    session: Session, ops: Browser, changes: dict[str, str], field: str
) -> None:
    answer = ops.post(HERE, {**FORM, **changes})
    assert answer.status_code == 422
    assert f"f-{field}-errors" in answer.text
    assert library(session) == {}


def test_an_unknown_field_is_named(ops: Browser) -> None:
    assert "{phone}" in ops.post(HERE, {**FORM, "text": "您的电话 {phone}"}).text


def test_a_preview_shows_both_ends_and_saves_nothing(session: Session, ops: Browser) -> None:
    page = ops.post(HERE, {**FORM, "text": "{customer}您好", "do": "preview"})
    assert "<u>王女士</u>" in page.text
    assert "<mark>【客户称呼】</mark>" in page.text
    assert library(session) == {}


def test_the_list_is_found_by_stage_queue_words_and_pinyin(session: Session, ops: Browser) -> None:
    one, other = script(), script("温馨结束", "祝您愉快！", "closing", "", "")
    for asked, shown, hidden in (
        ("stage=closing", other, one),
        ("queue=refund", one, other),
        ("queue=*", other, one),
        ("q=tkdz", one, other),
        ("q=jieshu", other, one),
        ("q=工作日", one, other),
    ):
        page = ops.get(f"{HERE}?{asked}").text
        assert shown in page, asked
        assert hidden not in page, asked


def test_the_library_is_for_operations_alone(session: Session, ops: Browser) -> None:
    script_id = script()
    assert ops.get(f"{HERE}/{new_id()}").status_code == 404
    assert ops.get(f"{HERE}/nonsense").status_code == 404
    assert ops.post(f"{HERE}/{new_id()}", {**FORM, "seen": "1"}).status_code == 404
    assert ops.post(f"/agent/scripts/{script_id}/favourite").status_code == 403


@pytest.mark.parametrize("change", [sa.delete(ScriptVersion), sa.update(ScriptVersion).values(text="别的")])
def test_the_database_itself_keeps_every_wording(session: Session, change: sa.Update | sa.Delete) -> None:
    script()
    with pytest.raises(DatabaseError, match="append-only"), transaction() as writing:
        writing.execute(change)


def test_a_retired_queue_keeps_the_scripts_that_it_has(session: Session) -> None:
    script_id = script()
    with transaction() as writing:
        writing.execute(sa.text("UPDATE queue SET retired_at = saved_at FROM script_version"))
    edited = Wording("退款到账时效", "新的话", "answer", "refund", "refund_status")
    actor = builders.person(roles="ops")
    assert edit_script(script_id=script_id, wording=edited, seen=1, actor_id=actor, now=NOON) == 2
