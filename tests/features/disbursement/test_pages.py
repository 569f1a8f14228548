"""Finance's pages of batches, results, templates and banks, by forms that need no script."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.identity.models import Person
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.disbursement.operations.batches import create_batch
from gig.payouts.disbursement.operations.hints import bank_hints, set_hint
from gig.payouts.disbursement.operations.retries import retry_lines
from gig.payouts.disbursement.operations.templates import turn_down_template, write_template
from gig.payouts.disbursement.results.models import ResultImport
from gig.payouts.disbursement.rules.shipped import SHIPPED
from gig.payouts.disbursement.sheets import templates
from gig.payouts.disbursement.views import pages
from tests.features.disbursement import payday
from tests.features.disbursement.payday import (
    LATER,
    NOW,
    answer,
    approved_week,
    as_csv,
    exported,
    lines,
    row,
    states,
)
from tests.features.onboarding.people import Browser
from tests.features.settlement import books
from tests.features.settlement.books import WEEK
from tests.features.settlement.conftest import Desk, Program

pytestmark = pytest.mark.usefixtures("after_closing_time", "programs_here")


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def sent(browser: Browser, path: str, content: bytes) -> str:
    return browser.post(path, {"file": (io.BytesIO(content), "结果.csv")}).text


def test_a_result_is_looked_at_then_posted(session: Session, desk: Desk) -> None:
    approved_week(1200, 3400)
    batch_id = exported()
    one, two = lines(session)
    finance = desk()
    page = words(
        sent(finance, f"/console/batches/{batch_id}/results", as_csv(row(one), row(two, "失败", "户名不符")))
    )
    assert "每一行都对上了" in page and "到账 1 12.00" in page and "失败，重新计为应付 1 34.00" in page
    assert re.search(r"没付成的人 1 .*失败 账号与户名不符 34.00", page), "whose money comes back, and why"
    assert states(session) == ["in_transit", "in_transit"]
    session.rollback()
    result = session.scalars(sa.select(ResultImport.id)).one()
    posted = words(finance.post(f"/console/results/{result}/posting").text)
    assert "银行结果已入账" in posted and "账号与户名不符" in posted and "没有付到的" in posted
    assert states(session) == ["settled", "failed"]
    assert "没有可以重付的" in finance.post(f"/console/batches/{batch_id}/retries").text
    again = finance.post(f"/console/batches/{batch_id}/retries", {"anyway": "1"}).text
    assert "1 笔可以重付了" in again
    assert books.faults() == []


def test_what_is_paid_again_has_still_to_be_exported(session: Session, desk: Desk) -> None:
    approved_week(1200)
    finance = desk()

    def is_done() -> bool:
        (step,) = re.findall(
            r'<li class="row g12 (\w+)">(?:(?!<li).)*制单与导出',
            finance.get(f"/console/periods/{WEEK}").text,
            re.S,
        )
        return step == "done"

    assert not is_done()
    first = exported()
    assert is_done()
    answer(first, as_csv(row(lines(session)[0], "失败", "超过限额")))
    finance.post(f"/console/batches/{first}/retries", {"anyway": "1"})
    assert not is_done(), "the retry is in no batch"
    create_batch(period_id=WEEK, template="generic", actor_id="maker", now=payday.NOW)
    assert not is_done(), "its batch is not exported"


def test_a_line_and_the_one_that_pays_it_again_name_each_other(session: Session, desk: Desk) -> None:
    approved_week(1200)
    first = exported()
    (old,) = lines(session)
    answer(first, as_csv(row(old, "失败", "超过限额")))
    finance = desk()
    finance.post(f"/console/batches/{first}/retries", {"anyway": "1"})
    assert "已另起一行重付，还没进批次" in finance.get(f"/console/batches/{first}").text
    second = exported()
    numbers = [line.number for line in lines(session)]
    for batch, other, said, number in (
        (first, second, "重付在", numbers[1]),
        (second, first, "重付的是", numbers[0]),
    ):
        page = finance.get(f"/console/batches/{batch}").text
        assert f"{said} {number}" in words(page)
        (link,) = re.findall(f'href="([^"]+)#{number}"', page)
        assert link.startswith(f"/console/batches/{other}") and f'id="{number}"' in finance.get(link).text


@pytest.mark.parametrize(
    ("said", "why", "change"), [("户名不符", "账号与户名不符", True), ("超过限额", "超过限额", False)]
)
def test_the_agent_reads_why_the_bank_did_not_pay_and_where_it_pays(
    session: Session, desk: Desk, said: str, why: str, change: bool
) -> None:
    (lin,) = approved_week(1200)
    batch_id, page = exported(), f"/agent/statements/{WEEK}"
    phone = desk(person_id=lin)
    assert "付到关账时的收款账户" in phone.get(page).text and "银行没有付成" not in phone.get(page).text
    answer(batch_id, as_csv(row(lines(session)[0], "失败", said)))
    session.rollback()
    page_now = words(phone.get(page).text)
    assert f"银行没有付成：{why}。钱仍在你名下，会再付。" in page_now
    assert ("换收款账户" in page_now) is change
    assert "付到关账时的收款账户" in desk().get(f"/console/periods/{WEEK}").text


def test_rows_that_do_not_match_need_a_reason_to_be_left_out(session: Session, desk: Desk) -> None:
    approved_week(1200, 3400)
    batch_id = exported()
    one, two = lines(session)
    finance = desk()
    content = as_csv(row(one, amount="12.01"), row(two))
    page = words(sent(finance, f"/console/batches/{batch_id}/results", content))
    assert "有 1 行和这一批对不上" in page and "金额和付款表不一样 12.01 12.00" in page
    session.rollback()
    result = session.scalars(sa.select(ResultImport.id)).one()
    assert "金额和付款表不一样" in finance.post(f"/console/results/{result}/posting").text
    assert states(session) == ["in_transit", "in_transit"]
    finance.post(f"/console/results/{result}/posting", {"skip": "银行少打一分"})
    assert states(session) == ["in_transit", "settled"]
    assert "银行少打一分" in finance.get(f"/console/batches/{batch_id}").text


def test_a_damaged_file_is_told_row_by_row_and_leaves_nothing(session: Session, desk: Desk) -> None:
    approved_week(1200)
    batch_id = exported()
    page = desk().post(
        f"/console/batches/{batch_id}/results",
        {"file": (io.BytesIO(as_csv(row(lines(session)[0], amount="1,200"))), "r.csv")},
    )
    assert page.status_code == 422
    assert "整份没有采用，什么都没有改变。" in page.text
    assert "第 2 行「转账金额」列：" in page.text and "千分位" in page.text
    assert session.scalars(sa.select(ResultImport.id)).all() == []


def test_a_file_of_another_batch_leaves_a_way_to_that_batch(session: Session, desk: Desk) -> None:
    first, second = approved_week(1200, 3400)
    with transaction() as writing:
        theirs = PayoutLine.agent_id == second
        writing.execute(sa.update(PayoutLine).where(theirs).values(state="held", hold_reason="unverified"))
    exported()
    retry_lines(period_id=WEEK, actor_id="maker", now=payday.NOW)
    batch_id = exported()
    line = next(each for each in lines(session) if each.agent_id == first)
    upload = {"file": (io.BytesIO(as_csv(row(line))), "r.csv")}
    refused = desk().post(f"/console/batches/{batch_id}/results", upload)
    assert refused.status_code == 409
    assert "PB20261123-0001 的行，是另一批的银行结果" in refused.text
    assert 'href="/console/batches"' in refused.text and f'href="/console/batches/{batch_id}"' in refused.text


def test_each_agent_reads_where_their_own_money_is(session: Session, desk: Desk) -> None:
    paid, unpaid = approved_week(1200, 3400, names=("林可", "何静"))
    batch_id = exported()
    statement = f"/agent/statements/{WEEK}"
    assert "已交给银行，等到账" in desk(person_id=paid).get(statement).text
    of = {line.agent_id: line for line in lines(session)}
    answer(batch_id, as_csv(row(of[paid]), row(of[unpaid], "失败", "户名不符")))
    session.rollback()
    assert "已到账" in words(desk(person_id=paid).get(statement).text)
    assert "已到账" in desk(person_id=paid).get("/agent/statements").text
    other = desk(person_id=unpaid)
    assert "银行没有付成：账号与户名不符" in other.get(statement).text
    assert "待付款" in other.get("/agent/statements").text


def test_a_word_that_nobody_knows_can_be_said_where_the_file_was_refused(
    session: Session, desk: Desk
) -> None:
    approved_week(1200)
    batch_id = exported()
    (line,) = lines(session)
    finance, upload = desk(), f"/console/batches/{batch_id}/results"

    def form(**words: str) -> dict[str, object]:
        return {"file": (io.BytesIO(as_csv(row(line, status="已划转"))), "r.csv"), **words}

    refused = finance.post(upload, form())
    assert refused.status_code == 422 and "不认识状态「已划转」" in refused.text
    assert 'name="words-paid"' in refused.text and ">列对应<" in refused.text
    silent = {"file": (io.BytesIO(as_csv(row(line, status=""))), "r.csv")}
    assert "状态是空的，看不出是成功还是失败。" in finance.post(upload, silent).text
    assert "每一行都对上了" in finance.post(upload, form(**{"words-paid": "已划转"})).text


def test_unknown_columns_are_named_on_the_page_and_remembered(session: Session, desk: Desk) -> None:
    approved_week(1200)
    batch_id = exported()
    (line,) = lines(session)
    finance = desk()
    content = as_csv([line.number, "12.00", "已划转"], headers=("转账备注", "转账金额（元）", "某列"))
    assert "还认不出这份文件的列" in sent(finance, f"/console/batches/{batch_id}/results", content)
    session.rollback()
    result = session.scalars(sa.select(ResultImport.id)).one()
    form = {"column-number": "转账备注", "column-amount": "转账金额", "column-status": "某列"}
    assert "不认识状态" in finance.post(f"/console/results/{result}/mapping", form).text
    page = finance.post(f"/console/results/{result}/mapping", {**form, "words-paid": "已划转，已完结"}).text
    assert "每一行都对上了" in page
    finance.post(f"/console/results/{result}/posting")
    assert states(session) == ["settled"]


def test_rows_that_cannot_be_written_are_shown_and_taken_out_there(session: Session, desk: Desk) -> None:
    approved_week(1200, 3400, names=("䶮小明", "林可"))
    maker, checker = desk(name="李敏"), desk(name="许岚")
    maker.post(f"/console/periods/{WEEK}/batches", {"template": "mybank", "payment_date": "2026-11-24"})
    session.rollback()
    batch_id = session.scalars(sa.select(Batch.id)).one()
    page = words(checker.get(f"/console/batches/{batch_id}").text)
    assert "写不进模板的行 1 行" in page and "（䶮）" in page
    assert "审批这一批" not in page
    form = {"back": "batch"}
    assert "写不进这个模板" in checker.post(f"/console/batches/{batch_id}/approve", form).text
    assert "移出了 1 行" in maker.post(f"/console/batches/{batch_id}/unwritable").text
    approved = checker.post(f"/console/batches/{batch_id}/approve", form)
    assert "已审批，可以导出并冻结了。" in approved.text
    assert "已导出并冻结" in maker.post(f"/console/batches/{batch_id}/export", form).text
    assert "PB20261123-0001.csv" in maker.get(f"/console/batches/{batch_id}").text


def test_older_batches_and_lines_are_a_page_further(
    session: Session, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE", 1)
    approved_week(1200)
    first = create_batch(period_id=WEEK, actor_id="maker", now=NOW)
    from gig.payouts.disbursement.operations.batches import cancel_batch

    cancel_batch(batch_id=first, actor_id="maker", now=NOW)
    exported()
    finance = desk()
    newest = finance.get("/console/batches").text
    assert "PB20261123-0002" in newest and "PB20261123-0001" not in newest
    assert "PB20261123-0001" in finance.get("/console/batches?before=PB20261123-0002").text


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


class TestProgram:
    def test_results_are_posted_by_api_once(self, session: Session, program: Program) -> None:
        approved_week(1200)
        batch_id = exported()
        content = as_csv(row(lines(session)[0]))
        finance = program()
        path = f"/api/v1/batches/{batch_id}/results"
        first = finance._client.post(path, data=content, content_type="text/csv", headers=finance._headers)
        assert (first.status_code, first.json["counts"], first.json["lines"]) == (
            201,
            {"paid": 1},
            {"settled": 1},
        )
        form = {"file": (io.BytesIO(content), "r.csv")}
        again = finance._client.post(path, data=form, headers={**finance._headers, "Idempotency-Key": "r1"})
        assert again.json == first.json
        form = {"file": (io.BytesIO(content), "r.csv")}
        third = finance._client.post(path, data=form, headers={**finance._headers, "Idempotency-Key": "r1"})
        assert third.json == first.json
        assert books.state(session) == "settled"

    def test_what_does_not_match_is_a_problem_with_its_rows(self, session: Session, program: Program) -> None:
        approved_week(1200, 3400)
        batch_id = exported()
        one, two = lines(session)
        finance = program()
        path = f"/api/v1/batches/{batch_id}/results"
        content = as_csv(row(one, amount="99.00"), row(two))
        wrong = finance._client.post(path, data=content, content_type="text/csv", headers=finance._headers)
        assert wrong.status_code == 422
        assert "第 2 行" in wrong.json["errors"]["file"][0]
        assert states(session) == ["in_transit", "in_transit"]
        form = {"file": (io.BytesIO(content), "r.csv"), "skip": "一行待查"}
        posted = finance._client.post(path, data=form, headers=finance._headers)
        assert posted.json["counts"] == {"differs": 1, "paid": 1}
        missing = finance._client.post(
            f"/api/v1/batches/{'0' * 26}/results",
            data=b"x",
            content_type="text/csv",
            headers=finance._headers,
        )
        assert missing.status_code == 404
