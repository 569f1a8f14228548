"""The files for the tax office: what they hold, that they are frozen, and that every look is on record."""

from __future__ import annotations

import io
from typing import Any, Literal

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.identity.models import Agent
from gig.onboarding.identities import obstacles
from gig.payouts.tax.models import TaxFiling
from gig.payouts.tax.operations.filings import fetch_filing, make_filing
from tests.features.settlement import books
from tests.features.tax import taxing
from tests.features.tax.taxing import at, day

pytestmark = pytest.mark.usefixtures("session")

DECEMBER = at(day("2026-12-05"))
JANUARY = at(day("2027-01-05"))


def make(
    kind: Literal["withholding", "platform"] = "withholding", first: str = "2026-11-01", now: Any = DECEMBER
) -> str:
    return make_filing(kind=kind, first_day=day(first), reason="11 月申报", actor_id="maker", now=now)


def content(filing_id: str) -> bytes:
    return fetch_filing(filing_id=filing_id, reason="上传申报", actor_id="maker", now=DECEMBER).content


def rows(filing_id: str) -> list[dict[str, Any]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content(filing_id)))
    head, *body = book.get_sheet_by_index(0).to_python()
    return [dict(zip(head, row, strict=True)) for row in body]


def _called(name: str) -> str:
    """An agent whose document says this, paid to an account in a plain name."""
    id = books.agent(name="林可")
    taxing.show_document(id, name, taxing.RESIDENT)
    return id


def test_the_return_of_a_month_has_one_row_for_each_worker(session: Session) -> None:
    taxing.choose()
    lin, he = taxing.agent("林可"), taxing.agent("何淼")
    taxing.pay({lin: 400_000, he: 120_000}, "2026-11-17")
    taxing.pay({lin: 600_000}, "2026-11-24")
    filing_id = make()
    first, second = rows(filing_id)
    words = ("姓名", "证件类型", "证件号码", "所得项目", "税款所属期", "备注")
    assert {key: first[key] for key in words} == {
        "姓名": "林可",
        "证件类型": "居民身份证",
        "证件号码": taxing.RESIDENT,
        "所得项目": "其他连续劳务报酬",
        "税款所属期": "2026-11",
        "备注": "",
    }
    assert [first[key] for key in ("本月收入", "累计收入", "累计费用", "累计减除费用", "应纳税所得额")] == [
        10_000,
        10_000,
        2_000,
        5_000,
        3_000,
    ]
    assert [first[key] for key in ("预扣率", "应纳税额", "已预缴税额", "本月扣缴税额")] == [0.03, 90, 0, 90]
    assert (second["姓名"], second["本月扣缴税额"]) == ("何淼", 0)
    filing = session.get_one(TaxFiling, filing_id)
    assert (filing.people, filing.income_fen, filing.withheld_fen) == (2, 1_120_000, 9_000)


def test_labour_is_the_item_that_is_not_continuous() -> None:
    taxing.choose("labour_2018", gap=None)
    taxing.pay({taxing.agent(): 300_000}, "2026-11-24")
    (row,) = rows(make())
    assert (row["所得项目"], row["累计减除费用"], row["累计费用"], row["应纳税所得额"]) == (
        "其他非连续劳务报酬",
        800,
        0,
        2_200,
    )
    assert (row["扣缴义务人纳税人识别号"], row["本月扣缴税额"]) == (taxing.PAYER, 440)


def test_what_stands_in_a_cell_is_text_whatever_it_begins_with() -> None:
    taxing.choose()
    names = ("=1+1", "+1", "-2", "@x")
    taxing.pay({_called(name): 300_000 for name in names}, "2026-11-24")
    found = rows(make())
    assert {row["姓名"] for row in found} == set(names)
    assert {row["证件号码"] for row in found} == {taxing.RESIDENT}


def test_a_file_is_the_same_whenever_it_is_fetched_and_made_once(session: Session) -> None:
    taxing.choose()
    taxing.pay({taxing.agent(): 300_000}, "2026-11-24")
    filing_id = make()
    assert make() == filing_id
    assert content(filing_id) == content(filing_id)
    entries = session.execute(
        sa.select(AuditEntry.action, AuditEntry.reason)
        .where(AuditEntry.object_id == filing_id)
        .order_by(AuditEntry.id)
    ).all()
    assert [tuple(entry) for entry in entries] == [
        ("tax.filing.make", "11 月申报"),
        ("tax.filing.fetch", "上传申报"),
        ("tax.filing.fetch", "上传申报"),
    ]


