"""A workbook of one sheet, written row by row at the speed of text.

XlsxWriter makes everything but the rows: parts, styles, widths. It makes them with one sample row, whose
style numbers ours then use; the rows themselves are plain XML that goes straight into the archive. Memory
stays flat, and equal input makes equal bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from xml.sax.saxutils import escape

Form = Literal["text", "whole", "money", "blank"]

SHEET = "xl/worksheets/sheet1.xml"
MOST_ROWS: Final = 1_048_576
AT_ONCE: Final = 256 * 1024
LEVEL: Final = 5
_DATE = (1980, 1, 1, 0, 0, 0)
_SAMPLE = re.compile(r'<row r="1".*?</row>', re.DOTALL)
_STYLE = re.compile(r'<c r="[A-Z]+1" s="([0-9]+)"')
_DIMENSION = re.compile(r'<dimension ref="[^"]*"/>')


def letters(place: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


class Sheet:
    """Open it as a context; `title` and `header` rows first, then `row` for each line."""

    def __init__(
        self,
        path: Path,
        *,
        forms: Sequence[Form],
        widths: Sequence[int],
        name: str,
        title: str,
        made_at: datetime,
        decimals: int = 2,
    ) -> None:
        self._frame = _frame(forms, widths, name, title, made_at, decimals)
        self._row = _pattern(forms, self._styles())
        self._archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL)
        self._wait: list[str] = []
        self._waiting = 0

    def __enter__(self) -> Sheet:
        frame = self._frame[SHEET]
        start, _, self._end = _SAMPLE.sub("\0", frame, count=1).partition("\0")
        self._part = self._archive.open(_named(SHEET), "w")
        self._part.write(_DIMENSION.sub("", start).encode())
        return self

    def __exit__(self, failed: object, *_rest: object) -> None:
        if not failed:
            self._write()
            self._part.write(self._end.encode())
        self._part.close()
        for name, content in self._frame.items():
            if name != SHEET and not failed:
                self._archive.writestr(_named(name), content)
        self._archive.close()

    def words(self, place: int, cells: Iterable[str]) -> None:
        """A row of plain text cells: a title or the header."""
        texts = "".join(_text(letters(at), place, cell) for at, cell in enumerate(cells) if cell)
        self._add(f'<row r="{place}">{texts}</row>')

    def row(self, place: int, cells: Sequence[str]) -> None:
        """One line; numbers come as their decimal text, texts escaped here."""
        self._add(self._row % {"r": place, **{f"c{at}": cell for at, cell in enumerate(cells)}})

    def _add(self, xml: str) -> None:
        self._wait.append(xml)
        self._waiting += len(xml)
        if self._waiting > AT_ONCE:
            self._write()

    def _write(self) -> None:
        self._part.write("".join(self._wait).encode())
        self._wait.clear()
        self._waiting = 0

    def _styles(self) -> list[str]:
        found = _SAMPLE.search(self._frame[SHEET])
        assert found is not None
        return _STYLE.findall(found[0])


def text(value: str) -> str:
    """The text as a cell's XML takes it."""
    return escape(value)


def _text(letter: str, place: int, value: str) -> str:
    words = f'<is><t xml:space="preserve">{escape(value)}</t></is>'
    return f'<c r="{letter}{place}" t="inlineStr">{words}</c>'


def _pattern(forms: Sequence[Form], styles: Sequence[str]) -> str:
    """A row with places for its number and its cells."""
    cells = []
    for at, (form, style) in enumerate(zip(forms, styles, strict=True)):
        start = f'<c r="{letters(at)}%(r)d" s="{style}"'
        if form == "text":
            cells.append(f'{start} t="inlineStr"><is><t xml:space="preserve">%(c{at})s</t></is></c>')
        elif form != "blank":
            cells.append(f"{start}><v>%(c{at})s</v></c>")
    return f'<row r="%(r)d">{"".join(cells)}</row>'


def _frame(
    forms: Sequence[Form], widths: Sequence[int], name: str, title: str, made_at: datetime, decimals: int
) -> dict[str, str]:
    """Every part of the workbook as XlsxWriter writes it, with one sample row."""
    import xlsxwriter

    kept = io.BytesIO()
    options = {"in_memory": True, "strings_to_numbers": False}
    with xlsxwriter.Workbook(kept, options) as book:
        book.set_properties({"title": title, "created": made_at.replace(tzinfo=None)})
        money = "0." + "0" * decimals if decimals else "0"
        styles = {
            "text": book.add_format({"num_format": "@"}),
            "blank": book.add_format({"num_format": "@"}),
            "whole": book.add_format({"num_format": "0"}),
            "money": book.add_format({"num_format": money}),
        }
        sheet = book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        for column, form in enumerate(forms):
            sheet.write_blank(0, column, None, styles[form])
    with zipfile.ZipFile(kept) as archive:
        return {each: archive.read(each).decode() for each in archive.namelist()}


def _named(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry
