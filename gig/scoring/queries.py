"""An agent's own score with all that explains it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.businesstime import business_zone
from gig.identity.models import Agent
from gig.scoring.models import ScoreChange, ScoreDay, ScoreEvent
from gig.scoring.observations import Window, sums_of
from gig.scoring.rules.score import PartExplained, explain, tenths
from gig.scoring.rules.tiers import LADDER, TRAINEE, TRAINEE_TURNS, Thresholds

RECENT = 30
WEEK = dt.timedelta(days=7)


@dataclass(frozen=True)
class Change:
    """One move of the score and the event behind it, if there is one."""

    at: dt.datetime
    reason: str
    before_tenths: int
    after_tenths: int
    happened_at: dt.datetime | None
    inquiry_id: str | None
    turn_id: str | None
    value: Fraction | None
    event_id: str | None = None
    kind: str | None = None
    struck: bool = False

    @property
    def delta_tenths(self) -> int:
        return self.after_tenths - self.before_tenths


@dataclass(frozen=True)
class ScoreCard:
    """What the score page and the API show."""

    score_tenths: int
    tier: str
    tier_of_score: str
    nights_below: int
    on_probation: bool
    answered_turns: int
    turns_to_go: int
    next_tier: str | None
    gap_tenths: int
    below_tenths: int
    week_tenths: int | None
    violation_tenths: int
    parts: Sequence[PartExplained]
    changes: Sequence[Change]
    limit: int | None
    head_start_s: int | None


def score_card(session: Session, agent_id: str, *, timezone: str, now: dt.datetime) -> ScoreCard:
    """The score over the 30 days that end today, of every event taken in so far."""
    agent = session.get_one(Agent, agent_id)
    window = Window(business_zone(timezone), now)
    scored = sums_of(session, [agent_id], window)[agent_id].score(window.today)
    numbers = tunables.values(session)
    limits = thresholds(session)
    earned = limits.tier_of(scored.tenths)
    following = LADDER[LADDER.index(earned) - 1] if earned != LADDER[0] else None
    needed = 0 if following is None else getattr(limits, following) - scored.tenths
    return ScoreCard(
        score_tenths=scored.tenths,
        tier=agent.tier,
        tier_of_score=earned,
        nights_below=agent.nights_below,
        on_probation=agent.stage == "probation",
        answered_turns=agent.answered_turns,
        turns_to_go=max(TRAINEE_TURNS - agent.answered_turns, 0) if agent.tier == TRAINEE else 0,
        next_tier=following,
        gap_tenths=needed,
        below_tenths=max(getattr(limits, agent.tier, 0) - scored.tenths, 0),
        week_tenths=_since_last_week(session, agent_id, window, scored.tenths),
        violation_tenths=tenths(scored.violation_points),
        parts=explain(scored),
        changes=recent_changes(session, agent_id),
        limit=numbers.get(f"limit_{agent.tier}"),
        head_start_s=numbers.get(f"head_start_{agent.tier}_s"),
    )


def thresholds(session: Session) -> Thresholds:
    """The least scores of the tiers, as ops have set them."""
    numbers = tunables.values(session)
    tiers = ("gold", "silver", "bronze", "limited")
    return Thresholds(**{tier: numbers[f"scoring.{tier}_tenths"] for tier in tiers})


def recent_changes(session: Session, agent_id: str, limit: int = RECENT) -> Sequence[Change]:
    """The latest moves of the score, the newest first."""
    query = (
        sa.select(ScoreChange, ScoreEvent)
        .outerjoin(ScoreEvent, ScoreEvent.id == ScoreChange.event_id)
        .where(ScoreChange.agent_id == agent_id)
        .order_by(ScoreChange.at.desc(), ScoreChange.id.desc())
        .limit(limit)
    )
    return [_change(change, event) for change, event in session.execute(query)]


def _change(change: ScoreChange, event: ScoreEvent | None) -> Change:
    return Change(
        at=change.at,
        reason=change.reason,
        before_tenths=change.before_tenths,
        after_tenths=change.after_tenths,
        happened_at=None if event is None else event.at,
        inquiry_id=None if event is None else event.inquiry_id,
        turn_id=None if event is None else event.turn_id,
        value=None if event is None else Fraction(event.numerator, event.denominator),
        event_id=None if event is None else event.id,
        kind=None if event is None else event.kind,
        struck=event is not None and event.struck_at is not None,
    )


def _since_last_week(session: Session, agent_id: str, window: Window, now_tenths: int) -> int | None:
    """By how much the score differs from that of a week ago; None when there was none."""
    before = session.scalar(
        sa.select(ScoreDay.score_tenths)
        .where(ScoreDay.agent_id == agent_id, ScoreDay.day <= window.today - WEEK)
        .order_by(ScoreDay.day.desc())
        .limit(1)
    )
    return None if before is None else now_tenths - before
