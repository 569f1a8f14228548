"""Finance's page of tax, the tax on the period's page, and the agent's line with its steps."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from sqlalchemy.orm import Session

from gig.core import clock
from gig.core.db import transaction
from gig.core.ids import new_id
from gig.identity.models import Agent
from gig.payouts.books.queries import line_of
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.tax import overview
from gig.payouts.tax.models import TaxChoice
from gig.payouts.tax.operations import residency
from gig.payouts.tax.values import zone
from tests.features.settlement import books
from tests.features.settlement.books import WEEK
from tests.features.settlement.conftest import Desk, Program
from tests.features.settlement.test_finance_pages import words
from tests.features.settlement.test_papers import amounts, text_of
from tests.features.tax import taxing
from tests.features.tax.taxing import day

pytestmark = pytest.mark.usefixtures("after_closing_time")

TAX = "/console/tax"
PLACE_OF_AMOUNTS = (14 + 182 - 40) * 72 / 25.4
"""Where the amounts of a paper's figures begin, in points."""
FORM = {
    "policy": "platform_2025",
    "gap": "reset",
    "from_month": "2026-11",
    "payer_name": "应声科技有限公司",
    "payer_code": taxing.PAYER,
    "reason": "已报送平台信息",
}


def test_a_policy_is_chosen_between_two_people(session: Session, desk: Desk) -> None:
    maker, checker = desk(name="李敏"), desk(name="许岚")
    assert "还没有选过，默认不代扣" in maker.get(TAX).text
    assert "等另一位财务复核" in maker.post(f"{TAX}/choices", FORM).text
    session.rollback()
    id = session.scalars(sa.select(TaxChoice.id)).one()
    assert "提出的人不能复核同一项" in maker.post(f"{TAX}/choices/{id}/confirmation").text
    page = words(checker.post(f"{TAX}/choices/{id}/confirmation").text)
    assert "平台从业人员累计预扣（2025 年第 16 号） · 中断一个月就重新累计" in page
    assert f"扣缴义务人 {taxing.PAYER}" in page
    assert "已复核 许岚" in page


def test_whoever_is_asked_for_is_listed_however_many_wait_before_them(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "PEOPLE_SHOWN", 1)
    one, other = (taxing.agent(number=taxing.PERMIT) for _ in range(2))
    with transaction() as writing:
        residency.learn(
            writing, agents=sa.select(Agent.id).where(Agent.id.in_((one, other))), now=books.LONG_AGO
        )
    (listed,) = overview.open_people(session)
    hidden = other if listed.agent_id == one else one
    asked = overview.open_people(session, asked=hidden)
    assert [each.agent_id for each in asked] == [hidden, listed.agent_id]


def test_a_faulty_form_says_so_beside_the_field(desk: Desk) -> None:
    answer = desk().post(f"{TAX}/choices", {**FORM, "from_month": "soon", "reason": ""})
    assert answer.status_code == 422
    assert "月份要写成 2026-11 这样。" in answer.text
    assert taxing.PAYER in answer.text


def test_the_page_is_for_finance_alone(desk: Desk) -> None:
    for role in ("ops", "reviewer", "admin"):
        assert desk(role).get(TAX).status_code == 403
        assert desk(role).post(f"{TAX}/choices", FORM).status_code == 403
    assert desk().post(f"{TAX}/choices/{new_id()}/confirmation").status_code == 404
    assert desk().post(f"{TAX}/filings/{new_id()}/file", {"reason": "看看"}).status_code == 404
    assert desk().post(f"{TAX}/filings/income/2026-11-01").status_code == 404
    assert desk().get(f"{TAX}/filings/{new_id()}/file").status_code == 405


def test_a_file_is_fetched_with_a_reason_and_says_the_same_each_time(session: Session, desk: Desk) -> None:
    taxing.choose("labour_2018", gap=None, month="2026-10-01")
    taxing.pay({taxing.agent(): 300_000}, "2026-10-20")
    finance = desk()
    page = finance.get(TAX).text
    assert "2026-10" in page and "做申报表" in page
    page = finance.post(f"{TAX}/filings/withholding/2026-10-01", {"reason": "10 月申报"}).text
    path = re.search(rf'action="({TAX}/filings/\w+/file)"', page)
    assert path is not None and "下载第 1 版" in words(page)
    assert "写明原因" in finance.post(path[1], {"reason": ""}).text
    first, second = (finance.post(path[1], {"reason": "上传"}, follow=False) for _ in range(2))
    assert first.data == second.data
    assert first.headers["Cache-Control"] == "no-store"
    assert 'filename="tax-withholding-2026-10-1.xlsx"' in first.headers["Content-Disposition"]


