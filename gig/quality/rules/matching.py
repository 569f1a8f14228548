"""What the rule book says of a case, for the person who decides it. It decides nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from gig.core.text import N_, Sentence

Advice = Literal["uphold", "keep", "look"]


@dataclass(frozen=True)
class Facts:
    """What is stored of the turn. `outages` are the recorded windows that its clock met."""

    kind: str
    latency_us: int | None = None
    within_s: int = 60
    late_over_s: int | None = None
    late_percent: int = 0
    expires_s: int = 300
    holding: int = 0
    excused: bool = False
    outages: tuple[tuple[dt.datetime, dt.datetime], ...] = field(default=())


@dataclass(frozen=True)
class Match:
    """`advice`: uphold (the rules excuse it), keep (they impose it), look (no rule decides it alone)."""

    advice: Advice
    words: Sentence


def match(facts: Facts) -> Match:
    """The rule that decides the case, the strongest first."""
    if facts.excused:
        return Match("look", Sentence(N_("这一条已经不算了：平台故障时整条免除，分和钱都已退回。")))
    if facts.outages:
        return Match("uphold", Sentence(N_("计时碰到了记录在案的平台故障：按规则整条不算，建议全额返还。")))
    if facts.kind == "late" and facts.latency_us is not None:
        return _late(facts)
    if facts.kind == "missed":
        return _missed(facts)
    return Match("look", Sentence(N_("没有规则能单独判这一类，请看整段会话和双方的说法。")))


def _late(facts: Facts) -> Match:
    seconds = -(-(facts.latency_us or 0) // 100_000) / 10
    words = N_(
        "用时 %(s)s 秒，超过 %(over)s 秒扣 %(p)s%%（%(within)s 秒内全额）；没有平台故障的记录，按规则维持。"
    )
    params = {
        "s": f"{seconds:.1f}",
        "over": facts.late_over_s or facts.within_s,
        "p": facts.late_percent,
        "within": facts.within_s,
    }
    return Match("keep", Sentence(words, params))


def _missed(facts: Facts) -> Match:
    if facts.holding:
        words = N_("%(s)s 秒内发了 %(n)s 句，但都不算有效回复（套话、重复），按规则计时不停；请看内容再判。")
        return Match("look", Sentence(words, {"s": facts.expires_s, "n": facts.holding}))
    words = N_("%(s)s 秒内没有有效回复，也没有平台故障的记录，按规则维持。")
    return Match("keep", Sentence(words, {"s": facts.expires_s}))
