"""From periods and statements to what their templates show, in the page's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.identity.models import Person
from gig.payouts.ledger.accounts import is_payable
from gig.payouts.settlement.lists import PeriodRow
from gig.payouts.settlement.models import Period, Statement

STEPS = ("open", "closing", "closed", "approved", "exported", "settled")
STATE_WORDS = {
    "open": N_("计费中"),
    "closing": N_("关账中"),
    "closed": N_("已关账"),
    "approved": N_("已审批"),
    "exported": N_("已导出"),
    "settled": N_("已打款"),
}
STATE_TAGS = {"open": "", "closing": "w", "closed": "b", "approved": "g", "exported": "g", "settled": "g"}
KIND_WORDS = {"day": N_("日"), "week": N_("周"), "half_month": N_("半月"), "month": N_("月")}
BATCH_WORDS = {
    "draft": N_("待审批"),
    "approved": N_("可导出"),
    "exported": N_("已导出"),
    "cancelled": N_("已取消"),
}
BATCH_TAGS = {"draft": "w", "approved": "b", "exported": "g", "cancelled": ""}
PERIOD_ACTIONS = {
    "period.close": N_("关账"),
    "period.approve": N_("审批"),
    "period.reopen": N_("反关账"),
    "period.retry_lines": N_("准备重付"),
}
LINE_WORDS = {
    "planned": N_("待付"),
    "held": N_("暂缓"),
    "in_transit": N_("付款中"),
    "settled": N_("已到账"),
    "failed": N_("付款失败"),
    "returned": N_("被退回"),
}
LINE_TAGS = {"planned": "", "held": "w", "in_transit": "b", "settled": "g", "failed": "r", "returned": "r"}
ENTRY_WORDS = {
    "earning": N_("佣金"),
    "penalty": N_("迟到扣减"),
    "adjustment": N_("调整"),
    "award": N_("奖励"),
    "triage": N_("转交费"),
    "reversal": N_("冲回"),
    "export": N_("付款"),
    "tax": N_("代扣个税"),
    "settled": N_("到账"),
    "failed": N_("付款失败"),
    "returned": N_("付款退回"),
}


def reopened(period: Period) -> bool:
    """Whether the period was closed before and is open again: then it waits for a person."""
    return period.state == "open" and period.close_no > 0


def title(period: Period | PeriodRow) -> str:
    """第 46 周, 2026 年 11 月, 11 月上半月, 11月10日"""
    first = period.first_day
    words: str
    match period.kind:
        case "week":
            words = _("第 %(n)s 周", n=first.isocalendar().week)
        case "month":
            words = _("%(y)s 年 %(m)s 月", y=first.year, m=first.month)
        case "half_month" if first.day < 16:
            words = _("%(m)s 月上半月", m=first.month)
        case "half_month":
            words = _("%(m)s 月下半月", m=first.month)
        case _day:
            words = _("%(m)s 月 %(d)s 日", m=first.month, d=first.day)
    return words


def last_day(period: Period | PeriodRow) -> dt.date:
    return period.end_day - dt.timedelta(days=1)


def steps(state: str) -> list[dict[str, str]]:
    """The life of a period as the stepper draws it."""
    here = STEPS.index(state)
    return [
        {
            "label": _(STATE_WORDS[name]),
            "state": "done" if place < here else "on" if place == here else "todo",
        }
        for place, name in enumerate(STEPS)
    ]


def terms(totals: dict[str, int]) -> list[dict[str, Any]]:
    """What makes a gross amount, as `composition` takes it; parts that are always there come first."""
    rows: list[dict[str, Any]] = [
        {"label": _("基础佣金"), "fen": totals["base_fen"]},
        {"label": _("高峰加成"), "fen": totals["peak_fen"], "tone": "pk"},
        {"label": _("迟到扣减"), "fen": -totals["late_fen"], "tone": "dg" if totals["late_fen"] else ""},
    ]
    for name, label in (
        ("adjustments_fen", _("调整")),
        ("awards_fen", _("奖励")),
        ("triage_fen", _("转交费")),
        ("reversals_fen", _("冲回")),
    ):
        if fen := totals[name]:
            rows.append({"label": label, "fen": fen, "tone": "br" if fen > 0 else "dg"})
    return rows


def figures(statement: Statement) -> dict[str, int]:
    """A statement's figures by name."""
    return {column.name: getattr(statement, column.name) for column in Statement.__table__.c}


