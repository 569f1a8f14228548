"""The layout of a payout sheet as data: finance edits it, the writing program follows it.

It is read from JSON, every fault listed; nothing else of the product knows what a bank's columns are called.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from gig.core.text import N_, Sentence

KINDS = ("xlsx", "csv")
ENCODINGS = ("utf-8-sig", "utf-8", "gbk", "gb18030")
METHODS = ("bank", "alipay", "wechat")
FIELDS = (
    "place",
    "method",
    "account",
    "holder",
    "bank",
    "amount",
    "amount_text",
    "number",
    "batch",
    "date",
    "text",
    "blank",
)
"""place: 1, 2, 3 … in the file · number: our line number, which comes back · text: always the same words."""
MOST_LINES = 1_000_000
MOST_COLUMNS, MOST_TITLES, LONGEST_TEXT = 40, 20, 200

Faults = dict[str, list[Sentence]]


class Row(NamedTuple):
    """What a payout line brings to any sheet."""

    method: str
    account: str
    holder: str
    bank: str
    fen: int
    number: str


@dataclass(frozen=True)
class Column:
    """`required`: an empty cell stops the row. `longest`: so many characters at most, 0 is no limit."""

    title: str
    field: str
    text: str = ""
    required: bool = False
    longest: int = 0
    width: int = 16


@dataclass(frozen=True)
class Layout:
    """Title rows (with {batch} {file} {date} {count} {total}), a header, rows from `start_row` on.

    A file holds `split` lines, never more than `most_lines`, which is what the bank takes. The encoding is
    the CSV's. `methods` are the kinds of payee that the sheet can pay.
    """

    name: str
    kinds: tuple[str, ...]
    methods: tuple[str, ...]
    columns: tuple[Column, ...]
    encoding: str = "utf-8-sig"
    title_rows: tuple[tuple[str, ...], ...] = ()
    header: bool = True
    start_row: int = 2
    decimals: int = 2
    split: int = MOST_LINES
    most_lines: int = MOST_LINES
    most_fen: int = 0
    sheet: str = field(default="代发表")

    def dumps(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    def column_of(self, name: str) -> int | None:
        """The place of the first column with the field, from 0."""
        return next((place for place, each in enumerate(self.columns) if each.field == name), None)


def loads(text: str) -> Layout:
    """A layout that was stored, and so was sound."""
    layout, faults = read(json.loads(text))
    if layout is None:
        raise ValueError(str(faults))
    return layout


def read(given: Any) -> tuple[Layout | None, Faults]:
    """The layout, or every fault of it by its place in the document."""
    faults: Faults = {}

    def fault(place: str, message: str, **params: object) -> None:
        faults.setdefault(place, []).append(Sentence(message, params))

    if not isinstance(given, dict):
        fault("/", N_("要是一个 JSON 对象。"))
        return None, faults
    names = set(Layout.__dataclass_fields__)
    for name in sorted(set(given) - names):
        fault(name, N_("没有这个字段。"))
    for name in ("name", "kinds", "methods", "columns"):
        if name not in given:
            fault(name, N_("缺少这一项。"))
    if faults:
        return None, faults
    columns = _columns(given["columns"], fault)
    _words(given.get("name"), "name", 1, fault)
    _words(given.get("sheet", "代发表"), "sheet", 1, fault, longest=31)
    _choices(given["kinds"], "kinds", KINDS, fault)
    _choices(given["methods"], "methods", METHODS, fault)
    if given.get("encoding", "utf-8-sig") not in ENCODINGS:
        fault("encoding", N_("编码只能是 %(these)s。"), these=" · ".join(ENCODINGS))
    titles = _titles(given.get("title_rows", ()), fault)
    numbers = {"start_row": (1, 40), "decimals": (0, 2), "split": (1, MOST_LINES)}
    numbers |= {"most_lines": (1, MOST_LINES), "most_fen": (0, 10**12)}
    defaults = Layout.__dataclass_fields__
    whole: dict[str, Any] = {}
    for name, (least, most) in numbers.items():
        value = given.get(name, defaults[name].default)
        if type(value) is not int or not least <= value <= most:
            fault(name, N_("要是 %(least)s 到 %(most)s 之间的整数。"), least=least, most=most)
        else:
            whole[name] = value
    header = given.get("header", True)
    if type(header) is not bool:
        fault("header", N_("只能是 true 或 false。"))
    if faults or columns is None or titles is None:
        return None, faults
    if whole["split"] > whole["most_lines"]:
        fault("split", N_("每个文件的行数不能超过银行的上限 %(n)s。"), n=whole["most_lines"])
    if whole["start_row"] <= len(titles) + header:
        fault(
            "start_row", N_("数据要从第 %(n)s 行或更后面开始，前面是标题和表头。"), n=len(titles) + header + 1
        )
    fields = [each.field for each in columns]
    if not {"amount", "amount_text"} & set(fields):
        fault("columns", N_("缺少金额这一列。"))
    if "account" not in fields:
        fault("columns", N_("缺少收款账号这一列。"))
    if "number" not in fields:
        fault("columns", N_("缺少行号这一列：银行结果只能靠它对回来。"))
    for method in given["methods"]:
        if method != "wechat" and "holder" not in fields:
            fault("columns", N_("缺少收款人姓名这一列。"))
            break
    if faults:
        return None, faults
    words: dict[str, Any] = {name: given[name] for name in ("name", "encoding", "sheet") if name in given}
    return (
        Layout(
            kinds=tuple(given["kinds"]),
            methods=tuple(given["methods"]),
            columns=columns,
            title_rows=titles,
            header=header,
            **words,
            **whole,
        ),
        {},
    )


def _words(value: Any, place: str, least: int, fault: Any, longest: int = LONGEST_TEXT) -> bool:
    if not isinstance(value, str) or not least <= len(value) <= longest or not value.isprintable():
        fault(place, N_("要是 %(least)s 到 %(most)s 个字的文字，不含控制字符。"), least=least, most=longest)
        return False
    return True


def _choices(value: Any, place: str, known: tuple[str, ...], fault: Any) -> None:
    if not isinstance(value, list | tuple) or not value or not set(value) <= set(known):
        fault(place, N_("只能选 %(these)s，至少一个。"), these=" · ".join(known))


def _columns(value: Any, fault: Any) -> tuple[Column, ...] | None:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MOST_COLUMNS:
        fault("columns", N_("要有 1 到 %(n)s 列。"), n=MOST_COLUMNS)
        return None
    found = []
    for number, each in enumerate(value, start=1):
        place = f"columns[{number}]"
        if not isinstance(each, Mapping) or set(each) - set(Column.__dataclass_fields__):
            fault(place, N_("一列只有 title、field、text、required、longest、width。"))
            continue
        sound = _words(each.get("title"), f"{place}.title", 1, fault)
        sound &= _words(each.get("text", ""), f"{place}.text", 0, fault)
        if each.get("field") not in FIELDS:
            fault(f"{place}.field", N_("只能是 %(these)s。"), these=" · ".join(FIELDS))
            sound = False
        if type(each.get("required", False)) is not bool:
            fault(f"{place}.required", N_("只能是 true 或 false。"))
            sound = False
        for name, most in (("longest", 1000), ("width", 100)):
            if type(each.get(name, 1)) is not int or not 0 <= each.get(name, 1) <= most:
                fault(f"{place}.{name}", N_("要是 %(least)s 到 %(most)s 之间的整数。"), least=0, most=most)
                sound = False
        if sound:
            found.append(Column(**each))
    return tuple(found) if len(found) == len(value) else None


def _titles(value: Any, fault: Any) -> tuple[tuple[str, ...], ...] | None:
    if not isinstance(value, list | tuple) or len(value) > MOST_TITLES:
        fault("title_rows", N_("最多 %(n)s 行标题。"), n=MOST_TITLES)
        return None
    for number, row in enumerate(value, start=1):
        if not isinstance(row, list | tuple) or len(row) > MOST_COLUMNS:
            fault(f"title_rows[{number}]", N_("一行标题是一串单元格。"))
            return None
        for cell in row:
            if not _words(cell, f"title_rows[{number}]", 0, fault):
                return None
    return tuple(tuple(row) for row in value)
