"""What a template changes against another, as its approver reads it."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from gig.payouts.disbursement.rules.changes import changes
from gig.payouts.disbursement.rules.layout import Column, Layout
from gig.payouts.disbursement.rules.shipped import SHIPPED

CMB = SHIPPED["cmb"]
OTHERS: dict[str, object] = {
    "name": "别的银行",
    "kinds": ("csv",),
    "methods": ("alipay",),
    "columns": CMB.columns[1:],
    "encoding": "gbk",
    "title_rows": (("标题",),),
    "header": False,
    "start_row": 5,
    "decimals": 1,
    "split": 7,
    "most_lines": 2000,
    "most_fen": 100_00,
    "sheet": "别的表",
}


def said(before: Layout, after: Layout) -> list[str]:
    return [str(each) for each in changes(before, after)]


def columns(*pairs: tuple[str, str]) -> Layout:
    return replace(CMB, columns=tuple(Column(title, field) for title, field in pairs))


def test_the_same_layout_changes_nothing() -> None:
    assert said(CMB, replace(CMB)) == []


@pytest.mark.parametrize("name", [each.name for each in fields(Layout)])
def test_no_part_of_a_layout_changes_unsaid(name: str) -> None:
    assert said(CMB, replace(CMB, **{name: OTHERS[name]})) != []


@pytest.mark.parametrize("name", [each.name for each in fields(Column)])
def test_no_part_of_a_column_changes_unsaid(name: str) -> None:
    others = {"title": "卡号", "field": "text", "text": "x", "required": True, "longest": 9, "width": 9}
    before = Column("账号", "account")
    after = replace(before, **{name: others[name]})  # type: ignore[arg-type]
    assert said(replace(CMB, columns=(before,)), replace(CMB, columns=(after,))) != []


def test_a_swapped_account_column_is_named_with_both_contents() -> None:
    before = columns(("账号", "account"), ("户名", "holder"))
    after = columns(("账号", "holder"), ("户名", "account"))
    assert said(before, after) == [
        "「账号」列的内容：收款账号 → 收款人姓名",
        "「户名」列的内容：收款人姓名 → 收款账号",
    ]


def test_a_new_column_is_named_with_its_place_and_another_order_is_said_whole() -> None:
    before = columns(("账号", "account"), ("金额", "amount"))
    after = columns(("金额", "amount"), ("账号", "account"), ("户名", "holder"))
    assert said(before, after) == [
        "新增第 3 列「户名」（收款人姓名）",
        "列的顺序现在是：金额 · 账号 · 户名",
    ]


def test_of_columns_with_the_same_title_each_is_compared_with_its_own() -> None:
    before = columns(("备注", "blank"), ("备注", "number"))
    after = columns(("备注", "blank"), ("备注", "batch"))
    assert said(before, after) == ["「备注」列的内容：行号 → 批次号"]
