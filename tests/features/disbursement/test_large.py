"""A batch of 200,000 lines: neither the programs that write and read its files nor the process that makes,
checks, exports and judges it need much more memory for it."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.books import add_agents, number, numbers
from gig.core.db import Instant, db, transaction
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.disbursement.operations.batches import approve_batch, create_batch
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.disbursement.results import reading, staging
from gig.payouts.disbursement.results.operations import import_results
from gig.payouts.disbursement.rules.shipped import SHIPPED
from gig.payouts.disbursement.sheets import building, voucher_pages, writing
from gig.payouts.settlement.operations.periods import ensure_period
from gig.payouts.tax import queries, spool
from gig.payouts.tax.operations import withholding
from gig.payouts.tax.queries import withheld_of
from tests.features.disbursement.payday import as_csv, row
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, HOUR, WEDNESDAY, WEEKS
from tests.features.tax import taxing
from tests.fixtures.processes import ROOT

FEW, MANY = 2_000, 200_000
MOST_GROWN_KIB = 24 * 1024
MEASURED = """
import re, sys
from importlib import import_module
from pathlib import Path
import_module(sys.argv[1]).main(Path(sys.argv[2]))
print(re.search(r"VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1])
"""
"""The resources that a process counts begin with those of whoever started it; its own peak stands here."""


def run(module: str, folder: Path, lines: Iterable[str]) -> tuple[dict[str, object], int]:
    """What the program said, and the most memory that it held, in KiB."""
    command = [sys.executable, "-c", MEASURED, module, str(folder)]
    done = subprocess.run(
        command, input="".join(lines), capture_output=True, encoding="utf-8", cwd=ROOT, check=True
    )
    said, peak = done.stdout.splitlines()
    return json.loads(said), int(peak)


def sheet(folder: Path, count: int) -> int:
    layout = SHIPPED["generic"]
    head = {
        "layout": layout.dumps(),
        "number": "PB20261123-0001",
        "names": ["PB20261123-0001"],
        "date": "20261123",
        "made_at": "2026-11-23T00:00:00+00:00",
        "parts": [[count, count * 1250]],
    }
    rows = (f"bank\t6222021{n:012d}\t䶮小\t工商银行\t1250\tPB20261123-0001-{n:06d}\n" for n in range(count))
    said, peak = run(writing.__name__, folder, [json.dumps(head) + "\n", *rows])
    assert said == {"parts": [[count, count * 1250]]}
    return peak


def result(folder: Path, count: int) -> int:
    rows = (f"PB20261123-0001-{n:06d},12.50,成功\r\n" for n in range(count))
    (folder / reading.GIVEN).write_text("转账备注,金额,状态\r\n" + "".join(rows), "gbk", newline="")
    said, peak = run(reading.__name__, folder, [json.dumps({"mapping": None, "remembered": None})])
    assert (said["rows"], said["faulty"]) == (count, 0)
    return peak


def vouchers(folder: Path, count: int) -> int:
    names = ("batch", "period", "date", "purpose", "maker", "checker", "exporter", "made_at")
    head = dict.fromkeys((*names, "approved_at", "exported_at", "foot"), "x") | {"files": []}
    line = [
        "PB20261123-0001-000001",
        "A",
        "林可",
        "6222 **** 1",
        "工商银行",
        1250,
        "已到账",
        "",
        "",
        "export:L",
    ]
    rows = (json.dumps([f"PB20261123-0001-{n:06d}", *line[1:]]) + "\n" for n in range(count))
    said, peak = run(voucher_pages.__name__, folder, [json.dumps(head) + "\n", *rows])
    assert said == {"lines": count, "total_fen": count * 1250}
    return peak


@pytest.mark.parametrize("work", [sheet, result])
def test_a_hundred_times_the_lines_take_no_more_memory(work: object, tmp_path: Path) -> None:
    peaks = []
    for count in (FEW, MANY):
        folder = tmp_path / str(count)
        folder.mkdir()
        peaks.append(work(folder, count))  # type: ignore[operator]
    assert peaks[1] - peaks[0] < MOST_GROWN_KIB, peaks


def test_vouchers_grow_only_by_the_table_of_the_archive(tmp_path: Path) -> None:
    few, many = tmp_path / "few", tmp_path / "many"
    few.mkdir()
    many.mkdir()
    grown = vouchers(many, 20_000) - vouchers(few, FEW)
    assert grown < 2 * MOST_GROWN_KIB


SOME, MORE = 400, 1_600
EACH_FEN, WITHHELD_FEN = 100_000, 4_000


def approved_period(weeks: int, lines: int) -> str:
    """An approved week in which so many agents are owed 1,000 yuan each, written by the database itself."""
    agent, id = number(26, "i"), f":period || '.1.' || {number(26, 'i')}"
    with transaction() as session:
        period_id = ensure_period(session, WEDNESDAY + weeks * WEEKS).id
        given = {"period": period_id, "at": WEDNESDAY + weeks * WEEKS}
        columns = "turns, late_turns, peak_turns, base_fen, peak_fen, late_fen, adjustments_fen, triage_fen"
        for statement in (
            """UPDATE period SET state = 'approved', close_no = 1, closed_at = :at, closing_at = :at,
               approved_at = :at, approved_by = 'checker', minimum_fen = 0 WHERE id = :period""",
            f"""INSERT INTO ledger_entry (id, source_key, kind, debit, credit, amount_fen, agent_id,
                payable_fen, period_id, posted_at, memo) {numbers(lines)}
                SELECT '{weeks}' || {number(25, "i")}, 'award:' || :period || {agent}, 'award',
                'Expenses:Award', 'Liabilities:AgentPayable:A' || {agent}, {EACH_FEN}, {agent}, {EACH_FEN},
                :period, :at, '' FROM n""",
            f"""INSERT INTO statement (id, period_id, agent_id, close_no, {columns}, awards_fen,
                reversals_fen, gross_fen, carried_in_fen, available_fen, payable_fen, carried_out_fen, cut_at)
                {numbers(lines)} SELECT {id}, :period, {agent}, 1, 0, 0, 0, 0, 0, 0, 0, 0, {EACH_FEN}, 0,
                {EACH_FEN}, 0, {EACH_FEN}, {EACH_FEN}, 0, :at FROM n""",
            f"""INSERT INTO payout_line (id, statement_id, period_id, agent_id, amount_fen, state, payee_id,
                made_at) {numbers(lines)} SELECT {id}, {id}, :period, {agent}, {EACH_FEN}, 'planned',
                (SELECT max(id) FROM payee WHERE agent_id = {agent}), :at FROM n""",
        ):
            typed = sa.text(statement).bindparams(
                sa.bindparam("at", type_=Instant()), sa.bindparam("period", type_=sa.Text())
            )
            session.execute(typed, given)
    return period_id


def answers(session: Session, batch_id: str) -> bytes:
    """The bank's file that says of every line that it was paid."""
    net = PayoutLine.amount_fen - withheld_of(PayoutLine.id)
    lines = session.execute(sa.select(PayoutLine, net).where(PayoutLine.batch_id == batch_id)).all()
    said = as_csv(*(row(line, amount=f"{fen // 100}.{fen % 100:02d}") for line, fen in lines))
    session.rollback()
    session.expunge_all()
    return said


def peaks(weeks: int, lines: int) -> dict[str, int]:
    """The most bytes that Python held at once for each step of a batch, beyond those that it held before."""
    period_id, now, found = approved_period(weeks, lines), CLOSING_TIME + weeks * WEEKS + HOUR, {}

    def measured(name: str, work: Callable[[], object]) -> object:
        db.session.remove()
        tracemalloc.start()
        try:
            done = work()
            found[name] = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        return done

    batch_id = str(measured("make", lambda: create_batch(period_id=period_id, actor_id="maker", now=now)))
    measured("check", lambda: approve_batch(batch_id=batch_id, actor_id="checker", now=now))
    measured("export", lambda: export_batch(batch_id=batch_id, actor_id="maker", now=now))
    content = answers(db.session(), batch_id)
    measured(
        "judge",
        lambda: import_results(batch_id=batch_id, name="r.csv", content=content, actor_id="maker", now=now),
    )
    batch = db.session.get_one(Batch, batch_id)
    assert (batch.lines, batch.total_fen, batch.tax_fen) == (lines, lines * EACH_FEN, lines * WITHHELD_FEN)
    return found


def test_each_line_of_a_batch_costs_little_memory_in_making_checking_exporting_and_judging(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept of each line until the export has ended is what it is taxed, and the files' own bytes.

    So that few lines show it, less is read and written at once.
    """
    for module in (queries, withholding, building):
        monkeypatch.setattr(module, "AT_ONCE", 100)
    monkeypatch.setattr(spool, "IN_MEMORY", 1 << 14)
    monkeypatch.setattr(staging, "ROWS_AT_ONCE", 100)
    taxing.choose("labour_2018", gap=None, month="2026-11-01")
    with transaction() as writing:
        add_agents(writing, MORE)
        residents = f"""INSERT INTO tax_residency (agent_id, resident, document, changed_at) {numbers(MORE)}
                        SELECT {number(26, "i")}, :yes, 'resident_id', :at FROM n"""
        typed = sa.bindparam("at", type_=Instant()), sa.bindparam("yes", type_=sa.Boolean())
        writing.execute(sa.text(residents).bindparams(*typed), {"at": WEDNESDAY, "yes": True})
    few, many = peaks(1, SOME), peaks(2, MORE)  # in two months, so that tax is the same
    for name, most in {"make": 300, "check": 150, "export": 500, "judge": 300}.items():
        assert (many[name] - few[name]) / (MORE - SOME) < most, (name, few, many)
    assert books.faults() == []
