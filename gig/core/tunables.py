"""Numbers that people may change while the product runs, each with its history.

A feature declares its numbers once, at import; a change is a row that names who and why. The newest
row of a name is in force, but for numbers that bound what one person may do: loosened, those hold once
two people have said so. Readers pass the newest revision they saw in a query of their own, so that a hot
path pays no statement for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from gig.core import audit
from gig.core.db import Base, BigId, engine_of, one_at_a_time
from gig.core.errors import Invalid
from gig.core.text import N_, Sentence


@dataclass(frozen=True)
class Tunable:
    """One number: its name, its default, its bounds, and what it means, in Chinese.

    `looser` says which way a number that is a control loosens it; that way it moves by two people.
    """

    name: str
    default: int
    minimum: int
    maximum: int
    meaning: str
    role: str
    looser: Literal["", "larger", "smaller"] = ""

    def strictest(self, *values: int) -> int:
        return max(values) if self.looser == "smaller" else min(values)

    def loosens(self, before: int, after: int) -> bool:
        return self.looser != "" and before != after and self.strictest(before, after) == before


class TunableChange(Base):
    __tablename__ = "tunable_change"
    __table_args__ = (sa.Index("ix_tunable_change_name_id", "name", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    name: Mapped[str]
    value: Mapped[int]
    reason: Mapped[str]
    changed_by: Mapped[str | None]
    changed_at: Mapped[dt.datetime]


Outcome = Literal["holds", "waits", "agreed", "agrees", "refused", "withdrawn", "replaced", "kept"]


@dataclass(frozen=True)
class Step:
    """One change and what became of it. `holds` is the value right after it.

    It held at once (`holds`), or was a loosening that `waits`, was `agreed` to by a second person (to the
    value `agreed`), `refused`, `withdrawn` by who had proposed it, or `replaced` before anybody decided; `by`
    is the change that decided it. The second voice itself `agrees`, or says that what was is `kept`.
    """

    change: TunableChange
    holds: int
    outcome: Outcome
    by: TunableChange | None = None
    agreed: int | None = None


declared: dict[str, Tunable] = {}
_cache: tuple[sa.URL, int, Mapping[str, int]] | None = None


def declare(*tunables: Tunable) -> None:
    declared.update({tunable.name: tunable for tunable in tunables})


def revision() -> sa.ScalarSelect[int]:
    """The revision in force, for use as a column of any other query."""
    return sa.select(sa.func.coalesce(sa.func.max(TunableChange.id), 0)).scalar_subquery()


def values(session: Session, at_revision: int | None = None) -> Mapping[str, int]:
    """Every declared number as it stands at the revision (the newest, unless told)."""
    global _cache
    database = engine_of(session).url
    if at_revision is None:
        at_revision = session.execute(sa.select(revision())).scalar_one()
    cached = _cache
    if cached and cached[:2] == (database, at_revision) and len(cached[2]) == len(declared):
        return cached[2]
    numbers = {name: tunable.default for name, tunable in declared.items()}
    changes = sa.select(TunableChange).where(TunableChange.id <= at_revision).order_by(TunableChange.id)
    for name, found in _by_name(session.scalars(changes)).items():
        numbers[name] = found[-1].holds
    _cache = (database, at_revision, numbers)
    return numbers


def waiting(session: Session) -> dict[str, TunableChange]:
    """What one person would loosen, by the number's name; it holds once another says the same or more."""
    controls = [name for name, tunable in declared.items() if tunable.looser]
    changes = sa.select(TunableChange).where(TunableChange.name.in_(controls)).order_by(TunableChange.id)
    last = {name: found[-1] for name, found in _by_name(session.scalars(changes)).items()}
    return {name: step.change for name, step in last.items() if step.outcome == "waits"}


def steps(session: Session, *names: str) -> list[Step]:
    """The changes of these numbers with what became of each, the newest first."""
    changes = sa.select(TunableChange).where(TunableChange.name.in_(names)).order_by(TunableChange.id)
    found = [step for each in _by_name(session.scalars(changes)).values() for step in each]
    return sorted(found, key=lambda step: step.change.id, reverse=True)


def is_so(session: Session, name: str, value: int) -> bool:
    """Whether the number is the value, and nobody waits to have it loosened."""
    return values(session)[name] == value and name not in waiting(session)


def _by_name(changes: Iterable[TunableChange]) -> dict[str, list[Step]]:
    """What became of each change, by number, oldest first."""
    found: dict[str, list[Step]] = {}
    for each in changes:
        _take(found.setdefault(each.name, []), each)
    return found


def _take(taken: list[Step], each: TunableChange) -> None:
    """The change is added to those before it, of which it may end the one that waits.

    Of two people who would loosen a number differently, the stricter value holds, and the rest waits. What
    is no loosening holds at once and ends the wait. The installation itself (nobody) needs no second.
    """
    tunable = declared.get(each.name)
    waits = taken[-1] if taken and taken[-1].outcome == "waits" else None
    if tunable is None or each.changed_by is None:
        _end(taken, waits, "replaced", each)
        taken.append(Step(each, each.value, "holds"))
        return
    value = before = taken[-1].holds if taken else tunable.default
    if waits and waits.change.changed_by != each.changed_by and tunable.loosens(value, each.value):
        value = tunable.strictest(waits.change.value, each.value)
        _end(taken, waits, "agreed", each, value)
        outcome: Outcome = "waits" if tunable.loosens(value, each.value) else "agrees"
    elif tunable.loosens(value, each.value):
        _end(taken, waits, "replaced", each)
        outcome = "waits"
    elif waits and each.value == before:
        own = waits.change.changed_by == each.changed_by
        _end(taken, waits, "withdrawn" if own else "refused", each)
        outcome = "kept"
    else:
        _end(taken, waits, "replaced", each)
        value, outcome = each.value, "holds"
    taken.append(Step(each, value, outcome))


def _end(
    taken: list[Step], waits: Step | None, outcome: Outcome, by: TunableChange, value: int | None = None
) -> None:
    if waits is not None:
        taken[-1] = replace(waits, outcome=outcome, by=by, agreed=value)


def change(
    session: Session, name: str, value: int, *, actor_id: str | None, reason: str, now: dt.datetime
) -> None:
    """From this commit on the number is `value`, or waits to be; the old one stays readable."""
    tunable = declared[name]
    if not tunable.minimum <= value <= tunable.maximum:
        bounds = {"minimum": tunable.minimum, "maximum": tunable.maximum}
        raise Invalid({name: [Sentence(N_("要在 %(minimum)s 到 %(maximum)s 之间。"), bounds)]})
    one_at_a_time(session, "tunables")
    session.add(TunableChange(name=name, value=value, reason=reason, changed_by=actor_id, changed_at=now))
    audit.note(
        session,
        actor_id=actor_id,
        action="tunable.change",
        object_type="tunable",
        object_id=name,
        reason=reason,
        detail={"value": value},
        now=now,
    )
