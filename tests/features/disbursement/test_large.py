"""A batch of 200,000 lines: the programs that write and read its files need no more memory for it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from gig.payouts.disbursement.results import reading
from gig.payouts.disbursement.rules.shipped import SHIPPED
from gig.payouts.disbursement.sheets import voucher_pages, writing
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
