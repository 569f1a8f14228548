"""Who may be what, and who may say so."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.db import transaction
from gig.core.errors import Forbidden, Invalid, NotFound, Refused
from gig.core.outbox import OutboxEvent
from gig.identity import queries
from gig.identity.models import Agent, Person
from gig.identity.operations import keys, people, standing
from tests import builders
from tests.builders import NOON


def create(phone: str = "138 0013 8000", roles: tuple[str, ...] = ("ops",), name: str = "许岚") -> str:
    return people.create_person(
        phone=phone, name=name, roles=roles, password="correct horse", now=NOON, actor_id=None
    )


def roles_of(session: Session, id: str) -> str:
    session.expire_all()
    return session.get_one(Person, id).roles


def test_a_phone_is_sealed_and_found_however_it_is_written(session: Session) -> None:
    id = create("138 0013 8000")
    assert queries.person_by_phone(session, "+86 138-0013-8000") == id
    stored = session.execute(sa.text("SELECT phone FROM person")).scalar_one()
    assert b"13800138000" not in bytes(stored)
    assert queries.person(session, id).phone == "138****8000"


@pytest.mark.parametrize("phone", ["", "12345", "010-12345678", "+1 202 555 0175", "1380013800x"])
def test_what_is_no_mobile_number_is_refused(session: Session, phone: str) -> None:
    with pytest.raises(Invalid) as refused:
        create(phone)
    assert list(refused.value.errors) == ["phone"]


def test_a_phone_belongs_to_one_person(session: Session) -> None:
    create()
    with pytest.raises(Refused) as refused:
        create(name="另一个")
    assert refused.value.slug == "phone-taken"


@pytest.mark.parametrize("roles", [("ops", "finance"), ("agent", "admin"), ("agent", "ops")])
def test_roles_that_must_be_apart_are_refused(session: Session, roles: tuple[str, ...]) -> None:
    with pytest.raises(Refused):
        create(roles=roles)


@pytest.mark.parametrize("roles", ["finance,ops", "admin,agent"])
def test_the_database_itself_keeps_roles_apart(session: Session, roles: str) -> None:
    with pytest.raises(IntegrityError), transaction() as writing:
        writing.add(
            Person(
                id="x" * 26, phone="+8613800138009", phone_index="i", name="n", roles=roles, created_at=NOON
            )
        )
        writing.flush()


def test_a_new_agent_is_an_applicant(session: Session) -> None:
    agent = session.get_one(Agent, create(roles=("agent",)))
    assert (agent.stage, agent.tier, agent.presence) == ("applicant", "trainee", "offline")


def test_a_granted_role_can_be_taken_back(session: Session) -> None:
    admin, ops = create("13800138001", ("admin",)), create()
    people.grant_role(person_id=ops, role="reviewer", reason="顶班", now=NOON, actor_id=admin)
    assert roles_of(session, ops) == "ops,reviewer"
    people.revoke_role(person_id=ops, role="ops", reason="换岗", now=NOON, actor_id=admin)
    assert roles_of(session, ops) == "reviewer"
    mine = sa.select(AuditEntry.action).where(AuditEntry.actor_id == admin)
    noted = session.scalars(mine.order_by(AuditEntry.id)).all()
    assert noted == ["person.grant-role", "person.revoke-role"]


def test_an_admin_grants_nothing_to_themself(session: Session) -> None:
    admin = create(roles=("admin",))
    with pytest.raises(Forbidden):
        people.grant_role(person_id=admin, role="finance", reason="", now=NOON, actor_id=admin)


def test_ops_is_not_given_finance_nor_an_agent_a_staff_role(session: Session) -> None:
    ops, agent = create(), create("13800138001", ("agent",))
    for person, role in ((ops, "finance"), (agent, "admin"), (ops, "agent")):
        with pytest.raises(Refused):
            people.grant_role(person_id=person, role=role, reason="", now=NOON, actor_id=None)


def test_the_last_admin_stays(session: Session) -> None:
    first = create("13800138001", ("admin", "reviewer"))
    with pytest.raises(Refused) as refused:
        people.revoke_role(person_id=first, role="admin", reason="", now=NOON, actor_id=None)
    assert refused.value.slug == "last-admin"
    with pytest.raises(Refused):
        people.disable_person(person_id=first, reason="", now=NOON, actor_id=None)


def test_a_token_is_kept_as_its_hash_and_can_be_revoked_once(session: Session) -> None:
    issued = keys.issue_token(person_id=create(), now=NOON, actor_id=None)
    stored = session.execute(sa.text("SELECT token_hash, scopes FROM api_token")).one()
    assert issued.secret not in tuple(stored)
    keys.revoke_token(token_id=issued.id, now=NOON, actor_id=None)
    with pytest.raises(NotFound):
        keys.revoke_token(token_id=issued.id, now=NOON, actor_id=None)


def test_only_who_was_admitted_goes_online(session: Session) -> None:
    agent = create(roles=("agent",))
    with pytest.raises(Refused) as refused:
        standing.set_presence(agent_id=agent, state="online", now=NOON)
    assert refused.value.slug == "not-eligible"
    standing.admit_agent(agent_id=agent, now=NOON, actor_id=None)
    standing.set_presence(agent_id=agent, state="online", now=NOON + dt.timedelta(minutes=1))
    session.expire_all()
    found = session.get_one(Agent, agent)
    assert (found.stage, found.presence) == ("probation", "online")
    assert found.last_seen_at == NOON + dt.timedelta(minutes=1)
    told = session.scalars(
        sa.select(OutboxEvent.type).where(OutboxEvent.topic == f"agent:{agent}").order_by(OutboxEvent.id)
    ).all()
    assert told == ["standing.changed", "ticket.revoked", "presence.changed"]


def test_a_suspended_agent_is_offline_until_reinstated(session: Session) -> None:
    agent = builders.agent()
    standing.suspend_agent(agent_id=agent, reason="投诉核实", now=NOON, actor_id=None)
    with pytest.raises(Refused):
        standing.set_presence(agent_id=agent, state="online", now=NOON)
    with pytest.raises(Refused):
        standing.suspend_agent(agent_id=agent, reason="再一次", now=NOON, actor_id=None)
    standing.reinstate_agent(agent_id=agent, reason="已说明", now=NOON, actor_id=None)
    standing.set_presence(agent_id=agent, state="online", now=NOON)


def test_a_skill_is_granted_once_and_revoked_once(session: Session) -> None:
    agent = builders.agent(skills=())
    assert standing.grant_skill(agent_id=agent, queue="refund", now=NOON, actor_id=None)
    assert not standing.grant_skill(agent_id=agent, queue="refund", now=NOON, actor_id=None)
    assert standing.revoke_skill(agent_id=agent, queue="refund", now=NOON, actor_id=None)
    assert not standing.revoke_skill(agent_id=agent, queue="refund", now=NOON, actor_id=None)
