"""A week that was closed, approved and sent to the bank, and the files with which the bank answers."""

from __future__ import annotations

import csv
import io

import sqlalchemy as sa
import xlsxwriter
from sqlalchemy.orm import Session

from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.disbursement.operations.batches import approve_batch, create_batch
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.disbursement.results.operations import import_results
from gig.payouts.ledger.queries import balances
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, DAY, HOUR, WEEK

NOW = CLOSING_TIME + HOUR
LATER = NOW + DAY
HEADERS = ("收款账号", "收款人姓名", "转账金额（元）", "转账备注", "处理状态", "失败原因")


def approved_week(*gross: int, names: tuple[str, ...] = ()) -> list[str]:
    """A closed, approved week in which each of several agents earned so much."""
    agents = [books.agent(name=name) for name in names or ["林可"] * len(gross)]
    for id, fen in zip(agents, gross, strict=True):
        books.earn(id, fen, base=400)
    books.close()
    books.approve()
    return agents


def exported(template: str = "generic") -> str:
    """Every payable line of the week is on its way to the bank."""
    batch_id = create_batch(period_id=WEEK, template=template, actor_id="maker", now=NOW)
    approve_batch(batch_id=batch_id, actor_id="checker", now=NOW)
    export_batch(batch_id=batch_id, actor_id="maker", now=NOW)
    return batch_id


def lines(session: Session) -> list[PayoutLine]:
    session.rollback()
    query = sa.select(PayoutLine).order_by(PayoutLine.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def states(session: Session) -> list[str]:
    return [line.state for line in lines(session)]


def row(line: PayoutLine, status: str = "成功", reason: str = "", amount: object = None) -> list[object]:
    """What the bank's file says of a line."""
    yuan = f"{line.amount_fen // 100}.{line.amount_fen % 100:02d}" if amount is None else amount
    return ["", "", yuan, line.number, status, reason]


def as_csv(*rows: list[object], headers: tuple[str, ...] = HEADERS, encoding: str = "utf-8-sig") -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([headers, *rows])
    return file.getvalue().encode(encoding)


def as_xlsx(*rows: list[object], headers: tuple[str, ...] = HEADERS, titles: int = 0) -> bytes:
    """A workbook in which texts are texts and numbers are numbers."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for place, cells in enumerate([["银行代发结果"]] * titles + [list(headers), *rows]):
            for column, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(place, column, cell)
                else:
                    sheet.write(place, column, cell)
    return file.getvalue()


def answer(batch_id: str, content: bytes, *, skip: str = "", mapping: object = None) -> str:
    return import_results(
        batch_id=batch_id,
        name="result.csv",
        content=content,
        mapping=mapping,
        skip=skip,
        actor_id="maker",
        now=LATER,
    )


def due(session: Session, account: str) -> int:
    session.rollback()
    return {balance.account: balance.fen for balance in balances(session)}.get(account, 0)
