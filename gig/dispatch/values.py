"""The words of dispatch, and its numbers that ops may change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa

from gig.core import tunables
from gig.core.text import N_
from gig.core.tunables import Tunable

OPEN = sa.literal_column("'open'", sa.Text())
CLAIMED = sa.literal_column("'claimed'", sa.Text())
"""States written into the statement: SQLite uses a partial index only for a condition it can read."""

EMERGENCY = 9
"""The priority that reaches only agents with the queue's senior skill, and rings for ops at once."""

SIDES = ("customer", "merchant")
RECONTACT_WINDOW = dt.timedelta(hours=24)
PHOTO_WORDS = "[图片]"
"""What stands in a thread where a photo is, for those who read words alone."""

SWEEP_WAIT = dt.timedelta(seconds=2)
"""How long, in real time, a sweep leaves a reply that came in at the last instant the chance to land."""
ANSWER_WAIT = dt.timedelta(seconds=1)
"""The same for the answer to an offer."""

TUNABLES = (
    Tunable("limit_gold", 5, 0, 20, N_("金牌同时接单上限"), "ops"),
    Tunable("limit_silver", 4, 0, 20, N_("银牌同时接单上限"), "ops"),
    Tunable("limit_bronze", 3, 0, 20, N_("铜牌同时接单上限"), "ops"),
    Tunable("limit_trainee", 2, 0, 20, N_("新手同时接单上限"), "ops"),
    Tunable("limit_limited", 1, 0, 20, N_("受限等级同时接单上限"), "ops"),
    Tunable("limit_retrain", 0, 0, 20, N_("再培训等级同时接单上限"), "ops"),
    Tunable("head_start_gold_s", 0, 0, 60, N_("金牌晚几秒看到新咨询"), "ops"),
    Tunable("head_start_silver_s", 2, 0, 60, N_("银牌晚几秒看到新咨询"), "ops"),
    Tunable("head_start_bronze_s", 4, 0, 60, N_("铜牌晚几秒看到新咨询"), "ops"),
    Tunable("head_start_trainee_s", 4, 0, 60, N_("新手晚几秒看到新咨询"), "ops"),
    Tunable("head_start_limited_s", 4, 0, 60, N_("受限等级晚几秒看到新咨询"), "ops"),
    Tunable("head_start_retrain_s", 4, 0, 60, N_("再培训等级晚几秒看到新咨询"), "ops"),
    Tunable("trainee_share_percent", 20, 0, 100, N_("简单队列里先留给新手的比例（%）"), "ops"),
    Tunable("trainee_window_s", 15, 0, 120, N_("先留给新手多少秒"), "ops"),
    Tunable("free_releases_a_day", 3, 0, 50, N_("每天可免费退单次数"), "ops"),
    Tunable("abandon_after_s", 7200, 600, 86400, N_("多久没人接就作废（秒）"), "ops"),
    Tunable("abandon_warn_s", 1800, 60, 86400, N_("作废前多少秒提醒运营"), "ops"),
    Tunable("auto_resolve_s", 600, 60, 7200, N_("客户多久没回就自动解决（秒）"), "ops"),
    Tunable("reserve_s", 20, 0, 120, N_("客户再来时先留给原客服多少秒"), "ops"),
    Tunable("reassign_s", 20, 5, 120, N_("改派后先留给被选中的客服多少秒"), "ops"),
    Tunable("idle_offline_s", 1800, 300, 14400, N_("多久没有动静算离线（秒）"), "ops"),
    Tunable("handover_limit", 2, 0, 5, N_("一条咨询最多升级几次"), "ops"),
    Tunable("handover_summary_least", 6, 1, 200, N_("交接说明至少几个字"), "ops"),
    Tunable("misses_to_away", 2, 1, 10, N_("连续漏答几次转为小休"), "ops"),
    Tunable("reach_grace_s", 150, 120, 180, N_("手机断开多久算失联（秒）"), "ops"),
    Tunable("typing_most_s", 600, 0, 1800, N_("正在打字时，休息最多推迟多久（秒）"), "ops"),
    Tunable("offer_after_s", 20, 5, 600, N_("等多久没人接就派单（秒）"), "ops"),
    Tunable("offer_open_s", 8, 5, 60, N_("派单等多久应答（秒）"), "ops"),
    Tunable("offer_pause_s", 30, 0, 600, N_("不接之后多久再派（秒）"), "ops"),
    Tunable("free_refusals_a_day", 3, 0, 50, N_("每天可不接派单次数"), "ops"),
    Tunable("lapses_to_away", 3, 1, 10, N_("连续几次派单没应答转为小休"), "ops"),
)

tunables.declare(*TUNABLES)


def limit(numbers: Mapping[str, int], tier: str) -> int:
    """How many claimed inquiries an agent of this tier may own at once."""
    return numbers[f"limit_{tier}"]


def head_start(numbers: Mapping[str, int], tier: str) -> dt.timedelta:
    """How long after its latest entry to the feed this tier may see and claim an inquiry."""
    return dt.timedelta(seconds=numbers[f"head_start_{tier}_s"])


def seconds(numbers: Mapping[str, int], name: str) -> dt.timedelta:
    return dt.timedelta(seconds=numbers[name])
