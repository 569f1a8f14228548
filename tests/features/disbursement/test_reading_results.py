"""Files of a bank as they come: encodings, titles, damaged amounts and accounts, words that nobody knows."""

from __future__ import annotations

import subprocess
import sys

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.crypto import keyring
from gig.core.db import transaction
from gig.core.errors import Invalid
from gig.payouts.disbursement.models import Payee
from gig.payouts.disbursement.results import reading
from gig.payouts.disbursement.results.models import ResultImport, ResultMapping
from tests.features.disbursement.payday import (
    answer,
    approved_week,
    as_csv,
    as_xlsx,
    exported,
    lines,
    row,
    states,
)

pytestmark = pytest.mark.usefixtures("programs_here")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_a_csv_is_read_in_each_of_the_encodings_of_banks(session: Session, encoding: str) -> None:
    approved_week(1200)
    batch_id = exported()
    answer(batch_id, as_csv(row(lines(session)[0]), encoding=encoding))
    assert states(session) == ["settled"]


def test_a_workbook_may_have_titles_above_and_totals_below(session: Session) -> None:
    approved_week(123456, 3400)
    batch_id = exported()
    one, two = lines(session)
    content = as_xlsx(row(one, amount=1234.56), row(two, amount=34), [], ["合计", "", 1268.56], titles=3)
    answer(batch_id, content)
    assert states(session) == ["settled", "settled"]


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("1,234.56", "千分位"),
        ("1.23456E+03", "科学计数法"),
        ("-1234.56", "不带符号"),
        ("1234.567", "两位小数"),
        (1234.567, "两位小数"),
        ("", "空的"),
        ("壹仟", "两位小数"),
    ],
)
def test_an_amount_that_is_not_plain_refuses_the_whole_file(
    session: Session, amount: object, words: str
) -> None:
    approved_week(123456, 3400)
    batch_id = exported()
    one, two = lines(session)
    make = as_csv if isinstance(amount, str) else as_xlsx
    with pytest.raises(Invalid) as invalid:
        answer(batch_id, make(row(one, amount=amount), row(two)))
    (told,) = invalid.value.errors["file"]
    assert "第 2 行「转账金额」列" in str(told) and words in str(told) and "应该像 1234.50 这样" in str(told)
    assert "没有采用" in str(invalid.value)
    assert states(session) == ["in_transit", "in_transit"]
    assert session.scalar(sa.select(sa.func.count()).select_from(ResultImport)) == 0


@pytest.mark.parametrize(
    ("account", "words"), [(6222021234567890128, "数字格式"), ("6.22202E+18", "科学计数法")]
)
def test_an_account_that_a_spreadsheet_has_damaged_refuses_the_whole_file(
    session: Session, account: object, words: str
) -> None:
    approved_week(1200)
    batch_id = exported()
    (line,) = lines(session)
    with pytest.raises(Invalid) as invalid:
        answer(batch_id, as_xlsx([account, *row(line)[1:]]))
    told = str(invalid.value.errors["file"][0])
    assert words in told and "「收款账号」列" in told and "应该是文本格式的完整账号" in told
    assert states(session) == ["in_transit"]


def test_without_line_numbers_account_name_and_amount_find_the_line(session: Session) -> None:
    approved_week(1200, 1200, names=("林可", "何静"))
    with transaction() as writing:
        for payee in writing.scalars(sa.select(Payee)):
            payee.account_index = keyring().index(f"bank:{payee.account}", "payee.account")
        writing.flush()
    batch_id = exported()
    accounts = {payee.id: payee for payee in session.scalars(sa.select(Payee))}
    headers = ("户名", "账号", "金额", "结果")
    given = [
        [accounts[line.payee_id or 0].holder, f"{accounts[line.payee_id or 0].account}", "12.00", "成功"]
        for line in lines(session)
    ]
    answer(batch_id, as_csv(*given, headers=headers))
    assert states(session) == ["settled", "settled"]


@pytest.mark.parametrize("broken", ["林\t可", "林\n可", "林\r可"])
def test_a_name_with_a_break_in_it_is_told_as_a_row_that_matches_nobody(
    session: Session, broken: str
) -> None:
    approved_week(1200)
    batch_id = exported()
    given = [broken, "6222021234567890128", "12.00", "成功"]
    with pytest.raises(Invalid) as invalid:
        answer(batch_id, as_csv(given, headers=("户名", "账号", "金额", "结果")))
    assert [str(each) for each in invalid.value.errors["file"]] == ["第 2 行 ：这一批里没有这一笔"]
    assert states(session) == ["in_transit"]


def test_another_account_under_the_right_number_is_shown(session: Session) -> None:
    approved_week(1200)
    batch_id = exported()
    (line,) = lines(session)
    with pytest.raises(Invalid) as invalid:
        answer(batch_id, as_csv(["6222021234567890128", *row(line)[1:]]))
    assert "收款账号和付款表不一样" in str(invalid.value.errors["file"][0])
    answer(batch_id, as_csv(["6222****0128", *row(line)[1:]]))
    assert states(session) == ["settled"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空的"),
        (b"PK\x03\x04 not a workbook", "打不开"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x04\x00", "打不开"),
        ("什么,都没有\r\n1,2\r\n".encode(), "没有找到表头"),
        (b"\xff\xfe\xfa\xfb,\xff", "UTF-8"),
        ("转账备注,金额,状态\r\n".encode(), "没有一行结果"),
    ],
)
def test_a_file_that_is_no_result_is_refused_in_plain_words(
    session: Session, content: bytes, words: str
) -> None:
    approved_week(1200)
    batch_id = exported()
    with pytest.raises(Invalid) as invalid:
        answer(batch_id, content)
    assert words in str(invalid.value.errors["file"][0])


def test_an_unknown_status_is_asked_about_and_a_mapping_answers_and_is_remembered(session: Session) -> None:
    approved_week(1200, 3400)
    batch_id = exported()
    one, two = lines(session)
    headers = ("甲", "乙", "应付金额", "凭证", "办理情况", "丙")
    with pytest.raises(Invalid):
        answer(batch_id, as_csv(row(one, "已划转"), headers=headers))
    mapping = {"number": "凭证", "amount": "应付金额", "status": "办理情况", "paid": ["已划转"]}
    answer(batch_id, as_csv(row(one, "已划转"), headers=headers), mapping=mapping)
    assert session.scalars(sa.select(ResultMapping.template)).one() == "generic"
    answer(batch_id, as_csv(row(two, "已划转"), headers=headers))
    assert states(session) == ["settled", "settled"]


def test_reading_a_file_takes_no_more_memory_than_it_may() -> None:
    hungry = f"import {reading.__name__} as it; it.bound(); bytearray(it.MOST_MEMORY)"
    ended = subprocess.run([sys.executable, "-c", hungry], capture_output=True, text=True, check=False)
    assert "MemoryError" in ended.stderr
