"""The generic layout, as a program of its own: rows come in, a workbook and a CSV file go out.

Writing a large workbook is seconds of pure computing, so it never happens in a process that serves
people. The program knows neither the database nor a key; `python -m …generic FOLDER` reads JSON from its
standard input, first an object {number, made_at}, then one array a line: [method, account, holder, fen,
remark]. It writes `sheet.xlsx` and `sheet.csv` into the folder. Memory stays flat however many rows come;
equal input makes equal bytes.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

COLUMNS = ("序号", "转账方式", "收款账号", "收款人姓名", "转账金额（元）", "转账备注")
WIDTHS = (8, 12, 24, 16, 16, 32)
XLSX_NAME, CSV_NAME = "sheet.xlsx", "sheet.csv"

Row = tuple[int, str, str, str, int, str]
"""place, method, account, holder, fen, remark"""


class Writer(Protocol):
    def add(self, row: Row) -> None: ...


class _Csv:
    """UTF-8 with a mark in front, so that spreadsheets read Chinese; amounts are plain numbers."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._file = stack.enter_context(path.open("w", encoding="utf-8-sig", newline=""))
        self._rows = csv.writer(self._file)
        self._rows.writerow(COLUMNS)

    def add(self, row: Row) -> None:
        place, method, account, holder, fen, remark = row
        self._rows.writerow((place, method, account, holder, f"{fen // 100}.{fen % 100:02d}", remark))


class _Xlsx:
    """Text cells for everything that is not an amount or a place, so that no digit is ever rounded."""

    def __init__(self, path: Path, stack: ExitStack, number: str, made_at: datetime) -> None:
        import xlsxwriter

        options = {"constant_memory": True, "strings_to_numbers": False, "tmpdir": str(path.parent)}
        book = stack.enter_context(xlsxwriter.Workbook(str(path), options))
        book.set_properties({"title": number, "created": made_at.replace(tzinfo=None)})
        self._text = book.add_format({"num_format": "@"})
        self._money = book.add_format({"num_format": "0.00"})
        self._sheet = book.add_worksheet("代发表")
        for column, width in enumerate(WIDTHS):
            self._sheet.set_column(column, column, width)
        for column, name in enumerate(COLUMNS):
            self._sheet.write_string(0, column, name)

    def add(self, row: Row) -> None:
        place, method, account, holder, fen, remark = row
        write_text, text = self._sheet.write_string, self._text
        self._sheet.write_number(place, 0, place)
        write_text(place, 1, method, text)
        write_text(place, 2, account, text)
        write_text(place, 3, holder, text)
        self._sheet.write_number(place, 4, Decimal(fen).scaleb(-2), self._money)
        write_text(place, 5, remark, text)


def write(rows: Iterable[Row], folder: Path, *, number: str, made_at: datetime) -> tuple[int, int]:
    """Both files are in the folder; how many rows they hold and their sum in fen."""
    count = total = 0
    with ExitStack() as stack:
        writers: tuple[Writer, ...] = (
            _Csv(folder / CSV_NAME, stack),
            _Xlsx(folder / XLSX_NAME, stack, number, made_at),
        )
        for row in rows:
            for writer in writers:
                writer.add(row)
            count += 1
            total += row[4]
    return count, total


def _read(lines: Iterator[str]) -> Iterator[Row]:
    for place, line in enumerate(lines, start=1):
        method, account, holder, fen, remark = json.loads(line)
        yield place, method, account, holder, fen, remark


def main(folder: Path) -> None:
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    lines = iter(sys.stdin)
    head: dict[str, Any] = json.loads(next(lines))
    made_at = datetime.fromisoformat(head["made_at"])
    count, total = write(_read(lines), folder, number=head["number"], made_at=made_at)
    print(json.dumps({"lines": count, "total_fen": total}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
