"""Finance's pages of batches and results, by forms that need no script."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.disbursement.operations.batches import create_batch
from gig.payouts.disbursement.operations.retries import retry_lines
from gig.payouts.disbursement.results.models import ResultImport
from gig.payouts.disbursement.views import pages
from tests.features.disbursement import payday
from tests.features.disbursement.payday import (
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
from tests.features.settlement.conftest import Desk

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
