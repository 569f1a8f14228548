"""The pages of templates and hints: previewed, approved by another, taken out of use."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.identity.models import Person
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.disbursement.operations.batches import create_batch
from gig.payouts.disbursement.operations.hints import bank_hints, set_hint
from gig.payouts.disbursement.operations.templates import turn_down_template, write_template
from gig.payouts.disbursement.rules.shipped import SHIPPED
from gig.payouts.disbursement.sheets import templates
from tests.features.disbursement.payday import (
    LATER,
    NOW,
    approved_week,
    exported,
)
from tests.features.disbursement.test_pages import words
from tests.features.settlement.books import WEEK
from tests.features.settlement.conftest import Desk

pytestmark = pytest.mark.usefixtures("after_closing_time", "programs_here")


def test_a_template_is_previewed_then_saved_as_a_version(session: Session, desk: Desk) -> None:
    finance = desk()
    page = finance.get("/console/sheets/mybank").text
    assert "有这个模板的编码写不出的字" in page
    form = dict(re.findall(r'name="((?:title|field|text|longest|width)-\d+)"[^>]*value="([^"]*)"', page))
    for place, field in enumerate(("holder", "account", "bank", "blank", "amount", "number")):
        form[f"field-{place}"] = field
    form |= {
        "slug": "mybank",
        "based_on": "1",
        "name": "网商",
        "kinds": "csv",
        "methods": "bank",
        "header": "1",
    }
    form |= {"encoding": "gb18030", "start_row": "2", "decimals": "2", "split": "500", "most_lines": "3000"}
    form |= {"sheet": "代发表", "title_rows": "", "reason": "", "header": "1"}
    preview = finance.post("/console/sheets/write", {**form, "do": "preview"})
    assert "有这个模板的编码写不出的字" not in preview.text
    assert "为什么改 写明为什么要改。" in words(finance.post("/console/sheets/write", form).text)
    for wrong, said in (
        ({"field-4": "blank"}, "列 缺少金额这一列。"),
        ({"longest-1": "2000"}, "第 2 列 · 最多字数 要是 0 到 1000 之间的整数。"),
    ):
        assert said in words(finance.post("/console/sheets/write", {**form, **wrong, "reason": "x"}).text)
    saved = finance.post("/console/sheets/write", {**form, "reason": "银行支持 GB18030 了"}).text
    assert "第 2 版" in saved and "银行支持 GB18030 了" in saved
    session.rollback()
    found = templates.newest(session, "mybank")
    assert found is not None and (found.version, found.layout.encoding) == (2, "gb18030")
    assert "刚刚有人改过" in finance.post("/console/sheets/write", {**form, "reason": "x"}).text
    new = {**form, "slug": "abc-bank", "based_on": "0", "reason": "新银行"}
    assert "第 1 版" in finance.post("/console/sheets/write", new).text
    assert "abc-bank" in finance.get("/console/sheets").text


def test_an_approver_reads_who_wrote_the_template_and_what_it_changes(session: Session, desk: Desk) -> None:
    approved_week(1200, 3400)
    maker, checker = desk(name="李敏"), desk(name="许岚")
    first = exported("cmb")
    session.rollback()
    text = replace(
        SHIPPED["cmb"], split=500, columns=SHIPPED["cmb"].columns[:-2] + SHIPPED["cmb"].columns[-1:]
    )
    writer = session.scalars(sa.select(Person.id).where(Person.name == "李敏")).one()
    session.rollback()
    write_template(slug="cmb", text=text.dumps(), reason="合同变了", based_on=1, actor_id=writer, now=NOW)
    changed = ("每个文件最多几行：1000 → 500", "去掉「开户地」列（留空）")
    mine = words(maker.get("/console/sheets/cmb").text)
    assert "你写过这一版" in mine and "审批这一版" not in mine
    theirs = words(checker.get("/console/sheets/cmb").text)
    assert (
        "和在用的第 1 版不同" in theirs and "审批这一版" in theirs and all(each in theirs for each in changed)
    )
    assert "为什么退回" in checker.post("/console/sheets/cmb/2/decision", {"do": "refuse", "reason": ""}).text
    assert "你写的" in maker.post("/console/sheets/cmb/2/decision", {"do": "approve"}).text
    assert (
        "已审批，从下一次制单起用" in checker.post("/console/sheets/cmb/2/decision", {"do": "approve"}).text
    )
    assert "没有审批过的版本" not in checker.get("/console/sheets/cmb").text
    with transaction() as writing:
        writing.execute(sa.update(PayoutLine).values(state="planned", batch_id=None, number=None))
    second = create_batch(period_id=WEEK, template="cmb", actor_id=writer, now=LATER)
    page = words(checker.get(f"/console/batches/{second}").text)
    assert "第 2 版" in page and "李敏 写于" in page and "许岚 审批于" in page
    assert "和上次用的 PB20261123-0001 不同" in page and all(each in page for each in changed)
    page = words(checker.get(f"/console/batches/{first}").text)
    assert "随平台提供" in page and "以前没有批次用过这个模板" in page


def test_a_template_goes_out_of_use_once_another_of_finance_agrees(session: Session, desk: Desk) -> None:
    maker, checker = desk(name="李敏"), desk(name="许岚")
    asked = words(maker.post("/console/sheets/cmb/retirement", {"do": "retire", "reason": "换银行"}).text)
    assert "已提出停用，等另一位财务同意" in asked and "同意停用" not in asked
    theirs = words(checker.get("/console/sheets/cmb").text)
    assert "提出停用这个模板" in theirs and "同意停用" in theirs
    assert "你写的" in maker.post("/console/sheets/cmb/2/decision", {"do": "approve"}).text
    assert "已停用，不再用于制单" in checker.post("/console/sheets/cmb/2/decision", {"do": "approve"}).text
    same = checker.post("/console/sheets/cmb/retirement", {"do": "retire", "reason": "换银行"}).text
    assert "已经是这样" in same
    checker.post("/console/sheets/cmb/retirement", {"do": "restore", "reason": "换回来"})
    assert "同意恢复使用" in maker.get("/console/sheets/cmb").text


def test_what_was_turned_down_is_not_shown_as_the_template_in_use(session: Session, desk: Desk) -> None:
    finance = desk()
    for slug, based_on in (("cmb", 1), ("abc-bank", 0)):
        text = replace(SHIPPED["cmb"], name="另一份", encoding="gbk", split=7).dumps()
        write_template(slug=slug, text=text, reason="换格式", based_on=based_on, actor_id="li", now=NOW)
        turn_down_template(slug=slug, version=based_on + 1, reason="不对", actor_id="xu", now=NOW)
    rows = [words(each) for each in finance.get("/console/sheets").text.split("<tr>")]
    (old,) = [each for each in rows if " cmb " in each]
    assert "随平台提供" in old and "另一份" not in old and "停用" not in old
    (new,) = [each for each in rows if "abc-bank" in each]
    assert "已退回" in new and "停用" not in new
    heading = finance.get("/console/sheets/cmb").text.partition("<h1>")[2].partition("<main")[0]
    assert "另一份" not in heading and "第 1 版" in heading


def test_hints_at_banks_are_corrected_by_operations_and_finance(session: Session, desk: Desk) -> None:
    ops = desk("ops")
    assert "已保存" in ops.post("/console/banks", {"prefix": "62999", "bank_name": "甲银行"}).text
    assert "3 到 10 位" in ops.post("/console/banks", {"prefix": "6x", "bank_name": "甲银行"}).text
    desk().post("/console/banks", {"prefix": "622202", "do": "remove"})
    session.rollback()
    hints = bank_hints(session)
    assert hints["62999"] == "甲银行" and "622202" not in hints
    set_hint(prefix="622202", bank_name="乙银行", actor_id="x", now=NOW)
    session.rollback()
    assert bank_hints(session)["622202"] == "乙银行"
    assert desk("reviewer").get("/console/banks").status_code == 403
