"""The platform's numbers and the holding phrases, with who changed them when and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.errors import NotFound
from gig.core.tunables import Step, Tunable, TunableChange
from gig.dispatch.models_lists import HoldingPhrase
from gig.dispatch.queries import phrases
from gig.identity.models import Person

HISTORY = 50
IN_FORCE = ("holds", "agrees")
"""Outcomes of a change that was in force from then on."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands, since when and by whom, and what waits for a second person to agree."""

    tunable: Tunable
    value: int
    changed_at: dt.datetime | None
    changed_by: str | None
    waits: TunableChange | None


@dataclass(frozen=True, slots=True)
class PhraseChange:
    phrase: str
    listed: bool
    at: dt.datetime
    by: str | None


def numbers(session: Session, roles: Collection[str]) -> list[Number]:
    """Every number that belongs to one of the roles, in the order of their declaration."""
    values, declared = tunables.values(session), tunables.declared
    changes = tunables.steps(session, *declared)
    latest = {step.change.name: step.change for step in reversed(changes) if step.outcome in IN_FORCE}
    names = names_of(session, {change.changed_by for change in latest.values() if change.changed_by})
    waiting = tunables.waiting(session)
    found = []
    for each in declared.values():
        if each.role in roles:
            last = latest.get(each.name)
            at, by = (last.changed_at, names.get(last.changed_by or "")) if last else (None, None)
            found.append(Number(each, values[each.name], at, by, waiting.get(each.name)))
    return found


def number(session: Session, name: str, roles: Collection[str]) -> Number:
    """One number; NotFound for those it does not belong to."""
    found = [each for each in numbers(session, roles) if each.tunable.name == name]
    if not found:
        raise NotFound
    return found[0]


def number_changes(session: Session, name: str) -> list[Step]:
    """The newest first, each with what became of it."""
    return tunables.steps(session, name)[:HISTORY]


def names_of(session: Session, ids: Collection[str]) -> dict[str, str]:
    return dict(session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(ids))).all())


def phrases_in_force(session: Session) -> tuple[str, ...]:
    """The list as the next reply is judged by it."""
    at_revision = session.execute(sa.select(phrases.revision())).scalar_one()
    return phrases.holding_phrases(session, at_revision)


def phrase_changes(session: Session) -> list[PhraseChange]:
    """The newest first."""
    changes = (
        sa.select(HoldingPhrase.phrase, HoldingPhrase.listed, HoldingPhrase.changed_at, Person.name)
        .outerjoin(Person, Person.id == HoldingPhrase.changed_by)
        .order_by(HoldingPhrase.id.desc())
        .limit(HISTORY)
    )
    return [PhraseChange(*row) for row in session.execute(changes)]
