"""From the lines of an approved batch to its files, outside any write transaction."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import Refused
from gig.core.text import N_
from gig.payouts.disbursement.models import Batch, Payee, PayoutLine
from gig.payouts.disbursement.sheets import generic
from gig.payouts.disbursement.values import METHODS

AT_ONCE = 1000
NO_TAX: Mapping[str, int] = MappingProxyType({})
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Files:
    """What the writing program left, and what it counted while writing."""

    xlsx: bytes
    csv: bytes
    lines: int
    total_fen: int


def build(session: Session, batch: Batch, taxes: Mapping[str, int] = NO_TAX) -> Files:
    """The files of the batch as its lines stand, each less its tax. Refused, leaving nothing, if it fails."""
    try:
        with TemporaryDirectory(prefix="gig-sheet-") as name:
            folder = Path(name)
            counted = _write(session, batch, folder, taxes)
            return Files(
                (folder / generic.XLSX_NAME).read_bytes(),
                (folder / generic.CSV_NAME).read_bytes(),
                counted["lines"],
                counted["total_fen"],
            )
    except OSError as error:
        raise _not_written(error.strerror or "") from error


def _write(session: Session, batch: Batch, folder: Path, taxes: Mapping[str, int]) -> dict[str, int]:
    command = [sys.executable, "-m", generic.__name__, str(folder)]
    with (folder / "faults").open("w+") as faults, _running(command, faults.fileno()) as program:
        stdin, stdout = program.stdin, program.stdout
        assert stdin is not None and stdout is not None
        try:
            head = {"number": batch.number, "made_at": batch.made_at.isoformat()}
            stdin.write(json.dumps(head) + "\n")
            for text in _rows(session, batch, taxes):
                stdin.write(text)
            stdin.close()
        except BrokenPipeError:
            pass
        said = stdout.read()
        if program.wait() != 0:
            faults.seek(0)
            *_, last = faults.read().splitlines() or [""]
            raise _not_written(last)
    counted: dict[str, int] = json.loads(said)
    return counted


@contextmanager
def _running(command: list[str], faults: int) -> Iterator[subprocess.Popen[str]]:
    program = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=faults,
        text=True,
        encoding="utf-8",
        cwd=Path(__file__).resolve().parents[4],
    )
    try:
        yield program
    finally:
        for stream in (program.stdin, program.stdout):
            if stream and not stream.closed:
                with suppress(BrokenPipeError):
                    stream.close()
        if program.poll() is None:
            program.kill()
        program.wait()


def _rows(session: Session, batch: Batch, taxes: Mapping[str, int]) -> Iterator[str]:
    query = (
        sa.select(
            Payee.kind, Payee.account, Payee.holder, PayoutLine.amount_fen, PayoutLine.number, PayoutLine.id
        )
        .join(Payee, Payee.id == PayoutLine.payee_id)
        .where(PayoutLine.batch_id == batch.id)
        .order_by(PayoutLine.number)
        .execution_options(yield_per=AT_ONCE)
    )
    for kind, account, holder, fen, number, line_id in session.execute(query):
        if holder.startswith(FORMULA_STARTS) or account.startswith(FORMULA_STARTS):
            raise Refused(
                "unsafe-payee",
                N_("%(number)s 的户名或账号以公式符号开头，不能写进付款表，请先让这位客服更正。"),
                number=number,
            )
        yield (
            json.dumps(
                [METHODS[kind], account, holder, fen - taxes.get(line_id, 0), number], ensure_ascii=False
            )
            + "\n"
        )


def _not_written(why: str) -> Refused:
    return Refused(
        "sheet-not-written", N_("付款表没有写成：%(why)s。什么都没有改变，处理后可以再导出。"), why=why
    )
