"""How the score page says tiers, parts and reasons."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from gig.core.money import MINUS
from gig.payouts.earnings.values import appeal_until
from gig.scoring.queries import Change
from gig.scoring.values import APPEALABLE


def tier_name(tier: str) -> str:
    names: dict[str, str] = {
        "gold": _("金牌"),
        "silver": _("银牌"),
        "bronze": _("铜牌"),
        "limited": _("受限"),
        "retrain": _("再培训"),
        "trainee": _("新手"),
    }
    return names.get(tier, tier)


def tier_class(tier: str) -> str:
    return {"gold": "go", "silver": "b", "bronze": "p15", "limited": "w", "retrain": "r"}.get(tier, "g")


def part_name(part: str) -> str:
    names: dict[str, str] = {
        "timeliness": _("准时回复"),
        "resolution": _("解决力"),
        "satisfaction": _("客户满意"),
        "quality": _("质检"),
    }
    return names.get(part, part)


def part_words(part: str) -> str:
    """What is counted."""
    words: dict[str, str] = {
        "timeliness": _("准时的 ÷ 答了和漏答的"),
        "resolution": _("解决后 24 小时没再来的 ÷ 解决的"),
        "satisfaction": _("一星算 0，五星算满"),
        "quality": _("敷衍 0，传声筒 40，解决 85，惊喜 100"),
    }
    return words.get(part, "")


def reason_words(change: Change) -> str:
    """What happened, in a few words."""
    if change.reason == "rating" and change.value is not None:
        return str(_("客户评了 %(n)s 星", n=int(change.value * 4) + 1))
    if change.reason == "resolved" and change.delta_tenths < 0:
        return str(_("解决后客户又来了"))
    names: dict[str, str] = {
        "on_time": _("准时回复"),
        "late": _("迟到"),
        "missed": _("漏答，咨询回到大厅"),
        "resolved": _("解决了，24 小时没再来"),
        "returned": _("解决后客户又来了"),
        "not_solved": _("客户说没解决"),
        "qc": _("质检评级"),
        "release_over": _("超出每天的免费退单次数"),
        "violation_minor": _("轻微违规"),
        "violation_major": _("严重违规"),
        "excused": _("平台故障，这条不算"),
        "appealed": _("申诉成立，这条不算"),
        "window-moved": _("30 天窗口往前移了一天"),
    }
    return names.get(change.reason, change.reason)


def appeal_left_s(change: Change, now: dt.datetime) -> float | None:
    """For how long the agent may still appeal against what moved the score down; None where they may not."""
    if change.kind not in APPEALABLE or change.delta_tenths >= 0 or change.struck or not change.happened_at:
        return None
    left = (appeal_until(change.happened_at) - now).total_seconds()
    return left if left >= 0 else None


def points(tenths: int, *, sign: bool = False) -> str:
    """-5 → −0.5, 848 → 84.8, with sign +1.2"""
    digits = f"{abs(tenths) // 10}.{abs(tenths) % 10}"
    if tenths < 0:
        return MINUS + digits
    return f"+{digits}" if sign and tenths else digits
