"""From appeals to what their templates show, in the page's language."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _

from gig.core.money import MINUS, half_up
from gig.quality.models import Appeal
from gig.quality.queries.appealable import Held
from gig.quality.queries.desk import Case, Record
from gig.quality.queries.timeline import TurnRecord
from gig.quality.rules.matching import Facts, Match, match
from gig.quality.values import KIND_WORDS, STATE_TAGS, STATE_WORDS
from gig.scoring.models import ScoreEvent
from gig.web.names import called

BAR_LEFT, BAR_WIDTH = 14, 512
ROOM_FOR_LABEL = 70
LONG_AFTER = dt.timedelta(hours=1)


def kind_words(kind: str) -> str:
    return str(_(KIND_WORDS[kind]))


def state_words(state: str) -> str:
    return str(_(STATE_WORDS[state]))


def state_tag(state: str) -> str:
    return STATE_TAGS[state]


def what_happened(held: Held) -> str:
    """迟到 14 秒 · 退款进度"""
    said = event_words(held.event)
    about = called(held.issue_type, "issue_type") if held.issue_type else ""
    return f"{said} · {about}" if about else said


def event_words(event: ScoreEvent) -> str:
    if event.kind == "rating":
        return str(_("客户评了 %(n)s 星", n=event.numerator * 4 // event.denominator + 1))
    if event.kind.startswith(("violation", "release")):
        return str(_("%(what)s，扣 %(n)s 分", what=kind_words(event.kind), n=event.numerator))
    return kind_words(event.kind)


def record(found: Record) -> dict[str, Any]:
    tenths = half_up(1000 * found.on_time, found.turns) if found.turns else None
    return {
        "appeals": found.appeals,
        "upheld": found.upheld,
        "on_time": None if tenths is None else f"{tenths // 10}.{tenths % 10}",
        "turns": found.turns,
    }


def matched(case: Case) -> Match:
    """What the rules say of the case."""
    turn = case.turn
    if turn is None:
        return match(Facts(case.appeal.kind, excused=case.event.struck_at is not None))
    late = [tier for tier in turn.card.late if turn.earning and tier.percent == turn.earning.late_percent]
    return match(
        Facts(
            kind=case.appeal.kind,
            latency_us=turn.earning.latency_us if turn.earning else None,
            within_s=turn.card.reply_within_s,
            late_over_s=late[0].over_s if late else None,
            late_percent=turn.earning.late_percent if turn.earning else 0,
            expires_s=turn.card.claim_expires_s,
            holding=turn.holding,
            excused=case.appeal.state == "open" and case.event.struck_at is not None,
            outages=turn.outages,
        )
    )


def timeline(turn: TurnRecord) -> dict[str, Any]:
    """The clock as a bar: on time, late, where the platform failed, and when the answer came."""
    started = turn.quote.clock_started_at
    within = (turn.quote.deadline_at - started).total_seconds()
    ended = (turn.ended_at - started).total_seconds()
    whole = max(within, ended) * 1.15 or 1.0

    def x(seconds: float) -> float:
        return round(BAR_LEFT + BAR_WIDTH * min(max(seconds, 0), whole) / whole, 1)

    failed = [
        ((since - started).total_seconds(), (until - started).total_seconds())
        for since, until in turn.outages
    ]
    return {
        "start": BAR_LEFT,
        "deadline": x(within),
        "ended": x(ended),
        "end": BAR_LEFT + BAR_WIDTH,
        "outages": [{"x": x(a), "w": round(max(x(b) - x(a), 2), 1)} for a, b in failed],
        "within_s": int(within),
        "ended_s": f"{ended:.1f}",
        "late": ended > within,
        "answered": turn.earning is not None,
        "crowded": abs(x(within) - x(ended)) < ROOM_FOR_LABEL,
    }


def moments(turn: TurnRecord) -> list[dict[str, Any]]:
    """What the server stored, each with its second on this agent's clock, while that was running."""
    started = turn.quote.clock_started_at
    return [
        {
            "at": moment.at,
            "ms": f"{moment.at.microsecond // 1000:03d}",
            "s": _second(moment.at - started),
            "words": moment.words,
            "source": moment.source,
            "tone": moment.tone,
        }
        for moment in turn.moments
    ]


def _second(since: dt.timedelta) -> str | None:
    """−10, 0, 74; None long after the clock, when seconds say nothing any more."""
    if since > LONG_AFTER:
        return None
    seconds = round(since.total_seconds())
    return f"{MINUS}{-seconds}" if seconds < 0 else str(seconds)


def stake(appeal: Appeal) -> int:
    """How much money it is about, in fen."""
    return appeal.penalty_fen or 0