def test_who_comes_near_the_vat_relief_is_listed(session: Session, desk: Desk) -> None:
    near, over, small = (taxing.agent(name, number=None) for name in ("林可", "何静", "苏晴"))
    taxing.pay({near: 8_000_000, over: 10_000_001, small: 7_999_999}, "2026-11-24")
    page = words(desk().get(TAX).text)
    assert "林可 2026-11 接近 80,000.00" in page
    assert "何静 2026-11 已超过 100,000.01 按 1% 含税约 ¥990.10" in page
    assert page.count("含税约") == 1
    assert "苏晴" not in page


def test_somebody_with_a_permit_is_decided_on_the_page(session: Session, desk: Desk) -> None:
    taxing.choose()
    lin = taxing.agent("林可", number=taxing.PERMIT)
    period_id = taxing.owe({lin: 300_000}, day("2026-11-23"))
    finance = desk()
    finance.post(f"/console/periods/{period_id}/batches", {"payment_date": "2026-11-24"})
    assert "待确认" in finance.get(TAX).text
    path = f"{TAX}/residents/{lin}"
    assert "写明原因" in finance.post(path, {"resident": "yes", "reason": ""}).text
    assert "按居民个人" in finance.post(path, {"resident": "yes", "reason": "全年在境内"}).text
    assert finance.post(f"{TAX}/residents/{new_id()}", {"resident": "yes", "reason": "x"}).status_code == 404
    assert "1 笔可以付了" in finance.post(f"/console/periods/{period_id}/retries").text


def test_the_agent_sees_an_estimate_and_then_what_was_withheld(session: Session, desk: Desk) -> None:
    taxing.choose()
    lin = taxing.agent()
    books.post(lin, "adjustment", 2_000_000)
    books.close()
    books.approve()
    phone = desk(person_id=lin)
    statement = f"/agent/statements/{WEEK}"
    page = words(phone.get(statement).text)
    assert "代扣个税（预估） −330.00" in page and "实发（预估） ¥19,670.00" in page
    steps = words(phone.get(f"{statement}/tax").text)
    assert "预估" in steps and "2026 年 11 月起累计收入 20,000.00" in steps
    assert "累计费用 20% −4,000.00" in steps and "减除费用 5,000.00 × 1 个月 −5,000.00" in steps
    assert "应纳税所得额 11,000.00" in steps and "应纳税额 = 11,000.00 × 3% − 0.00 330.00" in steps
    taxing.export(WEEK, day("2026-11-24"))
    page = words(phone.get(statement).text)
    assert "代扣个税 −330.00" in page and "实发 ¥19,670.00" in page
    assert "¥19,670.00" in phone.get("/agent/statements").text
    assert "已扣" in phone.get(f"{statement}/tax").text
    assert desk(person_id=books.agent()).get(f"{statement}/tax").status_code == 404


def test_the_papers_say_the_tax_of_what_was_paid_and_no_estimate(session: Session, desk: Desk) -> None:
    taxing.choose()
    lin = taxing.agent()
    period_id = taxing.owe({lin: 2_000_000}, day("2026-11-23"))
    phone, paper = desk(person_id=lin), f"/agent/statements/{period_id}"

    def both() -> tuple[str, str]:
        return text_of(phone.get(f"{paper}.pdf").data), phone.get(f"{paper}.csv").text

    before = both()
    assert all("−330.00" not in text and "-330.00" not in text for text in before)
    taxing.export(period_id, day("2026-11-24"))
    pdf, csv = both()
    assert "−330.00" in pdf and "19,670.00" in pdf and "2026-11-24" in pdf
    assert ",-330.00" in csv and "付款日 2026-11-24" in csv
    assert amounts(csv.encode()) == 2_000_000
    taxing.come_back(period_id, lin, "2026-11-25")
    assert both() == before


def test_on_the_paper_the_words_of_a_tax_leave_the_place_of_its_amount_free(
    session: Session, desk: Desk
) -> None:
    taxing.choose()
    lin = taxing.agent()
    period_id = taxing.owe({lin: 2_000_000}, day("2026-11-23"))
    taxing.export(period_id, day("2026-11-24"))
    pdf = desk(person_id=lin).get(f"/agent/statements/{period_id}.pdf").data
    runs: list[tuple[str, float]] = []

    def keep(text: str, _all: list[float], at: list[float], _font: object, size: float) -> None:
        wide = sum(size if ord(each) > 0x2E7F else size / 3 for each in text.strip())
        runs.append((text.strip(), at[4] + wide))

    PdfReader(io.BytesIO(pdf)).pages[0].extract_text(visitor_text=keep)
    label = next(text for text, _end in runs if text.startswith("代扣个税 · 付款日"))
    assert not label.endswith("重新累计")  # the rest stands on a second line
    ends = [end for text, end in runs if text == label or "累计预扣" in text]
    assert max(ends) < PLACE_OF_AMOUNTS


def test_a_month_without_withholding_asks_for_no_return(session: Session, desk: Desk) -> None:
    lin = taxing.agent()
    taxing.pay({lin: 300_000}, "2026-11-17")
    session.rollback()
    needed = {each.kind: each.needed for each in overview.spans(session, day("2027-01-05"))}
    assert needed == {"withholding": False, "platform": True}
    page = desk().get(TAX).text
    assert "这个月不代扣，不用申报" in page
    assert f"{TAX}/filings/withholding/" not in page


