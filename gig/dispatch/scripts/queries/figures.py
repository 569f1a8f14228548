"""What became of the scripts over the last thirty business days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.businesstime import BusinessZone
from gig.dispatch.models import Message
from gig.dispatch.scripts.models import ScriptDay, ScriptFavourite
from gig.dispatch.scripts.rules.ranking import Habits, Record
from gig.dispatch.scripts.values import FIGURE_DAYS, WINDOW


@dataclass(frozen=True, slots=True)
class Figures:
    """One script's sums; a share without its number of cases is never shown."""

    picked: int = 0
    answered: int = 0
    on_time: int = 0
    ended: int = 0
    solved: int = 0
    rated: int = 0
    stars: int = 0

    @property
    def on_time_percent(self) -> int | None:
        return _percent(self.on_time, self.answered)

    @property
    def solved_percent(self) -> int | None:
        return _percent(self.solved, self.ended)

    @property
    def stars_tenths(self) -> int | None:
        return (20 * self.stars + self.rated) // (2 * self.rated) if self.rated else None

    @property
    def record(self) -> Record:
        return Record(self.picked, self.answered, self.on_time, self.ended, self.solved)


def figures(session: Session, zone: BusinessZone, now: dt.datetime) -> Mapping[str, Figures]:
    """The sums of every script that was used, by its id."""
    since = zone.day_of(now) - dt.timedelta(days=FIGURE_DAYS - 1)
    columns = (
        ScriptDay.picked,
        ScriptDay.answered,
        ScriptDay.on_time,
        ScriptDay.ended,
        ScriptDay.solved,
        ScriptDay.rated,
        ScriptDay.stars,
    )
    query = (
        sa.select(ScriptDay.script_id, *(sa.func.sum(column) for column in columns))
        .where(ScriptDay.day >= since)
        .group_by(ScriptDay.script_id)
    )
    return {id: Figures(*map(int, sums)) for id, *sums in session.execute(query)}


def habits(session: Session, agent_id: str, now: dt.datetime) -> Habits:
    """The agent's own uses in the window, and favourites. One statement."""
    uses = (
        sa.select(Message.script_id.label("id"), sa.func.count().label("n"))
        .where(
            Message.agent_id == agent_id,
            Message.script_id.is_not(None),
            Message.sent_at >= now - WINDOW,
        )
        .group_by(Message.script_id)
    )
    liked = sa.select(ScriptFavourite.script_id.label("id"), sa.literal(-1).label("n")).where(
        ScriptFavourite.agent_id == agent_id
    )
    rows: Sequence[Any] = session.execute(sa.union_all(uses, liked)).all()
    return Habits(
        uses={id: n for id, n in rows if n > 0},
        favourites=frozenset(id for id, n in rows if n < 0),
    )


def _percent(good: int, n: int) -> int | None:
    """Whole percent, half up; None without a case."""
    return (200 * good + n) // (2 * n) if n else None
