"""个税扣缴申报: one row for each worker of a month of whom tax was reckoned."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.tax.models import TaxChoice, TaxRecord
from gig.payouts.tax.operations.residency import documents_of
from gig.payouts.tax.reports.workbook import Cell, Column, Table
from gig.payouts.tax.rules.withholding import Policy, due_on
from gig.payouts.tax.values import DOCUMENT_WORDS, ITEMS

AT_ONCE = 500

COLUMNS = (
    Column("序号", "whole", 6),
    Column("扣缴义务人", width=24),
    Column("扣缴义务人纳税人识别号", width=22),
    Column("税款所属期"),
    Column("姓名"),
    Column("证件类型", width=18),
    Column("证件号码", width=22),
    Column("国家/地区"),
    Column("是否非居民个人"),
    Column("所得项目", width=20),
    Column("本月收入", "fen"),
    Column("累计收入", "fen"),
    Column("累计费用", "fen"),
    Column("累计减除费用", "fen"),
    Column("累计月份数", "whole"),
    Column("应纳税所得额", "fen"),
    Column("预扣率", "percent", 8),
    Column("速算扣除数", "fen"),
    Column("应纳税额", "fen"),
    Column("已预缴税额", "fen"),
    Column("本月扣缴税额", "fen"),
    Column("备注", width=30),
)
NO_DOCUMENT = "没有可用的实名信息，请补填姓名和证件"
MORE_WITHHELD = "有款项退回或补扣，本月扣缴与应补税额有差，按实际扣缴填报"


def table(session: Session, month: dt.date) -> tuple[Table, int, int]:
    """The return of the month as the records stand, its income, and what was withheld in it."""
    rows: list[Sequence[Cell]] = []
    income = withheld = 0
    last = _last_records(session, month)
    payers = dict(session.execute(sa.select(TaxChoice.payer_code, TaxChoice.payer_name)).all())
    for at in range(0, len(last), AT_ONCE):
        chunk = last[at : at + AT_ONCE]
        sums = _months_of(session, [record.agent_id for record in chunk], month)
        documents = documents_of(session, [record.agent_id for record in chunk])
        for record in chunk:
            now = sums[record.agent_id]
            this_income, this_withheld = now.get((month, record.policy, record.payer_code), (0, 0))
            if not this_income and not this_withheld:
                continue
            income, withheld = income + this_income, withheld + this_withheld
            document = documents.get(record.agent_id)
            who: tuple[Cell, ...] = ("", "", "", "中国", "否")
            if document is not None:
                who = (document.name, DOCUMENT_WORDS[document.kind], document.number, "中国", "否")
            head = (len(rows) + 1, payers.get(record.payer_code, ""), record.payer_code, f"{month:%Y-%m}")
            figures, agrees = _figures(record, now, month)
            remark = NO_DOCUMENT if document is None else "" if agrees else MORE_WITHHELD
            rows.append((*head, *who, ITEMS[record.policy], *figures, remark))
    return Table(f"个税扣缴申报 {month:%Y-%m}", "扣缴申报", COLUMNS, rows), income, withheld


Sums = Mapping[tuple[dt.date, str, str], tuple[int, int]]
"""(month, policy, payer) → (income, withheld)"""


def _last_records(session: Session, month: dt.date) -> Sequence[TaxRecord]:
    """Of each agent the last payment of the month that bore a policy, whether or not it came back."""
    newest = (
        sa.select(sa.func.max(TaxRecord.id))
        .where(TaxRecord.month == month, TaxRecord.policy != "none", TaxRecord.reverses_id.is_(None))
        .group_by(TaxRecord.agent_id)
    )
    query = sa.select(TaxRecord).where(TaxRecord.id.in_(newest)).order_by(TaxRecord.agent_id)
    return session.scalars(query).all()


def _months_of(session: Session, agent_ids: Sequence[str], month: dt.date) -> Mapping[str, Sums]:
    query = (
        sa.select(
            TaxRecord.agent_id,
            TaxRecord.month,
            TaxRecord.policy,
            TaxRecord.payer_code,
            sa.func.sum(TaxRecord.gross_fen),
            sa.func.sum(TaxRecord.withheld_fen),
        )
        .where(TaxRecord.agent_id.in_(agent_ids), TaxRecord.month.between(month.replace(month=1), month))
        .group_by(TaxRecord.agent_id, TaxRecord.month, TaxRecord.policy, TaxRecord.payer_code)
    )
    found: dict[str, dict[tuple[dt.date, str, str], tuple[int, int]]] = defaultdict(dict)
    for agent_id, at, policy, payer, income, withheld in session.execute(query):
        found[agent_id][at, policy, payer] = (int(income), int(withheld))
    return found


def _figures(record: TaxRecord, sums: Sums, month: dt.date) -> tuple[tuple[Cell, ...], bool]:
    """The amounts of a row, reckoned anew from what stands, and whether they explain what was withheld."""
    used = {
        at: both
        for (at, policy, payer), both in sums.items()
        if (policy, payer) == (record.policy, record.payer_code) and record.segment_start <= at
    }
    income, withheld = used.get(month, (0, 0))
    cumulative = sum(each for each, _ in used.values())
    before = sum(taken for at, (_, taken) in used.items() if at != month)
    months = sum(1 for each, _ in used.values() if each > 0) or 1
    due = due_on(cast(Policy, record.policy), month, cumulative, months)
    agrees = max(0, due.due_fen - before) == withheld
    figures = (
        income,
        cumulative,
        due.cost_fen,
        due.allowance_fen,
        months,
        due.taxable_fen,
        due.percent,
        due.quick_fen,
        due.due_fen,
        before,
        withheld,
    )
    return figures, agrees
