"""What the stored events of the window add up to, for many agents at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from gig.core.businesstime import BusinessZone
from gig.scoring.models import ScoreEvent
from gig.scoring.rules.score import Observed, Part, Score, Violation, score, window_start
from gig.scoring.values import PART_OF, SPOILS, VIOLATIONS

_INDEXED = [sa.literal(kind, literal_execute=True) for kind in ("resolved", "returned", "not_solved")]
"""The condition of the partial index on resolutions, written out so that SQLite sees it can use it."""


@dataclass
class Sums:
    """The observations of one agent; grows by one event at a time."""

    observed: dict[Part, Observed] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)

    def add(self, part: Part, n: int, total: Fraction) -> None:
        before = self.observed.get(part, Observed())
        self.observed[part] = Observed(before.n + n, before.total + total)

    def score(self, today: dt.date) -> Score:
        return score(self.observed, self.violations, today=today)


@dataclass(frozen=True)
class Window:
    """The rolling days that end today, as instants; `now` cuts off what has not happened yet."""

    zone: BusinessZone
    now: dt.datetime

    @property
    def today(self) -> dt.date:
        return self.zone.day_of(self.now)

    @property
    def since(self) -> dt.datetime:
        return self.zone.start_of_day(window_start(self.today))


def spoilt_by(resolution: type[ScoreEvent], spoiler: type[ScoreEvent]) -> sa.ColumnElement[bool]:
    """The customer came back within the 24 hours, or said later that it was not solved."""
    back = sa.and_(
        spoiler.kind == "returned", spoiler.at > resolution.at, spoiler.at <= resolution.counts_from
    )
    said_no = sa.and_(spoiler.kind == "not_solved", spoiler.at >= resolution.at)
    return sa.and_(
        spoiler.kind.in_(_INDEXED),
        spoiler.inquiry_id == resolution.inquiry_id,
        spoiler.struck_at.is_(None),
        sa.or_(back, said_no),
    )


def sums_of(session: Session, agent_ids: Collection[str], window: Window) -> dict[str, Sums]:
    """What scores have already taken in, by agent; every asked agent has an entry."""
    sums = {agent_id: Sums() for agent_id in agent_ids}
    for agent_id, kind, denominator, n, total in session.execute(_counted(agent_ids, window)):
        sums[agent_id].add(PART_OF[kind], n, Fraction(int(total), denominator))
    for agent_id, n, good in session.execute(_resolutions(agent_ids, window)):
        sums[agent_id].add(Part.RESOLUTION, n, Fraction(int(good)))
    for agent_id, points, at in session.execute(_violations(agent_ids, window)):
        sums[agent_id].violations.append(Violation(points, window.zone.day_of(at)))
    return sums


def _in_window(agent_ids: Iterable[str], window: Window) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        ScoreEvent.agent_id.in_(agent_ids),
        ScoreEvent.at >= window.since,
        ScoreEvent.at <= window.now,
        ScoreEvent.scored_at.is_not(None),
        ScoreEvent.struck_at.is_(None),
    )


def _counted(agent_ids: Collection[str], window: Window) -> sa.Select[str, str, int, int, int]:
    event = ScoreEvent
    kinds = [kind for kind in PART_OF if kind != "resolved"]
    return (
        sa.select(
            event.agent_id, event.kind, event.denominator, sa.func.count(), sa.func.sum(event.numerator)
        )
        .where(*_in_window(agent_ids, window), event.kind.in_(kinds))
        .group_by(event.agent_id, event.kind, event.denominator)
    )


def _resolutions(agent_ids: Collection[str], window: Window) -> sa.Select[str, int, int]:
    spoiler = aliased(ScoreEvent)
    spoilt = (
        sa.select(spoiler.id)
        .where(spoiler.kind.in_(SPOILS), spoilt_by(ScoreEvent, spoiler), spoiler.scored_at.is_not(None))
        .exists()
    )
    return (
        sa.select(ScoreEvent.agent_id, sa.func.count(), sa.func.sum(sa.case((spoilt, 0), else_=1)))
        .where(*_in_window(agent_ids, window), ScoreEvent.kind == "resolved")
        .group_by(ScoreEvent.agent_id)
    )


def _violations(agent_ids: Collection[str], window: Window) -> sa.Select[str, int, dt.datetime]:
    return sa.select(ScoreEvent.agent_id, ScoreEvent.numerator, ScoreEvent.at).where(
        *_in_window(agent_ids, window), ScoreEvent.kind.in_(VIOLATIONS)
    )
