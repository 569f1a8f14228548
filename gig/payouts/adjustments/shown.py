"""From adjustments to what their templates show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from gig.core.money import yuan
from gig.core.text import N_
from gig.payouts.adjustments.models import Adjustment, BackPayRun
from gig.payouts.adjustments.values import DECIDED, WORDS
from gig.payouts.earnings.models import Earning
from gig.web.filters import day_time
from gig.web.names import called

STATE_WORDS = {
    "proposed": N_("等人复核"),
    "posted": N_("已入账"),
    "refused": N_("没有同意"),
    "withdrawn": N_("已撤回"),
}
STATE_TAGS = {"proposed": "w", "posted": "g", "refused": "r", "withdrawn": ""}
RUN_WORDS = {
    "counting": N_("正在计算"),
    "ready": N_("等人确认"),
    "posting": N_("正在入账"),
    "posted": N_("已入账"),
    "cancelled": N_("已取消"),
}
RUN_TAGS = {"counting": "b", "ready": "w", "posting": "b", "posted": "g", "cancelled": ""}
MODE_WORDS = {
    "fixed": N_("每条补固定金额"),
    "percent": N_("按应得的比例"),
    "card": N_("按另一张费率卡重算差额"),
}


def signed_fen(adjustment: Adjustment, payable_fen: int | None = None) -> int:
    """What the adjustment adds to what the agent is owed; a reversal goes against its entry."""
    if adjustment.kind == "reversal":
        return -adjustment.amount_fen if (payable_fen or 0) > 0 else adjustment.amount_fen
    return -adjustment.amount_fen if adjustment.kind == "clawback" else adjustment.amount_fen


def kind_options() -> list[tuple[str, str]]:
    return [(kind, _(WORDS[kind])) for kind in DECIDED]


def filter_options() -> list[tuple[str, str]]:
    return [("", _("全部")), *((kind, _(words)) for kind, words in WORDS.items() if kind != "back_pay")]


def reply_options(found: Sequence[Earning]) -> list[tuple[str, str]]:
    """Replies to choose one from: when, about what, what it paid."""
    none = [("", _("不关联"))]
    return none + [(each.id, reply_words(each)) for each in found]


def reply_words(each: Earning) -> str:
    """11-26 17:41 · 退款进度 · 3.60"""
    words = f"{day_time(each.received_at)} · {called(each.issue_type, 'issue_type')} · {yuan(each.pay_fen)}"
    return f"{words} · {_('迟到')}" if each.penalty_fen else words


def how(run: BackPayRun, cards: Mapping[str, str]) -> str:
    """每条补 0.20 元; 应得的 10%; 按费率卡 v4 重算差额"""
    words: str = _(MODE_WORDS[run.mode])
    if run.mode == "fixed":
        words = _("每条补 %(yuan)s 元", yuan=yuan(run.figure or 0))
    elif run.mode == "percent":
        words = _("应得的 %(n)s%%", n=run.figure)
    elif run.card_id and run.card_id in cards:
        words = _("按费率卡 %(name)s 重算差额", name=cards[run.card_id])
    return words


def mode_options() -> list[dict[str, Any]]:
    return [{"value": mode, "title": _(words), "words": ""} for mode, words in MODE_WORDS.items()]


def last_day(run: BackPayRun) -> dt.date:
    return run.end_day - dt.timedelta(days=1)
