"""From the lines of an approved batch to its files, outside any write transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import Refused
from gig.core.text import N_
from gig.payouts.disbursement.amounts import sent_fen
from gig.payouts.disbursement.models import Batch, Payee, PayoutLine
from gig.payouts.disbursement.rules.layout import Layout, Row
from gig.payouts.disbursement.rules.rows import checker
from gig.payouts.disbursement.sheets import program, writing

AT_ONCE = 1000
NO_TAX: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class File:
    """One file as the writing program left it, with what it counted while writing."""

    part: int
    kind: str
    name: str
    path: Path
    lines: int
    total_fen: int


@contextmanager
def build(
    session: Session, batch: Batch, layout: Layout, taxes: Mapping[str, int] = NO_TAX
) -> Iterator[list[File]]:
    """The files of the batch as its lines stand, each less its tax, for as long as the block lasts.

    Refused, with nothing left behind, if they cannot be written.
    """
    try:
        with TemporaryDirectory(prefix="gig-sheet-") as name:
            yield _written(session, batch, layout, Path(name), taxes)
    except program.Failed as error:
        raise not_written(str(error)) from error
    except OSError as error:
        raise not_written(error.strerror or "") from error


def rows_of(session: Session, batch: Batch) -> Iterator[tuple[str, Row]]:
    """(line id, row) of the batch in the order of its numbers, read as they are asked for."""
    query = (
        sa.select(
            PayoutLine.id,
            Payee.kind,
            Payee.account,
            Payee.holder,
            sa.func.coalesce(Payee.bank_name, ""),
            sent_fen(),
            PayoutLine.number,
        )
        .join(Payee, Payee.id == PayoutLine.payee_id)
        .where(PayoutLine.batch_id == batch.id)
        .order_by(PayoutLine.number)
        .execution_options(yield_per=AT_ONCE)
    )
    for line_id, method, account, holder, bank, fen, number in session.execute(query):
        yield line_id, Row(method, account, holder, bank, fen, number or "")


def parts_of(
    session: Session, batch: Batch, layout: Layout, taxes: Mapping[str, int] = NO_TAX
) -> list[tuple[int, int]]:
    """(lines, fen) of each file that the batch is split into, less the tax of its lines."""
    place = sa.func.row_number().over(order_by=PayoutLine.number)
    numbered = (
        sa.select(place.label("place"), PayoutLine.id, sent_fen().label("fen"))
        .where(PayoutLine.batch_id == batch.id)
        .subquery()
        .c
    )
    part = (numbered.place - 1) // layout.split
    query = sa.select(sa.func.count(), sa.func.sum(numbered.fen)).group_by(part).order_by(part)
    sums = [(count, int(fen)) for count, fen in session.execute(query)]
    if taxes:
        taken = [0] * len(sums)
        for at, line_id in session.execute(sa.select(part, numbered.id).execution_options(yield_per=AT_ONCE)):
            taken[int(at)] += taxes.get(line_id, 0)
        sums = [(count, fen - tax) for (count, fen), tax in zip(sums, taken, strict=True)]
    return sums


def names_of(number: str, parts: int) -> list[str]:
    """A file's name without its ending: the batch's number, and the part where there are several."""
    width = max(2, len(str(parts)))
    return [number] if parts == 1 else [f"{number}-{part:0{width}d}" for part in range(1, parts + 1)]


def _written(
    session: Session, batch: Batch, layout: Layout, folder: Path, taxes: Mapping[str, int]
) -> list[File]:
    parts = parts_of(session, batch, layout, taxes)
    names = names_of(batch.number, len(parts))
    head = {
        "layout": layout.dumps(),
        "number": batch.number,
        "names": names,
        "date": batch.payment_date.strftime("%Y%m%d"),
        "made_at": batch.made_at.isoformat(),
        "parts": parts,
    }
    faults = checker(layout)

    def pour() -> Iterator[str]:
        yield json.dumps(head) + "\n"
        for line_id, owed in rows_of(session, batch):
            tax = taxes.get(line_id, 0)
            row = owed._replace(fen=owed.fen - tax) if tax else owed
            if faults(row):
                raise unwritable(row.number, taxed=bool(tax))
            yield "\t".join((row.method, row.account, row.holder, row.bank, str(row.fen), row.number)) + "\n"

    counted = program.run(writing.__name__, folder, pour)["parts"]
    return [
        File(part, kind, f"{name}.{kind}", folder / f"{part}.{kind}", *count)
        for part, (name, count) in enumerate(zip(names, counted, strict=True), start=1)
        for kind in layout.kinds
    ]


def unwritable(number: str, *, taxed: bool = False) -> Refused:
    """A row that the template cannot write, perhaps only since its tax is off it, stands in the way."""
    if taxed:
        return Refused(
            "unwritable-rows",
            N_("%(number)s 扣税后的金额写不进这个模板。请取消这一批，换一个模板重新制单。什么都没有改变。"),
            number=number,
        )
    return Refused(
        "unwritable-rows",
        N_("%(number)s 写不进这个模板。批次页上列着写不进的行和原因，移出它们再审批。"),
        number=number,
    )


def not_written(why: str) -> Refused:
    return Refused(
        "sheet-not-written", N_("付款表没有写成：%(why)s。什么都没有改变，处理后可以再导出。"), why=why
    )
