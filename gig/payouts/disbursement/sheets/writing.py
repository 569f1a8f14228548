"""The files of a batch, as a program of its own: rows come in, sheets go out.

Writing a large workbook is seconds of pure computing, so it never happens in a process that serves people.
The program knows neither the database nor a key; `python -m …writing FOLDER` reads from its standard input
first a JSON object {layout, number, names, date, made_at, parts: [[lines, fen], …]}, then a line of
text a row, its values parted by tabs: method, account, holder, bank, fen, number. It writes `1.xlsx`,
`1.csv`, `2.xlsx` … into the folder and says what it wrote. Memory stays flat however many rows come; equal
input makes equal bytes.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from gig.payouts.disbursement.rules.layout import Column, Layout, Row, loads
from gig.payouts.disbursement.rules.rows import METHOD_CELLS, amount
from gig.payouts.disbursement.sheets import xlsx

FORMS = {"place": "whole", "amount": "money", "blank": "blank"}


class Context(NamedTuple):
    """What title rows and constant columns may name."""

    batch: str
    file: str
    date: str
    lines: int
    total: str

    def fill(self, text: str) -> str:
        for name, value in self._asdict().items():
            text = text.replace("{count}" if name == "lines" else f"{{{name}}}", str(value))
        return text


class Writer(Protocol):
    def words(self, place: int, cells: Sequence[str]) -> None: ...
    def row(self, place: int, cells: Sequence[str]) -> None: ...


class _Csv:
    """Amounts are plain numbers. A character that the encoding lacks is an error, never a question mark."""

    def __init__(self, path: Path, layout: Layout, stack: ExitStack) -> None:
        file = stack.enter_context(path.open("w", encoding=layout.encoding, errors="strict", newline=""))
        self._rows, self._next = csv.writer(file), 1

    def words(self, place: int, cells: Sequence[str]) -> None:
        while self._next < place:
            self._rows.writerow(())
            self._next += 1
        self._rows.writerow(cells)
        self._next += 1

    row = words


class _Xlsx:
    """Text cells for everything that is not an amount or a place, so that no digit is ever rounded."""

    def __init__(self, path: Path, layout: Layout, number: str, made_at: datetime, stack: ExitStack) -> None:
        forms: list[Any] = [FORMS.get(each.field, "text") for each in layout.columns]
        self._sheet = stack.enter_context(
            xlsx.Sheet(
                path,
                forms=forms,
                widths=[each.width for each in layout.columns],
                name=layout.sheet,
                title=number,
                made_at=made_at,
                decimals=layout.decimals,
            )
        )
        self.words = self._sheet.words
        self._texts = [at for at, form in enumerate(forms) if form == "text"]

    def row(self, place: int, cells: Sequence[str]) -> None:
        escaped = [*cells]
        for at in self._texts:
            cell = escaped[at]
            if "&" in cell or "<" in cell or ">" in cell:
                escaped[at] = xlsx.text(cell)
        self._sheet.row(place, escaped)


def cells_of(layout: Layout, context: Context) -> Callable[[int, Row], list[str]]:
    """A function from a row and its place in the file to its cells, as text."""

    def made(column: Column) -> Callable[[int, Row], str]:
        words, decimals = context.fill(column.text), layout.decimals
        known: dict[str, Callable[[int, Row], str]] = {
            "place": lambda place, row: str(place),
            "method": lambda place, row: METHOD_CELLS[row.method],
            "account": lambda place, row: row.account,
            "holder": lambda place, row: row.holder,
            "bank": lambda place, row: row.bank,
            "amount": lambda place, row: amount(row.fen, decimals),
            "amount_text": lambda place, row: amount(row.fen, decimals),
            "number": lambda place, row: row.number,
            "batch": lambda place, row: context.batch,
            "date": lambda place, row: context.date,
            "text": lambda place, row: words,
            "blank": lambda place, row: "",
        }
        return known[column.field]

    columns = [made(each) for each in layout.columns]
    return lambda place, row: [each(place, row) for each in columns]


def write(rows: Iterator[Row], folder: Path, head: dict[str, Any]) -> list[list[int]]:
    """Every file is in the folder; for each part how many rows it holds and their sum in fen."""
    layout = loads(head["layout"])
    made_at = datetime.fromisoformat(head["made_at"])
    written = []
    for part, (lines, fen) in enumerate(head["parts"], start=1):
        name = head["names"][part - 1]
        context = Context(head["number"], name, head["date"], lines, amount(fen, 2))
        with ExitStack() as stack:
            writers: list[Writer] = []
            for kind in layout.kinds:
                path = folder / f"{part}.{kind}"
                if kind == "xlsx":
                    writers.append(_Xlsx(path, layout, head["number"], made_at, stack))
                else:
                    writers.append(_Csv(path, layout, stack))
            written.append(_part(islice(rows, lines), layout, context, writers))
    return written


def _part(rows: Iterator[Row], layout: Layout, context: Context, writers: Sequence[Writer]) -> list[int]:
    titles = [[context.fill(cell) for cell in row] for row in layout.title_rows]
    titles += [[each.title for each in layout.columns]] if layout.header else []
    for writer in writers:
        for place, words in enumerate(titles, start=1):
            writer.words(place, words)
    cells, before = cells_of(layout, context), layout.start_row - 1
    adders = [writer.row for writer in writers]
    count = total = 0
    for count, row in enumerate(rows, start=1):
        total += row.fen
        values = cells(count, row)
        for add in adders:
            add(before + count, values)
    return [count, total]


def _read(lines: Iterator[str]) -> Iterator[Row]:
    for line in lines:
        method, account, holder, bank, fen, number = line[:-1].split("\t")
        yield Row(method, account, holder, bank, int(fen), number)


def main(folder: Path) -> None:
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    lines = iter(sys.stdin)
    head: dict[str, Any] = json.loads(next(lines))
    print(json.dumps({"parts": write(_read(lines), folder, head)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
