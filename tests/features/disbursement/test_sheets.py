"""Templates as data: what they write, how they split, and what they refuse to write."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace

import pytest
import sqlalchemy as sa
from python_calamine import load_workbook
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.errors import Refused
from gig.payouts.disbursement.models import Batch, BatchFault, Payee
from gig.payouts.disbursement.operations.batches import (
    approve_batch,
    create_batch,
    remove_unwritable,
)
from gig.payouts.disbursement.operations.downloads import download_sheet
from gig.payouts.disbursement.operations.templates import (
    approve_template,
    write_template,
)
from gig.payouts.disbursement.queries import files_of
from gig.payouts.disbursement.rules.shipped import SHIPPED
from tests.features.disbursement.payday import NOW, approved_week, exported, lines, states
from tests.features.settlement import books
from tests.features.settlement.books import WEEK

pytestmark = pytest.mark.usefixtures("programs_here")


def fetched(batch_id: str, kind: str | None = None, part: int | None = None) -> bytes:
    return download_sheet(batch_id=batch_id, kind=kind, part=part, actor_id="maker", now=NOW).content


def made(template: str) -> str:
    return create_batch(period_id=WEEK, template=template, actor_id="maker", now=NOW)


def rewritten(slug: str, **changes: object) -> int:
    text = replace(SHIPPED[slug], **changes).dumps()  # type: ignore[arg-type]
    return write_template(slug=slug, text=text, reason="合同变了", based_on=1, actor_id="maker", now=NOW)


def approved(slug: str, version: int, by: str = "checker") -> None:
    approve_template(slug=slug, version=version, actor_id=by, now=NOW)


def paid_by_alipay(agent_id: str) -> None:
    with transaction() as session:
        payee = sa.update(Payee).where(Payee.agent_id == agent_id)
        session.execute(payee.values(kind="alipay", account="13812348000", bank_name=None))


def test_mybank_gets_a_gbk_file_in_its_own_columns(session: Session) -> None:
    approved_week(123456, names=("欧阳小明",))
    batch_id = exported("mybank")
    head, row = csv.reader(io.StringIO(fetched(batch_id).decode("gbk")))
    assert head == ["收款方名称", "收款方账号", "收款方开户行名称", "收款行联行号", "金额", "附言/用途"]
    assert [row[0], *row[2:]] == ["欧阳小明", "工商银行", "", "1234.56", "PB20261123-0001-000001"]
    assert books.faults() == []


def test_the_banks_workbooks_hold_accounts_as_text_and_money_as_numbers(session: Session) -> None:
    approved_week(123456, names=("䶮",))
    batch_id = exported("icbc")
    head, row = load_workbook(io.BytesIO(fetched(batch_id))).get_sheet_by_index(0).to_python()
    assert (head[6], head[8]) == ("收款账号", "金额")
    assert isinstance(row[6], str) and len(row[6]) == 19
    assert (row[7], row[8], row[9]) == ("䶮", 1234.56, "劳务报酬")
    assert books.faults() == []


def test_alipay_pays_alipay_accounts_alone_and_keeps_its_title(session: Session) -> None:
    lin, he = approved_week(1200, 3400)
    paid_by_alipay(lin)
    batch_id = exported("alipay")
    title, head, row = load_workbook(io.BytesIO(fetched(batch_id))).get_sheet_by_index(0).to_python()
    assert title[0] == "支付宝批量付款文件模板（前面两行请勿删除）"
    assert head[1] == "收款方支付宝账号（必填）"
    assert row[1:4] == ["13812348000", "林可", 12]
    assert {line.agent_id: line.state for line in lines(session)} == {lin: "in_transit", he: "planned"}
    exported("cmb")
    assert states(session) == ["in_transit", "in_transit"]
    assert books.faults() == []


def test_a_template_that_can_pay_nobody_says_so(session: Session) -> None:
    approved_week(1200)
    with pytest.raises(Refused) as refused:
        made("wechat")
    assert refused.value.slug == "nothing-to-pay"


def test_a_batch_is_split_by_the_limit_into_files_whose_totals_add_up(session: Session) -> None:
    approved_week(1000, 1100, 1200, 1300, 1400)
    assert rewritten("generic", split=2) == 2
    approved("generic", 2)
    batch_id = exported()
    batch = session.get_one(Batch, batch_id, populate_existing=True)
    files = files_of(session, batch)
    assert [(each.name, each.lines) for each in files if each.kind == "csv"] == [
        ("PB20261123-0001-01.csv", 2),
        ("PB20261123-0001-02.csv", 2),
        ("PB20261123-0001-03.csv", 1),
    ]
    assert sum(each.total_fen for each in files if each.kind == "xlsx") == batch.total_fen == 6000
    whole = fetched(batch_id)
    assert whole == fetched(batch_id) == fetched(batch_id, "xlsx")
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.namelist() == [f"PB20261123-0001-0{part}.xlsx" for part in (1, 2, 3)]
        assert archive.read("PB20261123-0001-02.xlsx") == fetched(batch_id, "xlsx", 2)
    second = list(csv.reader(io.StringIO(fetched(batch_id, "csv", 2).decode("utf-8-sig"))))
    assert [row[0] for row in second] == ["序号", "1", "2"]
    assert books.faults() == []


def test_a_name_that_gbk_cannot_write_is_listed_before_the_approval_and_does_not_go_out(
    session: Session,
) -> None:
    _long, lin = approved_week(1200, 3400, names=("䶮小明", "林可"))
    batch_id = made("mybank")
    found = session.execute(sa.select(BatchFault.fault)).scalars().all()
    assert found == ["encoding"]
    with pytest.raises(Refused) as refused:
        approve_batch(batch_id=batch_id, actor_id="checker", now=NOW)
    assert refused.value.slug == "unwritable-rows"
    assert remove_unwritable(batch_id=batch_id, actor_id="maker", now=NOW) == 1
    batch = session.get_one(Batch, batch_id, populate_existing=True)
    assert (batch.lines, batch.total_fen) == (1, 3400)
    approve_batch(batch_id=batch_id, actor_id="checker", now=NOW)
    assert [line.agent_id for line in lines(session) if line.batch_id == batch_id] == [lin]
    exported("generic")
    assert books.faults() == []


def test_a_missing_bank_and_a_long_name_are_faults_of_their_rows(session: Session) -> None:
    lin, he = approved_week(1200, 3400, names=("林可", "何" * 61))
    with transaction() as writing:
        writing.execute(sa.update(Payee).where(Payee.agent_id == lin).values(bank_name=None))
    made("cmb")
    faults = {line.agent_id: line.id for line in lines(session)}
    found = {(row.line_id, row.fault) for row in session.scalars(sa.select(BatchFault))}
    assert found == {(faults[lin], "missing"), (faults[he], "too-long")}


def test_a_batch_of_which_nothing_can_be_written_is_cancelled_when_all_is_removed(session: Session) -> None:
    approved_week(1200, names=("䶮",))
    batch_id = made("mybank")
    remove_unwritable(batch_id=batch_id, actor_id="maker", now=NOW)
    assert session.get_one(Batch, batch_id, populate_existing=True).state == "cancelled"
    assert [(line.state, line.batch_id) for line in lines(session)] == [("planned", None)]