def names(session: Session, *ids: str | None) -> dict[str | None, str]:
    """What people are called; the system has a name too."""
    found: dict[str | None, str] = {None: _("系统")}
    for id in {id for id in ids if id}:
        person = session.get(Person, id)
        found[id] = person.name if person else id
    return found


def short_account(account: str) -> str:
    """Liabilities:AgentPayable:A01M83…QK3Z9 as AgentPayable:…QK3Z9: enough to tell two agents apart."""
    head, _colon, agent = account.rpartition(":A")
    return f"{head.removeprefix('Liabilities:')}:…{agent[-6:]}" if is_payable(account) else account


FIGURES: dict[str, tuple[str, str, str | None]] = {
    "base": (N_("基础佣金"), "base_fen", None),
    "peak": (N_("高峰加成"), "peak_fen", None),
    "late": (N_("迟到扣减"), "late_fen", None),
    "adjustments": (N_("调整"), "adjustments_fen", "adjustment"),
    "awards": (N_("奖励"), "awards_fen", "award"),
    "triage": (N_("转交费"), "triage_fen", "triage"),
    "reversals": (N_("冲回"), "reversals_fen", "reversal"),
}
"""The lines of a statement: their words, their column, the kind of posting under them (None: replies)."""


def statement_rows(
    statement: Statement, counts: dict[str, int], url: Callable[[str], str]
) -> list[dict[str, Any]]:
    """The lines of a statement as `statement_row` takes them, each with where it opens."""
    turns = {"base": statement.turns, "peak": statement.peak_turns, "late": statement.late_turns}
    rows = []
    for name, (words, column, kind) in FIGURES.items():
        fen = getattr(statement, column)
        fen = -fen if name == "late" else fen
        count = turns[name] if kind is None else counts.get(kind, 0)
        if name != "base" and not count and not fen:
            continue
        rows.append(
            {
                "label": _(words),
                "fen": fen,
                "count": count,
                "counted": counted(count, replies=kind is None),
                "url": url(name) if count else None,
                "tone": "pk" if name == "peak" else ("dg" if fen < 0 else "br" if kind else ""),
                "sign": name != "base",
            }
        )
    return rows


def counted(number: int, *, replies: bool) -> str:
    """So many replies or postings, in words."""
    return str(
        ngettext("%(num)s 条", "%(num)s 条", number)
        if replies
        else ngettext("%(num)s 笔", "%(num)s 笔", number)
    )


def stage_of(period_state: str, lines: Collection[str]) -> str:
    """How far the money of one agent has come, who may be paid before or after the others of the period."""
    if period_state not in ("exported", "settled") or not lines:
        return period_state
    if all(state == "settled" for state in lines):
        return "settled"
    return "exported" if "in_transit" in lines or "settled" in lines else "approved"


def agent_steps(state: str) -> list[dict[str, str]]:
    """Where an agent's money is: 已出账, 已审批, 已付款, 已到账; what is not yet so is said as such."""
    place = {"closed": 1, "approved": 2, "exported": 3, "settled": 4}.get(state, 0)
    labels = (
        (_("已出账"), _("待出账")),
        (_("已审批"), _("待审批")),
        (_("已付款"), _("待付款")),
        (_("已到账"), _("待到账")),
    )
    return [
        {
            "label": done if step < place else waiting,
            "state": "done" if step < place else "on" if step == place else "todo",
        }
        for step, (done, waiting) in enumerate(labels)
    ]
