"""From a tax record, or one that is only reckoned, to what people read, in the page's language."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import cast

from flask_babel import gettext as _
from flask_babel import ngettext

from gig.core.money import MINUS
from gig.core.money import yuan as plain
from gig.payouts.tax.models import TaxRecord
from gig.payouts.tax.rules import tables
from gig.payouts.tax.rules.withholding import Policy, Withholding, due_on
from gig.payouts.tax.values import GAP_WORDS, POLICY_WORDS


@dataclass(frozen=True)
class Explained:
    """The tax of one payment, step by step; `estimate` if it is not paid yet."""

    title: str
    rows: list[tuple[str, str]]
    gross_fen: int
    withheld_fen: int
    estimate: bool
    month: dt.date

    @property
    def net_fen(self) -> int:
        return self.gross_fen - self.withheld_fen


def explain(tax: TaxRecord | Withholding, *, estimate: bool) -> Explained:
    """Every step from the income to what is withheld."""
    policy = cast(Policy, tax.policy)
    due = due_on(policy, tax.month, tax.cumulative_fen, tax.months)
    rows: list[tuple[str, str]] = []
    if policy == "platform_2025":
        start, table = tax.segment_start, tables.in_force(tables.PLATFORM, tax.month)
        rows = [
            (_("%(y)s 年 %(m)s 月起累计收入", y=start.year, m=start.month), _yuan(tax.cumulative_fen)),
            (_("累计费用 %(p)s%%", p=table.cost_percent), _less(due.cost_fen)),
            (
                ngettext(
                    "减除费用 %(fen)s × %(n)s 个月",
                    "减除费用 %(fen)s × %(n)s 个月",
                    tax.months,
                    fen=_yuan(table.monthly_fen),
                    n=tax.months,
                ),
                _less(due.allowance_fen),
            ),
        ]
    elif policy == "labour_2018":
        rows = [
            (_("%(m)s 月收入合计", m=tax.month.month), _yuan(tax.cumulative_fen)),
            (_("减除费用"), _less(due.cost_fen + due.allowance_fen)),
        ]
    if rows:
        rows += [
            (_("应纳税所得额"), _yuan(due.taxable_fen)),
            (
                _(
                    "应纳税额 = %(t)s × %(p)s%% − %(q)s",
                    t=_yuan(due.taxable_fen),
                    p=tax.percent,
                    q=_yuan(tax.quick_fen),
                ),
                _yuan(tax.due_fen),
            ),
            (_("之前已扣"), _less(tax.before_fen)),
        ]
    return Explained(title(tax), rows, tax.gross_fen, tax.withheld_fen, estimate, tax.month)


def title(tax: TaxRecord | Withholding) -> str:
    """The policy in words, with how it treats a gap."""
    words: str = _(POLICY_WORDS[tax.policy])
    return f"{words} · {_(GAP_WORDS[tax.gap])}" if tax.gap else words


def _yuan(fen: int) -> str:
    return plain(fen, minus=MINUS, grouped=True)


def _less(fen: int) -> str:
    return _yuan(-fen) if fen else "0.00"
