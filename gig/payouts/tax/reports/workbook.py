"""One sheet of typed columns as a workbook, written by a program of its own.

Writing is pure computing, so it never happens in a process that serves people. `python -m …workbook FILE`
reads JSON from its standard input: first {title, sheet, made_at, columns: [[name, width, kind], …]}, then
one array of cells a line. A cell of the kind `text` is text whatever it begins with; `fen` are written as
yuan. Equal input makes equal bytes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gig.core.errors import Refused
from gig.core.text import N_

Cell = str | int | None


@dataclass(frozen=True)
class Column:
    """`kind` is text, fen, whole or percent."""

    name: str
    kind: str = "text"
    width: int = 14


@dataclass(frozen=True)
class Table:
    """What a file says, before it is written."""

    title: str
    sheet: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


def write(table: Table, made_at: datetime) -> bytes:
    """The workbook of the table. Refused, with nothing left behind, if it cannot be written."""
    head = {
        "title": table.title,
        "sheet": table.sheet,
        "made_at": made_at.isoformat(),
        "columns": [asdict(column) for column in table.columns],
    }
    lines = (json.dumps(each, ensure_ascii=False) for each in (head, *table.rows))
    with TemporaryDirectory(prefix="gig-filing-") as folder:
        path = Path(folder) / "filing.xlsx"
        done = subprocess.run(
            [sys.executable, "-m", __name__, str(path)],
            input="\n".join(lines),
            text=True,
            encoding="utf-8",
            capture_output=True,
            cwd=Path(__file__).resolve().parents[4],
            check=False,
        )
        if done.returncode:
            *_, why = done.stderr.splitlines() or [""]
            raise Refused("filing-not-written", N_("申报表没有写成：%(why)s。什么都没有改变。"), why=why)
        return path.read_bytes()


def _build(head: dict[str, Any], rows: Iterable[list[Cell]], path: Path) -> None:
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_numbers": False, "tmpdir": str(path.parent)}
    columns = [Column(**each) for each in head["columns"]]
    with xlsxwriter.Workbook(str(path), options) as book:
        made_at = datetime.fromisoformat(head["made_at"]).replace(tzinfo=None)
        book.set_properties({"title": head["title"], "created": made_at})
        looks = {"text": "@", "fen": "0.00", "whole": "0", "percent": "0%"}
        formats = {kind: book.add_format({"num_format": look}) for kind, look in looks.items()}
        sheet = book.add_worksheet(head["sheet"])
        title = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
            sheet.write_string(0, place, column.name, title)
        for number, row in enumerate(rows, start=1):
            for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
                look = formats[column.kind]
                if cell is None:
                    sheet.write_blank(number, place, None, look)
                elif column.kind == "text":
                    sheet.write_string(number, place, str(cell), look)
                else:
                    scale = {"fen": -2, "percent": -2}.get(column.kind, 0)
                    sheet.write_number(number, place, Decimal(cell).scaleb(scale), look)


def main(path: Path) -> None:
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    lines = iter(sys.stdin)
    head: dict[str, Any] = json.loads(next(lines))
    _build(head, (json.loads(line) for line in lines), path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