def test_a_payment_that_came_back_after_the_return_asks_for_a_correction() -> None:
    taxing.choose()
    lin, he = taxing.agent(), taxing.agent("何淼")
    period_id = taxing.pay({lin: 2_000_000, he: 2_000_000}, "2026-11-24")
    first = make()
    taxing.come_back(period_id, lin, "2026-12-03")
    second = make()
    assert second != first
    assert [row["姓名"] for row in rows(second)] == ["何淼"]
    assert [row["姓名"] for row in rows(first)] == ["林可", "何淼"]


def test_a_month_is_filed_when_it_is_over() -> None:
    taxing.choose()
    taxing.pay({taxing.agent(): 300_000}, "2026-11-24")
    with pytest.raises(Refused) as refused:
        make(now=at(day("2026-11-30"), 23))
    assert refused.value.slug == "span-not-over"
    make(now=at(day("2026-12-01"), 0))


def test_a_month_in_which_nothing_is_to_be_filed_makes_no_file() -> None:
    taxing.pay({taxing.agent(): 300_000}, "2026-11-24")
    with pytest.raises(Refused) as refused:
        make()
    assert refused.value.slug == "nobody-paid"


def test_no_file_without_a_reason() -> None:
    with pytest.raises(Invalid):
        make_filing(kind="platform", first_day=day("2026-10-01"), reason=" ", actor_id="m", now=JANUARY)
    with pytest.raises(NotFound):
        fetch_filing(filing_id=new_id(), reason="看看", actor_id="maker", now=JANUARY)


@pytest.mark.parametrize("first", ["2026-11-01", "2026-10-02"])
def test_a_quarter_begins_with_its_first_day(first: str) -> None:
    with pytest.raises(NotFound):
        make("platform", first, JANUARY)


def test_the_quarters_report_holds_everybody_who_was_paid(session: Session) -> None:
    lin, he = taxing.agent("林可"), taxing.agent("何淼", number=None)
    period_id = taxing.pay({lin: 400_000, he: 120_000}, "2026-11-17")
    taxing.pay({lin: 600_000}, "2026-12-08")
    taxing.come_back(period_id, lin, "2026-12-09", cause="returned")
    first, second = rows(make("platform", "2026-10-01", JANUARY))
    assert [first[key] for key in ("季度", "姓名", "国家/地区", "用户唯一标识码")] == [
        "2026Q4",
        "林可",
        "中国",
        lin,
    ]
    assert str(first["结算账户"]).startswith("6222021234567")
    assert str(first["联系电话"]).startswith("138")
    figures = ("劳务收入总额", "退款金额", "收入净额", "笔数", "首次日期", "末次日期")
    assert [first[key] for key in figures] == [
        10_000,
        4_000,
        6_000,
        2,
        "2026-11-17",
        "2026-12-08",
    ]
    assert (second["姓名"], second["证件号码"], second["收入净额"]) == ("", "", 1_200)
    assert second["备注"] != ""


def test_what_the_bank_never_paid_is_in_no_figure_of_the_quarters_report(session: Session) -> None:
    lin, he = taxing.agent("林可"), taxing.agent("何淼", number=None)
    period_id = taxing.pay({lin: 400_000, he: 120_000}, "2026-11-17")
    taxing.pay({lin: 600_000}, "2026-12-08")
    taxing.come_back(period_id, lin, "2026-12-09")
    taxing.come_back(period_id, he, "2026-12-10")
    (only,) = rows(make("platform", "2026-10-01", JANUARY))
    figures = ("用户唯一标识码", "劳务收入总额", "退款金额", "收入净额", "笔数", "首次日期")
    assert [only[key] for key in figures] == [lin, 6_000, 0, 6_000, 1, "2026-12-08"]


def test_an_identity_is_kept_until_its_return_is_made(session: Session) -> None:
    taxing.choose()
    lin = taxing.agent()
    taxing.pay({lin: 300_000}, "2026-11-24")
    found = session.get_one(Agent, lin)
    assert "tax-return-due" in [each.slug for each in obstacles(session, found)]
    make()
    session.rollback()
    assert "tax-return-due" not in [each.slug for each in obstacles(session, found)]
    assert books.faults() == []
