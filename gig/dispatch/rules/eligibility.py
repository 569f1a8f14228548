"""Why an agent may not claim an inquiry now, said so that they know what to do.

The claim itself is one conditional write; this explains a write that matched nothing, and the feed
and the offers ask it in advance.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gig.core.errors import Refused
from gig.core.text import N_

_WORKING = ("active", "probation")
TRAINEE = "trainee"

DEFAULT_LIMITS: Mapping[str, int] = {
    "gold": 5,
    "silver": 4,
    "bronze": 3,
    "trainee": 2,
    "limited": 1,
    "retrain": 0,
}
DEFAULT_HEAD_START_S: Mapping[str, int] = {
    "gold": 0,
    "silver": 2,
    "bronze": 4,
    "trainee": 4,
    "limited": 4,
    "retrain": 4,
}


@dataclass(frozen=True)
class Policy:
    """The dispatch settings in force."""

    limits: Mapping[str, int] = field(default_factory=lambda: DEFAULT_LIMITS)
    head_start_s: Mapping[str, int] = field(default_factory=lambda: DEFAULT_HEAD_START_S)
    trainee_share_percent: int = 20
    trainee_window_s: int = 15
    former_owner_s: int = 20


class Tiered(Protocol):
    """Whom time alone lets see an inquiry, or not yet."""

    @property
    def agent_id(self) -> str: ...

    @property
    def tier(self) -> str: ...


@dataclass(frozen=True)
class Claimer:
    """An agent as dispatch sees them. `owned` counts their claimed inquiries.

    `senior` are the queues whose emergencies they may take; `resting` says until when they rest.
    """

    agent_id: str
    stage: str
    presence: str
    tier: str
    skills: frozenset[str]
    owned: int
    senior: frozenset[str] = frozenset()
    resting: str = ""


@dataclass(frozen=True)
class Waiting:
    """An inquiry as its claimers see it.

    `queued_at` is its first arrival, `entered_at` its latest entry to the feed. `reserved_for` is the
    former owner who has it alone until `reserved_until`. `kept_until` is when the clock that this very
    claimer already had on the open turn is spent, and `handed_on` that they escalated the inquiry.
    """

    inquiry_id: str
    queue: str
    queue_is_easy: bool
    state: str
    owner_id: str | None
    queued_at: dt.datetime
    entered_at: dt.datetime
    bucket: int
    reserved_for: str | None = None
    reserved_until: dt.datetime | None = None
    kept_until: dt.datetime | None = None
    handed_on: bool = False
    emergency: bool = False


def bucket_of(inquiry_id: str) -> int:
    """0 to 99, evenly, and the same for ever: what decides the share that trainees have alone."""
    return int.from_bytes(hashlib.sha256(inquiry_id.encode()).digest()[:8], "big") % 100


def is_for_trainees(inquiry: Waiting, policy: Policy) -> bool:
    """Whether trainees have the inquiry alone in its first seconds."""
    return inquiry.queue_is_easy and inquiry.bucket < policy.trainee_share_percent


def opens_at(claimer: Tiered, inquiry: Waiting, policy: Policy) -> dt.datetime:
    """From when this agent sees the inquiry and may claim it, as far as time alone decides."""
    if inquiry.reserved_for == claimer.agent_id:
        return inquiry.entered_at
    opens = inquiry.entered_at + dt.timedelta(seconds=policy.head_start_s[claimer.tier])
    if inquiry.reserved_until is not None:
        opens = max(opens, inquiry.reserved_until)
    if claimer.tier != TRAINEE and is_for_trainees(inquiry, policy):
        opens = max(opens, inquiry.queued_at + dt.timedelta(seconds=policy.trainee_window_s))
    return opens


def refusal(claimer: Claimer, inquiry: Waiting, policy: Policy, *, now: dt.datetime) -> Refused | None:
    """What a claim at this moment would be refused with; None when it would succeed, or is held already."""
    if inquiry.owner_id == claimer.agent_id:
        return None
    if inquiry.state == "claimed":
        return Refused("already-claimed", N_("手慢了，这条刚被抢走，没扣分。"))
    if inquiry.state != "open":
        return Refused("not-open", N_("这条咨询已经结束，不用再接。"))
    return (
        _unfit(claimer, inquiry, now) or _too_early(claimer, inquiry, policy, now) or _full(claimer, policy)
    )


def _unfit(claimer: Claimer, inquiry: Waiting, now: dt.datetime) -> Refused | None:
    if claimer.stage == "suspended":
        return _not_eligible("suspended", N_("你的账号已暂停接单，请在“我的”里查看原因。"))
    if claimer.stage not in _WORKING:
        return _not_eligible("not-active", N_("完成入职后才能接单。"))
    if claimer.presence != "online" and claimer.resting:
        message = N_("正在休息，%(until)s 后可以上线再抢。")
        return _not_eligible("resting", message, until=claimer.resting)
    if claimer.presence != "online":
        return _not_eligible("not-online", N_("你现在不在线，先切换到在线再抢。"))
    if inquiry.queue not in claimer.skills:
        return _not_eligible("no-skill", N_("你还没有这个队列的技能，可以请运营开通。"))
    if inquiry.handed_on:
        return _not_eligible("handed-on", N_("这条是你升级出去的，会由别人来答。"))
    if inquiry.emergency and inquiry.queue not in claimer.senior:
        return _not_eligible("senior-only", N_("紧急咨询只给有这个队列资深技能的客服，可以请运营开通。"))
    if inquiry.kept_until is not None and now > inquiry.kept_until:
        return _not_eligible("clock-spent", N_("这一轮你的时间已用完，会由别人来答。"))
    return None


def _too_early(claimer: Claimer, inquiry: Waiting, policy: Policy, now: dt.datetime) -> Refused | None:
    opens = opens_at(claimer, inquiry, policy)
    if now >= opens:
        return None
    wait_s = -((now - opens) // dt.timedelta(seconds=1))
    if inquiry.reserved_until is not None and now < inquiry.reserved_until:
        message = N_("这位客户先由上次接待的客服处理，%(wait_s)s 秒后开放。")
        return _not_eligible("reserved", message, wait_s=wait_s)
    trainees_only = inquiry.queued_at + dt.timedelta(seconds=policy.trainee_window_s)
    if claimer.tier != TRAINEE and is_for_trainees(inquiry, policy) and now < trainees_only:
        message = N_("这条先留给新手，%(wait_s)s 秒后开放。")
        return _not_eligible("trainee-share", message, wait_s=wait_s)
    return _not_eligible("head-start", N_("还有 %(wait_s)s 秒才对你的等级开放。"), wait_s=wait_s)


def _full(claimer: Claimer, policy: Policy) -> Refused | None:
    limit = policy.limits[claimer.tier]
    if claimer.owned < limit:
        return None
    if limit == 0:
        return Refused("limit-reached", N_("你现在的等级要先完成复训，暂时不能接单。"), limit=limit)
    return Refused("limit-reached", N_("你同时接待已满 %(limit)s 条，先答完一条再抢。"), limit=limit)


def _not_eligible(reason: str, message: str, **params: object) -> Refused:
    return Refused("not-eligible", message, reason=reason, **params)