def test_the_entry_of_a_tax_that_came_back_leads_to_its_line(session: Session) -> None:
    taxing.choose()
    lin = taxing.agent()
    period_id = taxing.owe({lin: 2_000_000}, day("2026-11-23"))
    taxing.export(period_id, day("2026-11-24"))
    line_id = taxing.come_back(period_id, lin, "2026-11-25")
    session.rollback()
    back = sa.select(LedgerEntry).where(LedgerEntry.source_key.startswith("reversal:failed:"))
    found = line_of(session, session.scalars(back).one())
    assert found is not None and found.id == line_id


def test_without_a_policy_the_agent_reads_that_nothing_is_withheld(session: Session, desk: Desk) -> None:
    lin = taxing.agent()
    books.earn(lin, 1_200, base=400)
    books.close()
    phone = desk(person_id=lin)
    assert "本平台当前不代扣" in phone.get(f"/agent/statements/{WEEK}").text
    assert "没有代扣个税" in phone.get(f"/agent/statements/{WEEK}/tax").text


def test_maker_and_checker_see_the_tax_of_lines_and_batch(session: Session, desk: Desk) -> None:
    taxing.choose()
    taxing.owe({taxing.agent(): 2_000_000}, day("2026-11-23"))
    finance = desk()
    period = "/console/periods/week-2026-11-09"
    before = words(finance.get(period).text)
    assert "−330.00 预估 19,670.00" in before
    made = words(finance.post(f"{period}/batches", {"payment_date": "2026-11-24"}).text)
    assert "代扣个税（11 月） · 预估 −330.00 实发 ¥19,670.00" in made


def test_programs_read_tax_of_statements_and_batches(session: Session, program: Program) -> None:
    taxing.choose()
    lin = taxing.agent()
    period_id = taxing.owe({lin: 2_000_000}, day("2026-11-23"))
    mine = program(person_id=lin)
    item = mine.get("/me/statements").json["items"][0]
    assert (item["payable_fen"], item["tax_fen"], item["paid_fen"]) == (2_000_000, 0, 0)
    batch_id = taxing.export(period_id, day("2026-11-23"))
    item = mine.get("/me/statements").json["items"][0]
    assert (item["tax_fen"], item["paid_fen"]) == (33_000, 1_967_000)
    assert program().get(f"/batches/{batch_id}").json["tax_fen"] == 33_000


def spans_now(session: Session, on: str) -> dict[tuple[str, str], tuple[int, int]]:
    """(kind, first day) → (people, income) as the page lists them."""
    session.rollback()
    found = overview.spans(session, day(on))
    return {(each.kind, each.first_day.isoformat()): (each.people, each.income_fen) for each in found}


def test_who_was_only_paid_in_vain_is_counted_in_no_month(session: Session) -> None:
    taxing.choose()
    lin, he = taxing.agent(), taxing.agent("何淼")
    period_id = taxing.pay({lin: 300_000, he: 200_000}, "2026-11-17")
    assert spans_now(session, "2026-12-20") == {
        ("withholding", "2026-11-01"): (2, 500_000),
        ("platform", "2026-10-01"): (2, 500_000),
    }
    taxing.come_back(period_id, he, "2026-11-20")
    assert spans_now(session, "2026-12-20") == {
        ("withholding", "2026-11-01"): (1, 300_000),
        ("platform", "2026-10-01"): (1, 300_000),
    }
    taxing.come_back(period_id, lin, "2026-11-20")
    assert spans_now(session, "2026-12-20") == {}


def test_what_the_bank_sent_back_later_stays_in_the_report_of_its_quarter(session: Session) -> None:
    taxing.choose()
    lin, he = taxing.agent(), taxing.agent("何淼")
    period_id = taxing.pay({lin: 300_000, he: 200_000}, "2026-11-17")
    taxing.pay({he: 100_000}, "2026-12-08")
    taxing.come_back(period_id, lin, "2026-11-20", cause="returned")
    found = spans_now(session, "2027-01-05")
    assert found["withholding", "2026-11-01"][0] == 1
    assert found["platform", "2026-10-01"] == (2, 300_000)


def test_the_form_begins_with_the_first_month_in_which_nobody_was_paid(session: Session, desk: Desk) -> None:
    finance, today = desk(), zone().day_of(clock.now())
    this = today.replace(day=1)
    after = (this + dt.timedelta(days=31)).replace(day=1)

    def offered() -> str:
        found = re.search(r'name="from_month" type="month" value="([^"]*)"', finance.get(TAX).text)
        assert found is not None
        return found[1]

    assert offered() == f"{this:%Y-%m}"
    taxing.pay({taxing.agent(): 300_000}, today.isoformat())
    assert offered() == f"{after:%Y-%m}"
