"""Reading a bank's file, as a program of its own: a file comes in, one line of text a row goes out.

Opening a workbook may take seconds and much memory, and the file comes from outside: so it is never opened in
the process that serves people. `python -m …reading FOLDER` reads a JSON object {mapping, remembered} from its
standard input and the file `given` in the folder, writes the rows to `rows`, values parted by tabs in the
order of `Found`, and says {headers, mapping, rows, faults, trouble}. Rows that say only number, amount and
outcome, which are most, go to `plain`: the first four values, as a database takes them.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

from gig.core.text import N_, Sentence
from gig.payouts.disbursement.rules.results import (
    HEADER_WITHIN,
    Cell,
    ColumnMap,
    Faulty,
    find_header,
    guess,
    header_name,
    mapping_of,
    reader,
)

GIVEN, ROWS, PLAIN = "given", "rows", "plain"
LARGEST_INSIDE = 1 << 30
MOST_ROWS = 1_000_000
SHOWN_FAULTS = 100
MOST_MEMORY, MOST_SECONDS = 3 << 30, 300
"""What reading one file may take; a file that wants more is refused like a damaged one."""


class Trouble(Exception):
    """The file as a whole cannot be read."""

    def __init__(self, message: str, **params: object) -> None:
        super().__init__(message)
        self.sentence = Sentence(message, params)


def rows_of(path: Path) -> Iterator[tuple[int, Sequence[Cell]]]:
    """(row number from 1, cells) of the first sheet, or of the lines of the text."""
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return _of_workbook(path, zipped=start.startswith(b"PK"))
    if b"\0" in start:  # a picture, a paper: whatever it is called, no text has this
        raise Trouble(N_("这个文件打不开，可能已经损坏，或者不是表格。"))
    return _of_text(path)


def _of_workbook(path: Path, *, zipped: bool) -> Iterator[tuple[int, Sequence[Cell]]]:
    from python_calamine import CalamineError, load_workbook

    try:
        if zipped:
            with zipfile.ZipFile(path) as archive:
                if sum(each.file_size for each in archive.infolist()) > LARGEST_INSIDE:
                    raise Trouble(N_("这个表格解开后太大，请分成几个文件。"))
        sheet = load_workbook(str(path)).get_sheet_by_index(0)
    except (CalamineError, zipfile.BadZipFile, ValueError, OSError) as error:
        raise Trouble(N_("这个文件打不开，可能已经损坏，或者不是表格。")) from error
    first = (sheet.start or (0, 0))[0]
    return enumerate(sheet.iter_rows(), start=first + 1)


def _of_text(path: Path) -> Iterator[tuple[int, Sequence[Cell]]]:
    with path.open(encoding=_encoding(path), newline="") as file:
        head = file.readline()
        file.seek(0)
        mark = max((",", "\t", ";"), key=head.count)
        try:
            yield from enumerate(csv.reader(file, delimiter=mark), start=1)
        except csv.Error as error:
            raise Trouble(N_("这个文件打不开，可能已经损坏，或者不是表格。")) from error


def _encoding(path: Path) -> str:
    """UTF-8 if the whole file is, with or without its mark; else GBK in its widest form."""
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        try:
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Trouble(N_("这个文件既不是 UTF-8 也不是 GBK 编码，读不出文字。"))


def read(folder: Path, *, mapping: ColumnMap | None, remembered: ColumnMap | None) -> dict[str, Any]:
    """What the file says, its rows written beside it."""
    rows = rows_of(folder / GIVEN)
    first = list(islice(rows, HEADER_WITHIN))
    named = mapping if mapping and mapping.names_columns else None
    at = find_header([cells for _place, cells in first], named or remembered)
    if at is None:
        raise Trouble(N_("前 %(n)s 行里没有找到表头，至少要有金额和状态两列。"), n=HEADER_WITHIN)
    headers = [header_name(cell) for cell in first[at][1]]
    chosen = named or guess(headers, remembered)
    if mapping and not named:
        chosen = chosen.with_words_of(mapping)
    said: dict[str, Any] = {"headers": [each for each in headers if each], "mapping": chosen.dumps()}
    said |= {"missing": chosen.missing(headers), "rows": 0, "faults": [], "faulty": 0}
    if said["missing"]:
        return said
    interpret, count = reader(chosen, headers), 0
    with _lines(folder / ROWS) as full, _lines(folder / PLAIN) as plain:
        for place, cells in chain(first[at + 1 :], rows):
            try:
                found = interpret(place, cells)
            except Faulty as error:
                said["faulty"] += 1
                if said["faulty"] <= SHOWN_FAULTS:
                    header = getattr(chosen, error.column)
                    why = [error.sentence.message, dict(error.sentence.params)]
                    said["faults"].append(
                        {"row": place, "column": error.column, "header": header, "why": why}
                    )
                continue
            if found is None:
                continue
            row, number, fen, outcome, reason, words, account, name = found
            if number and not (account or reason or words or name):
                plain(f"{row}\t{number}\t{fen}\t{outcome}\n")
            else:
                full("\t".join(map(str, found)) + "\n")
            count += 1
            if count > MOST_ROWS:
                raise Trouble(N_("超过 %(n)s 行，请分成几个文件。"), n=MOST_ROWS)
    return said | {"rows": count}


@contextmanager
def _lines(path: Path) -> Iterator[Callable[[str], object]]:
    """Takes lines for the file, which is there in any case."""
    with path.open("w", encoding="utf-8", newline="\n", buffering=1 << 18) as out:
        yield out.write


def bound() -> None:
    """It ends before it takes more than a file may: what a workbook says of its size is no proof."""
    for what, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, MOST_SECONDS)):
        hard = resource.getrlimit(what)[1]
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (wanted, hard))


def main(folder: Path) -> None:
    bound()
    asked = json.load(io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8"))
    mapping = mapping_of(asked["mapping"]) if asked["mapping"] else None
    remembered = ColumnMap.loads(asked["remembered"]) if asked["remembered"] else None
    try:
        said = read(folder, mapping=mapping, remembered=remembered)
    except Trouble as error:
        said = {"trouble": [error.sentence.message, dict(error.sentence.params)]}
    print(json.dumps(said, ensure_ascii=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
