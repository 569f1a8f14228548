"""A bank's result file: which column means what, and what one row of it says.

Cells come as text, or as numbers where a workbook stored numbers. Nothing is guessed about money or
accounts: what a spreadsheet may have damaged is a fault of its row, said in one sentence.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, NamedTuple

from gig.core.text import N_, Sentence

Cell = Any
"""Text, a number, a truth value, a date, or None."""

_NUMBER = "转账备注 备注 附言/用途 附言 注释 商家明细单号 企业流水号 商户流水号 摘要 用途 行号 line_no number"
_AMOUNT = "转账金额 付款金额 交易金额 实发金额 金额 amount"
_STATUS = "处理状态 转账状态 付款状态 交易状态 处理结果 结果 状态 status"
_REASON = "失败原因 退票原因 错误信息 错误原因 处理说明 失败描述 原因 reason"
_ACCOUNTS = "收款账号 收款方账号 收款方支付宝账号 收款人账号 账号 account"
_NAME = "收款人姓名 收款方姓名 收款方名称 收款账号名称 收款人名称 户名 姓名 name"
COLUMNS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "number": (N_("行号"), tuple(_NUMBER.split())),
    "amount": (N_("金额"), tuple(_AMOUNT.split())),
    "status": (N_("状态"), tuple(_STATUS.split())),
    "reason": (N_("原因"), tuple(_REASON.split())),
    "account": (N_("收款账号"), tuple(_ACCOUNTS.split())),
    "name": (N_("收款人"), tuple(_NAME.split())),
}
"""Each meaning with its words and the headers that banks give it, the likeliest first."""

EXPECTED: Final[Mapping[str, str]] = {
    "amount": N_("应该像 1234.50 这样：不带逗号、单位和正负号，最多两位小数"),
    "status": N_("应该是「成功」「失败」「退票」「处理中」这样的说法，或者下面写明的说法"),
    "account": N_("应该是文本格式的完整账号"),
}
"""What belongs into a cell that could not be read."""

_PAID = "成功 处理成功 交易成功 付款成功 转账成功 已付款 已完成 success paid ok"
_FAILED = "失败 处理失败 交易失败 付款失败 转账失败 已拒绝 fail failed failure"
_RETURNED = "退票 已退票 退回 已退回 退款 已退款 returned"
_PENDING = "处理中 付款中 待处理 受理成功 已受理 待确认 processing pending accepted"
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "paid": tuple(_PAID.split()),
    "failed": tuple(_FAILED.split()),
    "returned": tuple(_RETURNED.split()),
    "pending": tuple(_PENDING.split()),
}
"""What a status says, in banks' words; a mapping may add its own."""

_CLOSED = "销户 注销 冻结 状态异常 账户异常 账号不存在 账户不存在 无此账 止付 account_closed"
_REASONS: Final = (
    ("name_mismatch", ("不符", "不一致", "户名错", "姓名错", "姓名有误", "户名有误", "mismatch")),
    ("account_closed", tuple(_CLOSED.split())),
    ("insufficient_funds", ("余额不足", "insufficient")),
    ("limit", ("超限", "限额", "超过上限", "limit")),
)

NUMBER: Final = re.compile(r"PB[0-9]{8}-[0-9]{4,}-[0-9]{6,}")
_PLAIN: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2}0*)?")
_POWER: Final = re.compile(r"[+-]?[0-9.]+[eE][+-]?[0-9]+")
_ACCOUNT: Final = re.compile(r"[0-9A-Za-z@._%+-]{4,100}")
_TOTALS: Final = ("合计", "总计", "小计", "总笔数", "总金额")
_ONE_LINE: Final = str.maketrans("\t\r\n", "   ")
"""Rows are handed on as lines of tabbed values; a name with a break in it is no name of ours anyhow."""
LARGEST_YUAN: Final = 10**10
HEADER_WITHIN: Final = 20
ABSENT: Final = -1
"""Where a row, with an empty cell put behind it, has the column that the file has not."""
LONGEST_REASON: Final = 200


@dataclass(frozen=True)
class ColumnMap:
    """The header of each meaning's column, empty where the file has none, and further words of status."""

    number: str = ""
    amount: str = ""
    status: str = ""
    reason: str = ""
    account: str = ""
    name: str = ""
    paid: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()

    def dumps(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def loads(cls, text: str) -> ColumnMap:
        given = json.loads(text)
        known: dict[str, Any] = {name: given[name] for name in cls.__dataclass_fields__ if name in given}
        known = {name: tuple(v) if isinstance(v, list) else v for name, v in known.items()}
        return cls(**known)

    @property
    def names_columns(self) -> bool:
        """Whether it says of any column what it is; else it only adds words of status."""
        return any(getattr(self, name) for name in COLUMNS)

    def with_words_of(self, other: ColumnMap) -> ColumnMap:
        """The same columns; the words of both."""
        both: dict[str, Any] = {name: (*getattr(self, name), *getattr(other, name)) for name in WORDS}
        return replace(self, **both)

    def missing(self, headers: Sequence[str]) -> list[str]:
        """The meanings without which the file cannot be read."""
        have = {name for name in COLUMNS if getattr(self, name) in headers and getattr(self, name)}
        lacking = [name for name in ("amount", "status") if name not in have]
        if "number" not in have and not {"account", "name"} <= have:
            lacking.append("number")
        return lacking


class Found(NamedTuple):
    """What one row says. `number` may be empty; then account, name and amount must find the line."""

    place: int
    number: str
    fen: int
    outcome: str
    reason: str
    words: str
    account: str
    name: str


class Faulty(Exception):
    """A row that must not be read on: the sentence says why, `column` which meaning's cell it is."""

    def __init__(self, column: str, message: str, **params: object) -> None:
        super().__init__(message)
        self.column = column
        self.sentence = Sentence(message, params)


def plain(cell: Cell) -> str:
    """The cell as text without what spreadsheets put around it."""
    if cell is None:
        return ""
    if isinstance(cell, bool | int | float):
        return f"{cell:.15g}" if isinstance(cell, float) else str(cell)
    return unicodedata.normalize("NFKC", str(cell)).strip().strip("'`\t").strip()


def header_name(cell: Cell) -> str:
    """A header without its remarks: `金额（必填，单位：元）` is `金额`."""
    return re.sub(r"\s|\(.*?\)|\*", "", plain(cell)).lower()


def find_header(rows: Sequence[Sequence[Cell]], mapping: ColumnMap | None = None) -> int | None:
    """Which of the first rows names the columns: the one in which the mapping, or a guess, finds most."""
    best, at = 1, None
    for place, row in enumerate(rows[:HEADER_WITHIN]):
        names = [header_name(cell) for cell in row]
        guessed = guess(names)
        found = sum(1 for name in COLUMNS if getattr(guessed, name))
        if mapping:
            found = max(
                found,
                sum(1 for name in COLUMNS if getattr(mapping, name) in names and getattr(mapping, name)),
            )
        if found > best:
            best, at = found, place
    return at


def guess(headers: Sequence[str], remembered: ColumnMap | None = None) -> ColumnMap:
    """The mapping that was remembered where its headers are there, and for the rest the likeliest."""
    chosen = remembered or ColumnMap()
    taken = {getattr(chosen, name) for name in COLUMNS if getattr(chosen, name) in headers}
    for name, (_words, likely) in COLUMNS.items():
        if getattr(chosen, name) in headers and getattr(chosen, name):
            continue
        match = next((each for each in likely if each in headers and each not in taken), "")
        found: dict[str, Any] = {name: match}
        chosen = replace(chosen, **found)
        taken.add(match)
    return chosen


def reader(mapping: ColumnMap, headers: Sequence[str]) -> Callable[[int, Sequence[Cell]], Found | None]:
    """A function from a row and its number in the file to what it says; None for an empty or a total row."""
    outcomes = {word.lower(): outcome for outcome, words in WORDS.items() for word in words}
    for outcome in WORDS:
        outcomes |= {plain(word).lower(): outcome for word in getattr(mapping, outcome)}
    number_at, amount_at, status_at, reason_at, account_at, name_at = (
        headers.index(header) if (header := getattr(mapping, name)) and header in headers else ABSENT
        for name in COLUMNS
    )
    width = len(headers)
    reasons: dict[str, str] = {}
    said: dict[Cell, str] = {}

    def read(place: int, row: Sequence[Cell]) -> Found | None:
        cells = [*row, *(None,) * (width - len(row)), None]
        status = cells[status_at]
        if status in (None, "") and (not any(plain(each) for each in row) or _is_total(row)):
            return None
        given = cells[number_at]
        number = match[0] if isinstance(given, str) and (match := NUMBER.search(given)) else ""
        account = account_of(cells[account_at])
        fen = amount_of(cells[amount_at])
        outcome = said.get(status) or said.setdefault(status, outcomes.get(plain(status).lower(), ""))
        if not outcome:
            words = plain(status)[:20]
            if not words:
                raise Faulty("status", N_("状态是空的，看不出是成功还是失败。"))
            raise Faulty(
                "status", N_("不认识状态「%(words)s」，请在列对应里写明它是成功还是失败。"), words=words
            )
        name = "" if number else plain(cells[name_at]).translate(_ONE_LINE)
        if outcome in ("paid", "pending"):
            return Found(place, number, fen, outcome, "", "", account, name)
        words = " ".join(plain(cells[reason_at]).split())[:LONGEST_REASON]
        reason = reasons.get(words) or reasons.setdefault(words, normal_reason(words))
        return Found(place, number, fen, "failed", reason, words, account, name)

    return read


def _is_total(row: Sequence[Cell]) -> bool:
    return any(plain(each).startswith(_TOTALS) for each in row[:3])


def amount_of(cell: Cell) -> int:
    """The fen of an amount cell: a plain decimal text, or a number of at most two decimals."""
    if isinstance(cell, str):
        text = cell.strip()
        if _PLAIN.fullmatch(text):
            whole, _, rest = text.partition(".")
            return int(whole) * 100 + int((rest + "00")[:2])
        text = plain(cell)
        if "," in text:
            raise Faulty("amount", N_("金额「%(text)s」带千分位逗号，请改成不带逗号的数字。"), text=text[:30])
        if _POWER.fullmatch(text):
            raise Faulty(
                "amount", N_("金额「%(text)s」是科学计数法，请把这一列改成数字格式再导出。"), text=text[:30]
            )
        if not text:
            raise Faulty("amount", N_("金额是空的。"))
        raise Faulty("amount", N_("金额「%(text)s」不是不带符号、最多两位小数的数字。"), text=text[:30])
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        raise Faulty("amount", N_("金额是空的。"))
    if not 0 <= cell <= LARGEST_YUAN or (fen := round(cell * 100)) / 100 != cell:
        raise Faulty("amount", N_("金额 %(text)s 多于两位小数，或者超出范围。"), text=plain(cell)[:30])
    return fen


def account_of(cell: Cell) -> str:
    """The account as text, without the spaces of its groups; a masked one is no account."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, str):
        if cell.isascii() and cell.isdigit():
            return cell
        text = plain(cell).replace(" ", "").replace("-", "").lower()
        if _POWER.fullmatch(text):
            raise Faulty(
                "account",
                N_("收款账号「%(text)s」是科学计数法，末几位已经丢失。请把这一列设成文本再导出。"),
                text=text[:30],
            )
        return text if _ACCOUNT.fullmatch(text) else ""
    raise Faulty(
        "account", N_("收款账号是数字格式的单元格，长卡号的末几位已经丢失。请把这一列设成文本再导出。")
    )


def normal_reason(words: str) -> str:
    """The bank's words for a failure, as one of ours."""
    said = words.lower()
    return next((slug for slug, parts in _REASONS if any(part in said for part in parts)), "other")


def mapping_of(given: Any) -> ColumnMap:
    """A mapping that came in as JSON or from a form; ValueError when it is no such thing."""
    if not isinstance(given, dict):
        raise ValueError(N_("列对应要是一个 JSON 对象。"))
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name in COLUMNS and isinstance(value, str) and len(value) <= 80:
            values[name] = header_name(value)
        elif name in WORDS and isinstance(value, list | tuple) and len(value) <= 20:
            if not all(isinstance(each, str) and 0 < len(each) <= 40 for each in value):
                raise ValueError(N_("状态的说法要是一串短词。"))
            values[name] = tuple(value)
        else:
            raise ValueError(N_("列对应里有不认识的项，或者太长。"))
    return ColumnMap(**values)
