"""升级: where a turn may be handed on to, and what must be said with it."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from gig.core.errors import Refused
from gig.core.text import N_, Sentence
from gig.dispatch.rules.substantive import core_of, made_of

SUMMARY_MOST = 2000
KINDS = ("senior", "specialist")

REASONS: Mapping[str, str] = {
    "authority": "senior",
    "complaint": "senior",
    "safety": "senior",
    "expertise": "specialist",
    "unsure": "specialist",
}
"""Why an agent hands a turn on, and which kind of taker that asks for first."""

REASON_WORDS: Mapping[str, str] = {
    "authority": N_("超出我的权限"),
    "complaint": N_("客户要求升级或投诉"),
    "safety": N_("食品安全或人身安全"),
    "expertise": N_("需要更专业的人"),
    "unsure": N_("不确定怎么处理"),
}

FEE_MEMOS: Mapping[str, str] = {
    "authority": N_("转交费 · 超出我的权限"),
    "complaint": N_("转交费 · 客户要求升级或投诉"),
    "safety": N_("转交费 · 食品安全或人身安全"),
    "expertise": N_("转交费 · 需要更专业的人"),
    "unsure": N_("转交费 · 不确定怎么处理"),
}
"""What the posting of a triage fee says of itself."""


@dataclass(frozen=True)
class Route:
    """A queue that takes escalations of another."""

    to_queue: str
    kind: str


def targets(routes: Iterable[Route], *, here: str, been: Collection[str], reason: str) -> list[Route]:
    """Where the inquiry may go from `here`, the best first: the kind that the reason asks for, then by name.

    Never to a queue that it came from or was handed to before, so nobody plays it back and forth.
    """
    wanted = REASONS.get(reason)
    free = [route for route in routes if route.to_queue != here and route.to_queue not in been]
    return sorted(free, key=lambda route: (route.kind != wanted, route.to_queue))


def refusal(possible: Collection[Route], *, handed_over: int, most: int) -> Refused | None:
    """Why the inquiry cannot be handed on any further; None when it can."""
    if handed_over >= most:
        return Refused("handover-limit", N_("这条已经转过 %(n)s 次，不能再转，请接着处理。"), n=handed_over)
    if not possible:
        return Refused("no-target", N_("这个队列没有能再升级的去处，可以退单，或者找运营。"))
    return None


def summary_faults(summary: str, *, least: int, holding_phrases: Iterable[str]) -> list[Sentence]:
    """What is missing of a summary that the next agent can go on with; empty when nothing is.

    Letters and digits count, punctuation and emoji do not; a summary made of holding phrases says nothing.
    """
    core = core_of(summary)
    if any(unicodedata.category(each) in ("Cc", "Cs") and each not in "\n\t" for each in summary):
        return [Sentence(N_("不能含有控制字符。"))]
    if len(summary) > SUMMARY_MOST:
        return [Sentence(N_("最多 %(most)s 个字。"), {"most": SUMMARY_MOST})]
    if made_of(core, {core_of(phrase) for phrase in holding_phrases}):
        return [Sentence(N_("写清楚客户要什么、你试过什么，不要只写套话。"))]
    if len(core) < least:
        return [Sentence(N_("写清楚客户要什么、你试过什么，至少 %(least)s 个字。"), {"least": least})]
    return []
