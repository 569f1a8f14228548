"""平台内从业人员收入信息: one row for each worker who was paid in a quarter, whatever the tax policy.

What the bank never paid is no income, and nothing of it is in the report. What it paid and sent back later is
income and 退款 alike, in the quarter of the payment.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.identity.models import Person
from gig.payouts.tax import values
from gig.payouts.tax.models import TaxRecord
from gig.payouts.tax.operations.residency import documents_of
from gig.payouts.tax.reports.returns import NO_DOCUMENT
from gig.payouts.tax.reports.workbook import Cell, Column, Table
from gig.payouts.tax.values import DOCUMENT_WORDS

AT_ONCE = 500

COLUMNS = (
    Column("序号", "whole", 6),
    Column("季度", width=10),
    Column("姓名"),
    Column("证件类型", width=18),
    Column("证件号码", width=22),
    Column("国家/地区"),
    Column("联系电话", width=16),
    Column("用户唯一标识码", width=30),
    Column("结算账户", width=24),
    Column("劳务收入总额", "fen"),
    Column("退款金额", "fen"),
    Column("收入净额", "fen"),
    Column("笔数", "whole", 8),
    Column("首次日期", width=12),
    Column("末次日期", width=12),
    Column("备注", width=30),
)


def quarter(first: dt.date) -> str:
    """2026Q4"""
    return f"{first.year}Q{(first.month + 2) // 3}"


def table(session: Session, first: dt.date) -> tuple[Table, int, int]:
    """The report of the quarter as the records stand, its net income, and what was withheld in it."""
    rows: list[Sequence[Cell]] = []
    income = withheld = 0
    found = _paid(session, first)
    for at in range(0, len(found), AT_ONCE):
        chunk = found[at : at + AT_ONCE]
        ids = [row[0] for row in chunk]
        documents, accounts, phones = (
            documents_of(session, ids),
            _accounts(session, ids),
            _phones(session, ids),
        )
        for agent_id, gross, back, taken, count, earliest, latest in chunk:
            document = documents.get(agent_id)
            who: tuple[Cell, ...] = ("", "", "", "")
            if document is not None:
                who = (document.name, DOCUMENT_WORDS[document.kind], document.number, "中国")
            contact = (phones.get(agent_id, ""), agent_id, accounts.get(agent_id, ""))
            amounts = (gross, back, gross - back, count, earliest.isoformat(), latest.isoformat())
            remark = "" if document is not None else NO_DOCUMENT
            rows.append((len(rows) + 1, quarter(first), *who, *contact, *amounts, remark))
            income, withheld = income + gross - back, withheld + taken
    return Table(f"平台从业人员收入 {quarter(first)}", "收入信息", COLUMNS, rows), income, withheld


def _paid(session: Session, first: dt.date) -> Sequence[tuple[str, int, int, int, int, dt.date, dt.date]]:
    """(agent, gross, sent back, withheld, payments, first, last) of everybody paid in the quarter."""
    last_month = first.replace(month=first.month + 2)
    payment = TaxRecord.reverses_id.is_(None)
    query = (
        sa.select(
            TaxRecord.agent_id,
            sa.func.sum(sa.case((payment, TaxRecord.gross_fen), else_=0)),
            sa.func.sum(sa.case((payment, 0), else_=-TaxRecord.gross_fen)),
            sa.func.sum(TaxRecord.withheld_fen),
            sa.func.count(sa.case((payment, 1))),
            sa.func.min(TaxRecord.paid_on, type_=sa.Date()),
            sa.func.max(TaxRecord.paid_on, type_=sa.Date()),
        )
        .where(
            TaxRecord.month.between(first, last_month),
            *(TaxRecord.line_id.not_in(never_paid()) for never_paid in values.failed),
        )
        .group_by(TaxRecord.agent_id)
        .order_by(TaxRecord.agent_id)
    )
    return [
        (agent_id, int(gross), int(back), int(taken), count, earliest, latest)
        for agent_id, gross, back, taken, count, earliest, latest in session.execute(query)
    ]


def _accounts(session: Session, agent_ids: Sequence[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for look_up in values.accounts:
        found.update(look_up(session, agent_ids))
    return found


def _phones(session: Session, agent_ids: Sequence[str]) -> Mapping[str, str]:
    query = sa.select(Person.id, Person.phone).where(Person.id.in_(agent_ids))
    return {id: phone.removeprefix("+86") for id, phone in session.execute(query)}
