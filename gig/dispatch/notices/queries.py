"""What an agent is told now, and what ops has told."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.text import Sentence
from gig.dispatch.notices.models import Notice, NoticeConcern, NoticeRead
from gig.dispatch.notices.values import BROADCAST
from gig.identity.models import Agent, AgentSkill, Person
from gig.payouts.rates.rules.card import ANY

SHOWN = 3
HISTORY = 30


@dataclass(frozen=True, slots=True)
class Told:
    """One notice as its reader sees it; `text` is a sentence of ours, or ops' own words."""

    id: str
    text: Sentence
    at: dt.datetime
    from_ops: bool


@dataclass(frozen=True, slots=True)
class Board:
    """What stands above an agent's pages: the newest few, and how many there are of the platform's own."""

    told: list[Told]
    ours: int

    def __bool__(self) -> bool:
        return bool(self.told)

    @property
    def hidden(self) -> int:
        """How many of the platform's own come up once some of these are put away."""
        return self.ours - sum(not each.from_ops for each in self.told)


NOBODYS = Board([], 0)


@dataclass(frozen=True, slots=True)
class Sent:
    """A broadcast, who made it, and how many have put it away."""

    notice: Notice
    by: str | None
    read: int


def for_agent(session: Session, agent_id: str, now: dt.datetime) -> Board:
    """The notices that concern the agent now and that they have not put away, the newest first.

    One statement along the index of each audience; it counts before it is cut to the newest few.
    """
    agent = sa.select(Agent.presence).where(Agent.id == agent_id).scalar_subquery()
    skilled = sa.select(AgentSkill.queue).where(AgentSkill.agent_id == agent_id)
    read = sa.select(NoticeRead.notice_id).where(
        NoticeRead.notice_id == Notice.id, NoticeRead.agent_id == agent_id
    )
    places = _places(agent_id)
    mine = (
        Notice.audience == "all",
        sa.and_(Notice.audience == "online", agent == "online"),
        sa.and_(Notice.audience == "away", agent == "away"),
        sa.and_(Notice.audience == "queue", Notice.queue.in_(skilled)),
        sa.and_(Notice.audience == "agent", Notice.agent_id == agent_id),
        sa.and_(Notice.audience == "pay", places.is_not(None)),
    )
    live = sa.and_(Notice.expires_at > now, Notice.withdrawn_at.is_(None), ~read.exists())
    parts = [sa.select(Notice.id).where(audience, live) for audience in mine]
    ids = sa.union_all(*parts).subquery()
    concerned = sa.case((Notice.audience == "pay", places))
    ours = sa.func.count().filter(Notice.made_by.is_(None)).over()
    rows = session.execute(
        sa.select(Notice.id, Notice.text, Notice.params, Notice.made_at, Notice.made_by, concerned, ours)
        .join(ids, ids.c.id == Notice.id)
        .order_by(Notice.made_at.desc(), Notice.id.desc())
        .limit(SHOWN)
    ).all()
    told = [
        Told(id, Sentence(text, json.loads(params) | ({"n": n} if n else {})), at, by is not None)
        for id, text, params, at, by, n, _ours in rows
    ]
    return Board(told, rows[0][-1]) if rows else NOBODYS


def _places(agent_id: str) -> sa.ScalarSelect[int | None]:
    """In how many places a notice about pay concerns the agent, by today's tier and skills; NULL in none."""
    tier = sa.select(Agent.tier).where(Agent.id == agent_id).scalar_subquery()
    skilled = sa.select(AgentSkill.queue).where(AgentSkill.agent_id == agent_id)
    theirs = (
        sa.or_(NoticeConcern.tier == ANY, NoticeConcern.tier == tier),
        sa.or_(NoticeConcern.queue == ANY, NoticeConcern.queue.in_(skilled)),
    )
    query = sa.select(sa.func.sum(NoticeConcern.places)).where(NoticeConcern.notice_id == Notice.id, *theirs)
    return query.correlate(Notice).scalar_subquery()


def broadcasts(session: Session) -> list[Sent]:
    """What ops told many, the newest first."""
    read = (
        sa.select(sa.func.count())
        .where(NoticeRead.notice_id == Notice.id)
        .correlate(Notice)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(Notice, Person.name, read)
        .outerjoin(Person, Person.id == Notice.made_by)
        .where(Notice.audience.in_(BROADCAST))
        .order_by(Notice.made_at.desc(), Notice.id.desc())
        .limit(HISTORY)
        .execution_options(populate_existing=True)
    )
    return [Sent(*row) for row in rows]
