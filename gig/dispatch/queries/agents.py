"""Agents as ops see them: standing, score and skills; never bank or identity numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.errors import Invalid, NotFound
from gig.core.ids import is_id
from gig.core.masks import mask_phone
from gig.dispatch.models import Inquiry
from gig.dispatch.values import CLAIMED
from gig.identity import phones
from gig.identity.models import Agent, AgentSkill, Person
from gig.identity.queries import LogRow, log_of

PAGE = 50
HISTORY = 50
BATCH = 500
TAIL = 4

Rows = Sequence[sa.Row[Agent, Person]]


@dataclass(frozen=True, slots=True)
class AgentRow:
    agent: Agent
    name: str
    phone: str
    skills: tuple[str, ...]
    disabled: bool


@dataclass(frozen=True, slots=True)
class Skill:
    """A queue that an agent may serve, with who granted it when, and since when as a senior."""

    queue: str
    granted_by: str | None
    granted_at: dt.datetime
    senior_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class AgentPage:
    """One agent with all that ops may know and change."""

    row: AgentRow
    skills: Sequence[Skill]
    holds: int
    history: Sequence[LogRow]


def agent_rows(
    session: Session,
    *,
    words: str = "",
    stage: str | None = None,
    skill: str | None = None,
    lacks: str | None = None,
    after: str = "",
) -> list[AgentRow]:
    """Up to PAGE + 1 agents from the newest on: of a stage, with or without the skill of a queue, with the
    words in their name or, for four or more digits, at the end of their phone number.

    Numbers are sealed, so a tail is looked for by opening them one after the other; a whole number is not.
    """
    words = words.strip()
    found = sa.select(Agent, Person).join(Person, Person.id == Agent.id)
    found = found.execution_options(populate_existing=True)
    if stage:
        found = found.where(Agent.stage == stage)
    if skill:
        found = found.where(_has(skill))
    if lacks:
        found = found.where(sa.not_(_has(lacks)))
    tail = words.replace(" ", "")
    if tail.isascii() and tail.isdigit() and len(tail) >= TAIL:
        rows = _with_tail(session, found, tail, after)
    else:
        if words:
            found = found.where(Person.name.contains(words, autoescape=True))
        rows = _page(session, found, after, PAGE + 1)
    skills = _skills(session, [agent.id for agent, _person in rows])
    return [_row(agent, person, skills.get(agent.id, ())) for agent, person in rows]


def _has(queue: str) -> sa.ColumnElement[bool]:
    held = sa.select(AgentSkill.queue).where(AgentSkill.agent_id == Agent.id, AgentSkill.queue == queue)
    return held.exists()


def _page(session: Session, found: sa.Select[Agent, Person], after: str, limit: int) -> Rows:
    if after:
        found = found.where(Agent.id < after)
    return session.execute(found.order_by(Agent.id.desc()).limit(limit)).all()


def _with_tail(session: Session, found: sa.Select[Agent, Person], tail: str, after: str) -> Rows:
    try:
        whole = phones.index(phones.normal(tail))
        return _page(session, found.where(Person.phone_index == whole), after, 1)
    except Invalid:
        pass
    rows: list[sa.Row[Agent, Person]] = []
    while len(rows) <= PAGE:
        batch = _page(session, found, after, BATCH)
        rows += [row for row in batch if row[1].phone.endswith(tail)]
        if len(batch) < BATCH:
            break
        after = batch[-1][0].id
    return rows[: PAGE + 1]


def _skills(session: Session, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    by_agent: dict[str, tuple[str, ...]] = {}
    held = sa.select(AgentSkill.agent_id, AgentSkill.queue).where(AgentSkill.agent_id.in_(ids))
    for agent_id, queue in session.execute(held.order_by(AgentSkill.queue)):
        by_agent[agent_id] = (*by_agent.get(agent_id, ()), queue)
    return by_agent


def _row(agent: Agent, person: Person, skills: tuple[str, ...]) -> AgentRow:
    return AgentRow(agent, person.name, mask_phone(person.phone), skills, person.disabled_at is not None)


def certificates(session: Session, agent_id: str) -> list[Skill]:
    """The agent's skills by queue."""
    granted = (
        sa.select(AgentSkill.queue, Person.name, AgentSkill.granted_at, AgentSkill.senior_at)
        .outerjoin(Person, Person.id == AgentSkill.granted_by)
        .where(AgentSkill.agent_id == agent_id)
        .order_by(AgentSkill.queue)
    )
    return [Skill(*row) for row in session.execute(granted)]


def agent_page(session: Session, id: str) -> AgentPage:
    """NotFound for an id that is no agent's."""
    one = sa.select(Agent, Person).join(Person, Person.id == Agent.id).where(Agent.id == id)
    found = (
        session.execute(one.execution_options(populate_existing=True)).one_or_none() if is_id(id) else None
    )
    if found is None:
        raise NotFound
    holds = sa.select(sa.func.count()).where(Inquiry.owner_id == id, Inquiry.state == CLAIMED)
    skills = certificates(session, id)
    standing = sa.and_(
        AuditEntry.object_type == "agent", AuditEntry.object_id == id, AuditEntry.action.startswith("agent.")
    )
    return AgentPage(
        row=_row(*found, tuple(skill.queue for skill in skills)),
        skills=skills,
        holds=session.execute(holds).scalar_one(),
        history=log_of(session, standing, limit=HISTORY),
    )
