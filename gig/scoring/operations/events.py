"""Noting what happened, in the transaction in which it happened."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.db import table_of
from gig.core.ids import new_id
from gig.core.inserts import PreparedInsert
from gig.scoring.models import ScoreEvent
from gig.scoring.rules.score import GRADE_VALUES, Grade, stars_value
from gig.scoring.values import VIOLATIONS, Kind

RESOLUTION_SETTLES = dt.timedelta(hours=24)

_EVENTS = PreparedInsert(table_of(ScoreEvent), on_conflict=[])


def note_event(
    session: Session,
    *,
    agent_id: str,
    kind: Kind,
    source_key: str,
    at: dt.datetime,
    turn_id: str | None = None,
    inquiry_id: str | None = None,
    stars: int | None = None,
    solved: bool | None = None,
    grade: Grade | None = None,
    imposed_by: str | None = None,
) -> None:
    """The event is written once for its source key, by one INSERT in the caller's transaction.

    The score follows soon after, outside of it. A `rating` needs `stars`, and `solved=False` when the
    customer said so; `qc` needs `grade`. `resolved` and `returned` need `inquiry_id` and go to the resolver.
    A violation's points are those in force now (one more statement, a read). `imposed_by` is the person who
    judged, where one did: they decide no appeal against it.
    """
    numerator, denominator = _value(session, kind, stars, grade)
    row: dict[str, Any] = {
        "id": new_id(),
        "source_key": source_key,
        "agent_id": agent_id,
        "kind": kind,
        "at": at,
        "counts_from": at + RESOLUTION_SETTLES if kind == "resolved" else at,
        "numerator": numerator,
        "denominator": denominator,
        "inquiry_id": inquiry_id,
        "turn_id": turn_id,
    }
    if imposed_by:
        row["imposed_by"] = imposed_by
    rows = [row]
    if kind == "rating" and solved is False:
        spoilt = {"kind": "not_solved", "numerator": 0, "denominator": 1}
        rows.append({**row, **spoilt, "id": new_id(), "source_key": f"{source_key}:not_solved"})
    _EVENTS.write(session, rows)


def _value(session: Session, kind: Kind, stars: int | None, grade: Grade | None) -> tuple[int, int]:
    if kind == "rating":
        if stars is None or not 1 <= stars <= 5:
            raise ValueError("a rating has 1 to 5 stars")
        return stars_value(stars).as_integer_ratio()
    if kind == "qc":
        if grade is None:
            raise ValueError("a quality check has a grade")
        return GRADE_VALUES[grade].as_integer_ratio()
    if kind in VIOLATIONS:
        return tunables.values(session)[f"scoring.{kind}_points"], 1
    return int(kind in ("on_time", "resolved")), 1
