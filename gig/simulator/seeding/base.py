"""The plain demo world: queues, staff, agents who are ready to work, and a channel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import current_app
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.db import db, transaction
from gig.dispatch.models import Queue
from gig.dispatch.models_lists import IssueType
from gig.dispatch.operations.escalations import list_route
from gig.dispatch.queries import escalations
from gig.identity import passwords, queries
from gig.identity.operations import keys
from gig.simulator import world
from gig.simulator.seeding import joining
from gig.simulator.seeding.scripts import write_library
from gig.simulator.world import DemoPerson, Login

AT_ONCE = 20


@dataclass(frozen=True)
class Base:
    """The ids of the demo people by phone, and of the channel."""

    ids: dict[str, str]
    channel_id: str
    agents: tuple[DemoPerson, ...]

    def id_of(self, person: DemoPerson) -> str:
        return self.ids[person.phone]


def seed_base(*, agents: int, secret_key: str, now: dt.datetime) -> Base:
    """The queues, scripts, staff, channel and `agents` active agents with every skill and an account exist.

    What is there already stays as it is, so it may be run again, and with more agents.
    """
    ids: dict[str, str] = {}
    crew = tuple(world.agents(agents))
    with cheap_passwords():
        with transaction() as session:
            if not is_seeded(session):
                _days_without_end(session, now)
            _queues(session)
            for person in world.STAFF:
                ids[person.phone] = _registered(person, secret_key, now)
            channel_id = _channel(session, secret_key, now)
            write_library(session, actor_id=ids[world.OPS.phone], now=now)
            _escalations(session, ids[world.OPS.phone], now)
        for start in range(0, len(crew), AT_ONCE):
            with transaction():
                for person in crew[start : start + AT_ONCE]:
                    ids[person.phone] = _active(person, ids, secret_key, now)
    return Base(ids, channel_id, crew)


def is_seeded(session: Session) -> bool:
    """Whether the demo world's channel is there."""
    return any(channel.name == world.CHANNEL for channel in queries.channels(session))


def _days_without_end(session: Session, now: dt.datetime) -> None:
    """A simulation runs through days and nights with the same few agents: they rest, without a daily cap."""
    whole_day = 24 * 60 * 60
    reason = "演示：模拟要整天整夜地跑"
    tunables.change(session, "day_cap_s", whole_day, actor_id=None, reason=reason, now=now)


def _queues(session: Session) -> None:
    for slug, name, english, easy in world.QUEUES:
        if session.get(Queue, slug) is None:
            session.add(Queue(slug=slug, name=name, name_en=english, easy=easy))
    for slug, name, english in world.ISSUE_TYPES:
        if session.get(IssueType, slug) is None:
            session.add(IssueType(slug=slug, name=name, name_en=english))
    session.flush()


def _escalations(session: Session, ops_id: str, now: dt.datetime) -> None:
    """Who takes whose; what ops has changed since stays so."""
    if not escalations.route_changes(session):
        for here, there, kind in world.ESCALATIONS:
            list_route(
                from_queue=here, to_queue=there, kind=kind, reason="开通升级", actor_id=ops_id, now=now
            )


def _registered(person: DemoPerson, secret_key: str, now: dt.datetime) -> str:
    token = world.login_of(person, secret_key).token
    return joining.register(person, token=token, now=now)[0]


def _active(person: DemoPerson, ids: dict[str, str], secret_key: str, now: dt.datetime) -> str:
    id = _registered(person, secret_key, now)
    if joining.stage_of(db.session(), id) == "applicant":
        reviewer_id, ops_id = ids[world.REVIEWER.phone], ids[world.OPS.phone]
        application_id = joining.hand_in(id, person, now=now, small=True)
        joining.pass_review(application_id, reviewer_id=reviewer_id, now=now)
        joining.become_active(id, ops_id=ops_id, now=now)
        joining.name_payee(id, person, now=now, alipay=person.serial % 3 == 0)
    return id


def _channel(session: Session, secret_key: str, now: dt.datetime) -> str:
    for channel in queries.channels(session):
        if channel.name == world.CHANNEL:
            return channel.id
    login: Login = world.channel_login(secret_key)
    return keys.create_channel(name=world.CHANNEL, now=now, actor_id=None, secret=login.token).id


@contextmanager
def cheap_passwords() -> Iterator[None]:
    """Demo passwords are known to everybody: hashing them at full cost would only take time.

    The first login of each makes a hash at full cost.
    """
    passwords.use("cheap")
    try:
        yield
    finally:
        passwords.use(current_app.config["GIG"].argon2_cost)
