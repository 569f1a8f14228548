"""Which rows a layout can write, and the cells of one that it can."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from gig.core.cells import computed
from gig.core.money import yuan
from gig.core.text import N_
from gig.payouts.disbursement.rules.layout import Layout, Row

CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")

FAULTS: Final = {
    "method": N_("这种收款方式不能用这个模板付"),
    "formula": N_("户名、账号或银行以 = + - @ 开头，表格软件会当成公式"),
    "control": N_("户名、账号或银行里有换行等控制字符"),
    "missing": N_("必填的一列是空的"),
    "too-long": N_("超过了银行规定的字数"),
    "encoding": N_("有这个模板的编码写不出的字"),
    "decimals": N_("金额的小数位数超过模板的规定"),
    "too-much": N_("超过单笔上限"),
}
"""Why a row cannot be written, each in words."""

METHOD_CELLS: Final = {"bank": "银行卡", "alipay": "支付宝", "wechat": "微信"}
"""What a payment file says of a method, in whatever language it is fetched."""


def checker(layout: Layout) -> Callable[[Row], list[str]]:
    """A function that says why a row cannot be written by the layout; an empty list is good."""
    asked = [each for each in layout.columns if each.field in ("account", "holder", "bank", "number")]
    required = tuple(each.field for each in asked if each.required)
    limits = tuple((each.field, each.longest) for each in asked if each.longest)
    used = tuple({each.field for each in asked if each.field != "number"})
    strict = layout.encoding if "csv" in layout.kinds and not layout.encoding.startswith("utf") else ""
    coarse = 10 ** (2 - layout.decimals)
    methods, most = layout.methods, layout.most_fen

    def check(row: Row) -> list[str]:
        found = []
        values = {"account": row.account, "holder": row.holder, "bank": row.bank, "number": row.number}
        texts = [values[name] for name in used]
        whole = "".join(texts)
        if row.method not in methods:
            found.append("method")
        if CONTROL.search(whole):
            found.append("control")
        if any(computed(text) for text in texts):
            found.append("formula")
        if not all(values[name].strip() for name in required):
            found.append("missing")
        if any(len(values[name]) > longest for name, longest in limits):
            found.append("too-long")
        if strict and unwritable(whole, strict):
            found.append("encoding")
        if row.fen % coarse:
            found.append("decimals")
        if most and row.fen > most:
            found.append("too-much")
        return found

    return check


def unwritable(text: str, encoding: str) -> str:
    """The characters that the encoding has no bytes for, in their order."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(dict.fromkeys(each for each in text if not _fits(each, encoding)))
    return ""


def _fits(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def amount(fen: int, decimals: int) -> str:
    """The amount as a file says it, without thousands separators: `1234.50`, `1234.5`, `1234`."""
    return yuan(fen)[: -3 + (decimals + 1 if decimals else 0) or None]
