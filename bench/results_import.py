"""Posting a bank's workbook of 100,000 results, over reading it and one UPDATE of the lines per chunk.

The bare side reads the same workbook with the same reader and sets the state of the same lines, 1,000 at a
time, in one transaction; afterwards they are set back. Ours reads, matches, compares amounts, moves the
lines, posts a ledger entry for each, and settles the period; on both databases, of which the worse counts.
What was posted cannot be set back, so each round has a database of its own; the least disturbed run of each
side counts.
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
import xlsxwriter

from bench.books import AFTER, KINDS, database
from bench.memory import peak_kib
from bench.sheet import approved_batch
from gig.core.db import db, transaction
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.disbursement.results.operations import import_results

LINES, CHUNK, ROUNDS, AIM = 100_000, 1000, 3, 3.0
HEADERS = ("收款账号", "收款人姓名", "转账金额（元）", "转账备注", "处理状态", "失败原因")


def run() -> list[dict[str, Any]]:
    measured = {kind: _best([measure(kind) for _ in range(ROUNDS)]) for kind in KINDS}
    ratio = max(ours / bare for ours, bare, _mib in measured.values())
    told = [
        f"{kind} {ours:.2f} s / {bare:.2f} s, peak memory grew by {mib} MiB"
        for kind, (ours, bare, mib) in measured.items()
    ]
    return [
        {
            "name": "results_import_over_bare",
            "value": round(ratio, 2),
            "unit": "ratio",
            "aim": f"<= {AIM:g}",
            "holds": ratio <= AIM,
            "how": f"{LINES:,} results in an XLSX: {'; '.join(told)}; best of {ROUNDS}",
        }
    ]


def _best(rounds: list[tuple[float, float, int]]) -> tuple[float, float, int]:
    ours, bare, mib = zip(*rounds, strict=True)
    return min(ours), min(bare), max(mib)


def measure(kind: str) -> tuple[float, float, int]:
    """Seconds of ours and of the bare side, and by how much the memory of this process grew with ours."""
    with database(kind), TemporaryDirectory() as folder:
        batch_id = approved_batch(LINES)
        export_batch(batch_id=batch_id, actor_id="maker", now=AFTER)
        path = Path(folder) / "results.xlsx"
        _write(path)
        bare_s = _bare(path)
        content = path.read_bytes()
        before_kib = peak_kib()
        started = time.perf_counter()
        import_results(batch_id=batch_id, name="r.xlsx", content=content, actor_id="maker", now=AFTER)
        ours_s = time.perf_counter() - started
        grown_kib = peak_kib() - before_kib
        settled = sa.select(sa.func.count()).where(PayoutLine.state == "settled")
        assert db.session.scalar(settled) == LINES
    return ours_s, bare_s, grown_kib // 1024


def _write(path: Path) -> None:
    lines = sa.select(PayoutLine.number, PayoutLine.amount_fen).order_by(PayoutLine.number)
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADERS)
        for place, (number, fen) in enumerate(db.session.execute(lines), start=1):
            sheet.write_row(place, 0, ("", "", fen / 100, number, "成功", ""))
    db.session.rollback()


def _bare(path: Path) -> float:
    from python_calamine import load_workbook

    started = time.perf_counter()
    rows = load_workbook(str(path)).get_sheet_by_index(0).iter_rows()
    numbers = [row[3] for row in rows][1:]
    with transaction() as session:
        for start in range(0, len(numbers), CHUNK):
            some = numbers[start : start + CHUNK]
            session.execute(_set("settled").where(PayoutLine.number.in_(some)))
    took = time.perf_counter() - started
    with transaction() as session:
        session.execute(_set("in_transit"))
    return took


def _set(state: str) -> sa.Update:
    return sa.update(PayoutLine).values(state=state).execution_options(synchronize_session=False)
