"""Reads of people, their sessions and keys, and of the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.errors import Invalid, NotFound
from gig.core.ids import is_id
from gig.core.masks import mask_phone
from gig.identity import phones
from gig.identity.models import Agent, ApiToken, Channel, LoginSession, Person


@dataclass(frozen=True, slots=True)
class PersonRow:
    id: str
    name: str
    phone: str
    roles: tuple[str, ...]
    stage: str | None
    disabled: bool


def people(session: Session, *, role: str | None = None, limit: int = 50, after: str = "") -> list[PersonRow]:
    """People from the newest on, phones masked."""
    found = sa.select(Person, Agent.stage).outerjoin(Agent, Agent.id == Person.id)
    if role:
        found = found.where(("," + Person.roles + ",").contains(f",{role},"))
    if after:
        found = found.where(Person.id < after)
    rows = session.execute(found.order_by(Person.id.desc()).limit(limit))
    return [_row(person, stage) for person, stage in rows]


def people_called(session: Session, ids: Sequence[str]) -> list[PersonRow]:
    """These people, from the newest on."""
    found = sa.select(Person, Agent.stage).outerjoin(Agent, Agent.id == Person.id).where(Person.id.in_(ids))
    return [_row(someone, stage) for someone, stage in session.execute(found.order_by(Person.id.desc()))]


def person(session: Session, id: str) -> PersonRow:
    """One person; NotFound for an id that is nobody's."""
    found = sa.select(Person, Agent.stage).outerjoin(Agent, Agent.id == Person.id).where(Person.id == id)
    row = session.execute(found).one_or_none() if is_id(id) else None
    if row is None:
        raise NotFound
    someone, stage = row
    return _row(someone, stage)


def person_by_phone(session: Session, phone: str) -> str | None:
    """The id of whoever has the number."""
    index = phones.index(phones.normal(phone))
    return session.scalar(sa.select(Person.id).where(Person.phone_index == index))


def id_or_phone(session: Session, asked: str) -> str:
    """The id that somebody meant who typed it, or a phone number; what is neither stays as it was typed."""
    asked = asked.strip()
    if is_id(asked):
        return asked
    try:
        return person_by_phone(session, asked) or asked
    except Invalid:
        return asked


def open_sessions(session: Session, person_id: str) -> list[LoginSession]:
    """The newest first."""
    found = sa.select(LoginSession).where(
        LoginSession.person_id == person_id, LoginSession.revoked_at.is_(None)
    )
    return list(session.scalars(found.order_by(LoginSession.id.desc()).limit(100)))


def tokens(session: Session, person_id: str) -> list[ApiToken]:
    """Every token of the person, the newest first."""
    found = sa.select(ApiToken).where(ApiToken.person_id == person_id)
    return list(session.scalars(found.order_by(ApiToken.id.desc())))


def channels(session: Session) -> list[Channel]:
    return list(session.scalars(sa.select(Channel).order_by(Channel.name)))


@dataclass(frozen=True, slots=True)
class LogRow:
    entry: AuditEntry
    actor: str | None


def log(
    session: Session, *, object_id: str | None = None, before: int | None = None, limit: int = 50
) -> list[LogRow]:
    """Who did what, the newest first; what was done to or by one object if named."""
    wanted = []
    if object_id:
        wanted.append(sa.or_(AuditEntry.object_id == object_id, AuditEntry.actor_id == object_id))
    if before:
        wanted.append(AuditEntry.id < before)
    return log_of(session, *wanted, limit=limit)


def log_of(session: Session, *wanted: sa.ColumnElement[bool], limit: int) -> list[LogRow]:
    """The entries that meet every condition, the newest first."""
    found = sa.select(AuditEntry, Person.name).outerjoin(Person, Person.id == AuditEntry.actor_id)
    rows = session.execute(found.where(*wanted).order_by(AuditEntry.id.desc()).limit(limit))
    return [LogRow(entry, name) for entry, name in rows]


STANDING = (
    "agent.admit",
    "agent.activate",
    "agent.suspend",
    "agent.reinstate",
    "agent.leave",
    "agent.grant-skill",
    "agent.revoke-skill",
)


def standing_changes(
    session: Session, agent_id: str, *, only: tuple[str, ...] = STANDING, limit: int = 1
) -> list[AuditEntry]:
    """What was decided about the agent's standing, the newest first."""
    found = sa.select(AuditEntry).where(
        AuditEntry.object_type == "agent", AuditEntry.object_id == agent_id, AuditEntry.action.in_(only)
    )
    return list(session.scalars(found.order_by(AuditEntry.id.desc()).limit(limit)))


def _row(person: Person, stage: str | None) -> PersonRow:
    return PersonRow(
        id=person.id,
        name=person.name,
        phone=mask_phone(person.phone),
        roles=tuple(person.roles.split(",")),
        stage=stage,
        disabled=person.disabled_at is not None,
    )
