"""Prices a file of turns with a card, without a database: what `gig price` does."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TextIO

from gig.core.businesstime import parse_instant
from gig.core.text import N_, Sentence
from gig.payouts.rates.rules.card import PERCENT_MAX, PERCENT_MIN, RateCard
from gig.payouts.rates.rules.document import read_card
from gig.payouts.rates.rules.pricing import Pricing, price
from gig.payouts.rates.rules.quote import quote

COLUMNS = ("turn_id", "inquiry_id", "queue", "issue_type", "tier", "clock_started_at", "replied_at")
PRICED = (
    "turn_id",
    "base_fen",
    "multiplier_percent",
    "gross_fen",
    "late_percent",
    "penalty_fen",
    "pay_fen",
    "why",
)
SURGE_COLUMN = "surge_percent"
"""May be there: the points that a surge added for this clock, empty or 0 for none."""

_NEEDED = ("turn_id", "inquiry_id", "queue", "clock_started_at", "replied_at")


@dataclass(frozen=True, slots=True)
class Turn:
    """One row of the file and the line it starts on."""

    line: int
    turn_id: str
    inquiry_id: str
    queue: str
    issue_type: str
    tier: str
    clock_started_at: dt.datetime
    replied_at: dt.datetime
    surge_percent: int = 0

    @property
    def paid_order(self) -> tuple[dt.datetime, dt.datetime, str, int]:
        """The order in which the replies of one inquiry use up its paid replies."""
        return self.replied_at, self.clock_started_at, self.turn_id, self.line


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be priced, and why."""

    line: int
    reason: Sentence


def price_file(card_path: Path, turns_path: Path, out: TextIO, err: TextIO) -> int:
    """Prices every sound row, in the order of the file; 1 when the card or any row was not sound."""
    card = _card(card_path, err)
    if card is None:
        return 1
    try:
        with _rewindable(turns_path) as file:
            return _price(card, file, out, err)
    except OSError as error:
        print(f"{turns_path}: {error.strerror}", file=err)
    except (UnicodeDecodeError, csv.Error) as error:
        print(f"{turns_path}: {error}", file=err)
    return 1


def _card(path: Path, err: TextIO) -> RateCard | None:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        print(f"{path}: {error.strerror}", file=err)
        return None
    except UnicodeDecodeError as error:
        print(f"{path}: {error}", file=err)
        return None
    card, faults = read_card(text)
    for fault in faults:
        print(fault, file=err)
    return card


@contextmanager
def _rewindable(path: Path) -> Iterator[IO[str]]:
    """The file as text that can be read again from its start; a pipe is copied first."""
    with path.open("rb") as raw, tempfile.TemporaryFile() as copy:
        if not raw.seekable():
            shutil.copyfileobj(raw, copy)
        yield open(  # noqa: SIM115 - closed with its descriptor
            (raw if raw.seekable() else copy).fileno(), encoding="utf-8-sig", newline="", closefd=False
        )


def _price(card: RateCard, file: IO[str], out: TextIO, err: TextIO) -> int:
    missing = [name for name in COLUMNS if name not in _header(file)]
    if missing:
        print(f"第 1 行：{Sentence(N_('缺少列 %(columns)s。'), {'columns': ', '.join(missing)})}", file=err)
        return 1
    capped = _capped_lines(card, file)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(PRICED)
    sound = True
    for row in _rows(file):
        if isinstance(row, BadRow):
            sound = False
            print(f"第 {row.line} 行：{row.reason}", file=err)
            continue
        paid_so_far = card.max_paid_replies if row.line in capped else 0
        writer.writerow(_cells(row.turn_id, _priced(card, row, paid_so_far)))
    return 0 if sound else 1


