"""Layouts, rows that can be written, results of banks, and amounts written out, as pure functions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gig.payouts.disbursement.rules.bank_card import bank_of
from gig.payouts.disbursement.rules.capital import capital
from gig.payouts.disbursement.rules.layout import Row, loads, read
from gig.payouts.disbursement.rules.results import (
    ColumnMap,
    Faulty,
    amount_of,
    find_header,
    guess,
    normal_reason,
    reader,
)
from gig.payouts.disbursement.rules.rows import amount, checker, unwritable
from gig.payouts.disbursement.rules.shipped import SHIPPED


@pytest.mark.parametrize("slug", sorted(SHIPPED))
def test_a_shipped_template_is_sound_and_says_itself(slug: str) -> None:
    assert loads(SHIPPED[slug].dumps()) == SHIPPED[slug]
    assert SHIPPED[slug].split <= 3000 or slug == "generic"


def test_a_layout_that_is_no_object_is_told_so() -> None:
    assert read([])[1].keys() == {"/"}
    assert read({"name": "x"})[1].keys() == {"kinds", "methods", "columns"}


def test_columns_that_are_no_columns_are_told_by_their_place() -> None:
    document = {**json.loads(SHIPPED["cmb"].dumps()), "columns": [{"title": "x", "field": "?"}, 3]}
    assert set(read(document)[1]) == {"columns[1].field", "columns[2]"}


@pytest.mark.parametrize(
    ("slug", "changes", "faults"),
    [
        ("mybank", {}, []),
        ("mybank", {"holder": "䶮"}, ["encoding"]),
        ("generic", {"holder": "䶮"}, []),
        ("generic", {"holder": "=1+1"}, ["formula"]),
        ("generic", {"account": "+86138"}, ["formula"]),
        ("generic", {"holder": "＝1+1"}, ["formula"]),
        ("generic", {"holder": "林\n可"}, ["control"]),
        ("cmb", {"bank": ""}, ["missing"]),
        ("cmb", {"bank": "行" * 61}, ["too-long"]),
        ("alipay", {}, ["method"]),
    ],
)
def test_why_a_row_cannot_be_written(slug: str, changes: dict[str, str], faults: list[str]) -> None:
    row = Row("bank", "6222021234567890128", "林可", "工商银行", 1250, "PB20261123-0001-000001")
    assert checker(SHIPPED[slug])(row._replace(**changes)) == faults


def test_the_characters_that_an_encoding_lacks_are_named_once() -> None:
    assert unwritable("䶮小䶮㛃", "gbk") == "䶮㛃"
    assert unwritable("䶮", "gb18030") == ""


@pytest.mark.parametrize(("decimals", "text"), [(2, "1234.50"), (1, "1234.5"), (0, "1234")])
def test_an_amount_has_as_many_decimals_as_the_bank_wants(decimals: int, text: str) -> None:
    assert amount(123450, decimals) == text


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (105, "壹元零伍分"),
        (123456, "壹仟贰佰叁拾肆元伍角陆分"),
        (1000000, "壹万元整"),
        (1000500, "壹万零伍元整"),
        (10_0000_00, "壹拾万元整"),
        (100_0010_00, "壹佰万零壹拾元整"),
        (1_0000_0005_00, "壹亿零伍元整"),
        (12_0345_00, "壹拾贰万零叁佰肆拾伍元整"),
    ],
)
def test_an_amount_is_written_out_as_vouchers_do(fen: int, text: str) -> None:
    assert capital(fen) == text


@given(st.integers(0, 10**11))
def test_a_number_cell_of_whole_fen_is_that_amount(fen: int) -> None:
    assert amount_of(fen / 100) == fen
    assert amount_of(f"{fen // 100}.{fen % 100:02d}") == fen


@pytest.mark.parametrize(
    "cell", [12.345, "1,200.00", "1E3", "-5", "", None, True, float("nan"), float("inf")]
)
def test_an_amount_that_is_not_exact_is_no_amount(cell: object) -> None:
    with pytest.raises(Faulty):
        amount_of(cell)


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("对方账号与户名不符,指令处理失败", "name_mismatch"),
        ("账户状态异常", "account_closed"),
        ("该账户已销户", "account_closed"),
        ("余额不足", "insufficient_funds"),
        ("超限", "limit"),
        ("系统繁忙", "other"),
        ("", "other"),
    ],
)
def test_a_banks_reason_is_one_of_ours(words: str, slug: str) -> None:
    assert normal_reason(words) == slug


def test_the_header_is_found_under_titles_and_its_columns_guessed() -> None:
    rows = [
        ["某银行代发结果"],
        [],
        ["序号", "收款账号", "户名", "金额(元)", "处理状态", "备注"],
        [1, "x", "y", 2, "成功", "z"],
    ]
    assert find_header(rows) == 2
    chosen = guess(["序号", "收款账号", "户名", "金额", "处理状态", "备注"])
    assert (chosen.number, chosen.amount, chosen.status, chosen.name) == ("备注", "金额", "处理状态", "户名")


def test_a_remembered_column_goes_before_a_guess() -> None:
    chosen = guess(["备注", "凭证", "金额", "状态"], ColumnMap(number="凭证"))
    assert (chosen.number, chosen.amount) == ("凭证", "金额")


def test_a_short_row_and_a_total_say_nothing() -> None:
    headers = ["备注", "金额", "状态"]
    tell = reader(guess(headers), headers)
    assert tell(5, []) is None
    assert tell(6, ["合计", "120.00"]) is None
    found = tell(7, ["转 PB20261123-0001-000001 款", "1.5", "退票"])
    assert found is not None and (found.number, found.fen, found.outcome) == (
        "PB20261123-0001-000001",
        150,
        "failed",
    )


def test_a_cell_beyond_the_headers_is_in_no_column() -> None:
    headers = ["备注", "金额", "状态"]
    row = ["PB20261123-0001-000001", "1.5", "成功", "6222021234567890128"]
    found = reader(guess(headers), headers)(2, row)
    assert found is not None and found.account == ""


def test_the_longest_known_beginning_of_a_card_names_its_bank() -> None:
    hints = {"6222": "甲", "622202": "乙"}
    assert bank_of("6222021234567890128", hints) == "乙"
    assert bank_of("6222991234567890128", hints) == "甲"
    assert bank_of("6111991234567890128", hints) is None
