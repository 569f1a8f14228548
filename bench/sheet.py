"""The files of 50,000 and of 100,000 lines, over bare XlsxWriter that writes the same cells from memory.

Ours reads the lines from the database, opens the sealed accounts and names, checks that each can be written,
and writes the workbook and the CSV file in a process of its own.
"""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xlsxwriter

from bench.books import AFTER, database, week_of
from bench.memory import children_watched
from gig.core.db import db
from gig.payouts.disbursement.models import Batch
from gig.payouts.disbursement.operations.batches import approve_batch, create_batch
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.disbursement.rules.shipped import GENERIC, SHIPPED
from gig.payouts.disbursement.sheets.building import build
from gig.payouts.settlement.operations.approving import approve_period
from gig.payouts.settlement.operations.closing import close_period

ROUNDS = 3
COLUMNS = [each.title for each in SHIPPED[GENERIC].columns]


def run() -> list[dict[str, Any]]:
    return [
        measure("sheet_over_xlsxwriter", 50_000, 2.0),
        measure("sheet_100k_over_xlsxwriter", 100_000, 1.3),
    ]


def measure(name: str, lines: int, aim: float) -> dict[str, Any]:
    """Both in turn, the least disturbed run of each; the memory of the writing process beside it."""
    with database("sqlite"):
        batch_id = approved_batch(lines)
        ours_s, bare_s = [], []
        for _ in range(ROUNDS):
            bare_s.append(_bare(lines))
            ours_s.append(_ours(batch_id, lines))
        with children_watched() as peaks:
            _ours(batch_id, lines)
        peak_mib = max(peaks.values(), default=0) // 1024
        started = time.perf_counter()
        export_batch(batch_id=batch_id, actor_id="maker", now=AFTER)
        whole_s = time.perf_counter() - started
    ratio = min(ours_s) / min(bare_s)
    return {
        "name": name,
        "value": round(ratio, 2),
        "unit": "ratio",
        "aim": f"<= {aim:g}",
        "holds": ratio <= aim,
        "how": f"{lines:,} lines: {min(ours_s):.2f} s / {min(bare_s):.2f} s, best of {ROUNDS}; "
        f"the writing process took at most {peak_mib} MiB; the whole export {whole_s:.2f} s",
    }


def approved_batch(lines: int) -> str:
    """A week in which so many agents earned, closed, approved, and in an approved batch."""
    period_id = week_of(4 * lines, lines)
    close_period(period_id=period_id, actor_id=None, now=AFTER)
    approve_period(period_id=period_id, actor_id="checker", now=AFTER)
    batch_id = create_batch(period_id=period_id, actor_id="maker", now=AFTER)
    approve_batch(batch_id=batch_id, actor_id="checker", now=AFTER)
    return batch_id


def _ours(batch_id: str, lines: int) -> float:
    session = db.session()
    batch = session.get_one(Batch, batch_id)
    started = time.perf_counter()
    with build(session, batch, SHIPPED[GENERIC]) as files:
        took = time.perf_counter() - started
        assert [file.lines for file in files] == [lines, lines]
    session.rollback()
    return took


def _bare(lines: int) -> float:
    rows = [
        (
            place,
            "银行卡",
            f"6222021{place:012d}",
            f"䶮小{place % 100:02d}",
            Decimal(1440).scaleb(-2),
            f"PB-{place:06d}",
        )
        for place in range(1, lines + 1)
    ]
    with TemporaryDirectory() as folder:
        started = time.perf_counter()
        with xlsxwriter.Workbook(str(Path(folder) / "bare.xlsx"), {"constant_memory": True}) as book:
            text, money = book.add_format({"num_format": "@"}), book.add_format({"num_format": "0.00"})
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, COLUMNS)
            for place, method, account, holder, yuan, remark in rows:
                sheet.write_number(place, 0, place)
                sheet.write_string(place, 1, method, text)
                sheet.write_string(place, 2, account, text)
                sheet.write_string(place, 3, holder, text)
                sheet.write_number(place, 4, yuan, money)
                sheet.write_string(place, 5, remark, text)
        return time.perf_counter() - started