def _priced(card: RateCard, turn: Turn, paid_so_far: int) -> Pricing:
    offered = quote(
        card,
        queue=turn.queue,
        issue_type=turn.issue_type,
        tier=turn.tier,
        clock_started_at=turn.clock_started_at,
        paid_so_far=paid_so_far,
        surge_percent=turn.surge_percent,
    )
    return price(offered, clock_started_at=turn.clock_started_at, replied_at=turn.replied_at)


def _cells(turn_id: str, priced: Pricing) -> tuple[str | int, ...]:
    return (
        turn_id,
        priced.base_fen,
        priced.multiplier_percent,
        priced.gross_fen,
        priced.late_percent,
        priced.penalty_fen,
        priced.pay_fen,
        priced.why,
    )


def _capped_lines(card: RateCard, file: IO[str]) -> set[int]:
    """The lines of replies that come after their inquiry's last paid one.

    Only inquiries with more rows than paid replies are held in memory.
    """
    counts = Counter(inquiry_id for _, cells in _records(file) if (inquiry_id := cells.get("inquiry_id")))
    crowded = {inquiry_id for inquiry_id, n in counts.items() if n > card.max_paid_replies}
    if not crowded:
        return set()
    expires = dt.timedelta(seconds=card.claim_expires_s)
    turns = sorted(
        (
            row
            for row in _rows(file, crowded)
            if isinstance(row, Turn) and row.replied_at - row.clock_started_at <= expires
        ),
        key=lambda turn: (turn.inquiry_id, turn.paid_order),
    )
    capped: set[int] = set()
    for _, group in itertools.groupby(turns, key=lambda turn: turn.inquiry_id):
        capped.update(turn.line for turn in itertools.islice(group, card.max_paid_replies, None))
    return capped


def _header(file: IO[str]) -> list[str]:
    file.seek(0)
    return [name.strip() for name in next(csv.reader(file), [])]


def _records(file: IO[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row after the header with its line; blank lines are none."""
    file.seek(0)
    reader = csv.reader(file)
    names = [name.strip() for name in next(reader, [])]
    line = reader.line_num + 1
    for cells in reader:
        if cells:
            yield line, dict(zip(names, (cell.strip() for cell in cells), strict=False))
        line = reader.line_num + 1


def _rows(file: IO[str], inquiries: set[str] | None = None) -> Iterator[Turn | BadRow]:
    """Each row, or each of these inquiries', read."""
    for line, cells in _records(file):
        if inquiries is not None and cells.get("inquiry_id") not in inquiries:
            continue
        try:
            yield _turn(line, cells)
        except _Unreadable as bad:
            yield BadRow(line, bad.reason)


class _Unreadable(Exception):
    def __init__(self, message: str, **params: object) -> None:
        super().__init__(message)
        self.reason = Sentence(message, params)


def _turn(line: int, cells: dict[str, str]) -> Turn:
    for name in _NEEDED:
        if not cells.get(name):
            raise _Unreadable(N_("缺少 %(column)s。"), column=name)
    clock_started_at = _instant(cells, "clock_started_at")
    replied_at = _instant(cells, "replied_at")
    if replied_at < clock_started_at:
        raise _Unreadable(N_("回复早于开始计时。"))
    return Turn(
        line=line,
        turn_id=cells["turn_id"],
        inquiry_id=cells["inquiry_id"],
        queue=cells["queue"],
        issue_type=cells.get("issue_type", ""),
        tier=cells.get("tier", ""),
        clock_started_at=clock_started_at,
        replied_at=replied_at,
        surge_percent=_points(cells.get(SURGE_COLUMN, "")),
    )


def _points(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= PERCENT_MAX - PERCENT_MIN):
        raise _Unreadable(N_("%(column)s 要是 0 到 400 的整数。"), column=SURGE_COLUMN)
    return int(text)


def _instant(cells: dict[str, str], name: str) -> dt.datetime:
    try:
        return parse_instant(cells[name])
    except ValueError as error:
        raise _Unreadable(N_("%(column)s：%(reason)s"), column=name, reason=str(error)) from None
