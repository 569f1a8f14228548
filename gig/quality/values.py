"""The words of appeals."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from gig.core.text import N_

DECIDE_WITHIN = dt.timedelta(days=9)
"""So long after filing an appeal is decided (RULES §8)."""

SOON = dt.timedelta(days=2)
"""What is due within this stands out in the list."""

TOLD_FOR = dt.timedelta(days=7)
TEXT_MOST = 500
REPLY_MOST = 500

Verdict = Literal["upheld", "partly", "rejected"]
VERDICTS: tuple[Verdict, ...] = ("upheld", "partly", "rejected")

Cause = Literal["platform", "rule", "judgement", "agent"]
CAUSES: dict[str, str] = {
    "platform": N_("平台网络"),
    "rule": N_("规则误判"),
    "judgement": N_("评价或评级误判"),
    "agent": N_("客服原因"),
}

STATE_WORDS: dict[str, str] = {
    "open": N_("处理中"),
    "upheld": N_("成立"),
    "partly": N_("部分成立"),
    "rejected": N_("不成立"),
}
STATE_TAGS: dict[str, str] = {"open": "b", "upheld": "g", "partly": "g", "rejected": ""}

KIND_WORDS: dict[str, str] = {
    "late": N_("迟到扣款"),
    "missed": N_("漏答"),
    "rating": N_("客户评价"),
    "qc": N_("质检评级"),
    "release_over": N_("超额退单"),
    "violation_minor": N_("轻微违规"),
    "violation_major": N_("严重违规"),
}

GIVEN_BACK = N_("申诉成立，返还扣款")
GIVEN_BACK_PARTLY = N_("申诉部分成立，返还部分扣款")
"""What the book says of the reversal; the agent reads it on the statement and at the reply."""
