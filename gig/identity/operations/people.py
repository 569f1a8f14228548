"""People come, get and lose roles, change their passwords, are shut out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit
from gig.core.db import made, one_at_a_time, transaction
from gig.core.errors import Forbidden, Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.core.text import N_
from gig.identity import passwords, phones
from gig.identity.models import Agent, Person
from gig.identity.operations.confirmation import confirm_password
from gig.identity.operations.sessions import end_sessions
from gig.identity.values import ROLES

NAME_MOST = 60


def create_person(
    *,
    phone: str,
    name: str,
    roles: Iterable[str],
    password: str | None,
    now: dt.datetime,
    actor_id: str | None,
    id: str | None = None,
) -> str:
    """The person can log in (with a password) and holds the roles; an agent begins as an applicant."""
    e164 = phones.normal(phone)
    name = _name(name)
    held = _allowed(roles)
    if password is not None:
        passwords.check(password)
    password_hash = passwords.hashed(password) if password is not None else None
    id = id or new_id()
    with transaction() as session:
        _lock_people(session)
        index = phones.index(e164)
        if session.scalar(sa.select(Person.id).where(Person.phone_index == index)):
            raise Refused("phone-taken", N_("这个手机号已经注册过了，直接登录就行。"))
        session.add(
            Person(
                id=id,
                phone=e164,
                phone_index=index,
                name=name,
                roles=",".join(held),
                password_hash=password_hash,
                disabled_at=None,
                created_at=now,
            )
        )
        session.flush()
        if "agent" in held:
            session.add(
                Agent(
                    id=id,
                    stage="applicant",
                    tier="trainee",
                    presence="offline",
                    last_seen_at=now,
                    created_at=now,
                )
            )
        _note(session, "person.create", id, actor_id, now, detail={"roles": list(held)})
        made(session, person_id=id)
    return id


def change_password(
    *,
    person_id: str,
    old: str,
    new: str,
    address: str,
    now: dt.datetime,
    actor_id: str,
    keep_session_id: str | None = None,
) -> None:
    """The new password holds; every other session of the person has ended.

    Who only found the session open cannot guess the old one: wrong ones are throttled like logins.
    """
    passwords.check(new, "new")
    wrong = ("old", N_("现在的密码不对。"))
    confirm_password(person_id=person_id, password=old, address=address, now=now, wrong=wrong)
    password_hash = passwords.hashed(new)
    with transaction() as session:
        _person(session, person_id).password_hash = password_hash
        end_sessions(session, person_id, now=now, keep_session_id=keep_session_id)
        _note(session, "person.change-password", person_id, actor_id, now)


def set_password(*, person_id: str, password: str, now: dt.datetime, actor_id: str | None) -> None:
    """An admin's new password for somebody holds; all their sessions have ended."""
    passwords.check(password)
    password_hash = passwords.hashed(password)
    with transaction() as session:
        _person(session, person_id).password_hash = password_hash
        end_sessions(session, person_id, now=now)
        _note(session, "person.set-password", person_id, actor_id, now)


def grant_role(*, person_id: str, role: str, reason: str, now: dt.datetime, actor_id: str | None) -> None:
    """The person holds the role. Never to oneself, never ops with finance, never agent with staff."""
    if actor_id == person_id:
        raise Forbidden(N_("不能给自己加角色，请另一位管理员来做。"))
    with transaction() as session:
        person = _person(session, person_id, locked=True)
        if "agent" in (role, *person.roles.split(",")):
            raise Refused("roles-conflict", N_("客服和员工角色不能是同一个人。"))
        person.roles = ",".join(_allowed([*person.roles.split(","), role]))
        _note(session, "person.grant-role", person_id, actor_id, now, reason=reason, detail={"role": role})


def revoke_role(*, person_id: str, role: str, reason: str, now: dt.datetime, actor_id: str | None) -> None:
    """The person does not hold the role any more; the last role and the last admin stay."""
    with transaction() as session:
        _lock_people(session)
        person = _person(session, person_id, locked=True)
        left = [held for held in person.roles.split(",") if held != role]
        if not left:
            raise Refused("last-role", N_("这是最后一个角色。不再需要这个账号时，停用它。"))
        if role == "admin":
            _keep_an_admin(session, without=person_id)
        person.roles = ",".join(left)
        _note(session, "person.revoke-role", person_id, actor_id, now, reason=reason, detail={"role": role})


def disable_person(*, person_id: str, reason: str, now: dt.datetime, actor_id: str | None) -> None:
    """The person cannot log in, and tokens and sessions do not open anything any more."""
    if actor_id == person_id:
        raise Forbidden(N_("不能停用自己的账号。"))
    with transaction() as session:
        _lock_people(session)
        person = _person(session, person_id, locked=True)
        if person.has("admin"):
            _keep_an_admin(session, without=person_id)
        person.disabled_at = now
        end_sessions(session, person_id, now=now)
        _note(session, "person.disable", person_id, actor_id, now, reason=reason)


def enable_person(*, person_id: str, reason: str, now: dt.datetime, actor_id: str | None) -> None:
    """The person may log in again."""
    with transaction() as session:
        _person(session, person_id).disabled_at = None
        _note(session, "person.enable", person_id, actor_id, now, reason=reason)


def _allowed(roles: Iterable[str]) -> tuple[str, ...]:
    held = tuple(sorted(set(roles)))
    if not held or not set(held) <= set(ROLES):
        raise Invalid({"roles": [N_("没有这个角色。")]})
    if {"ops", "finance"} <= set(held):
        raise Refused("roles-conflict", N_("定价和付款要分开：运营和财务不能是同一个人。"))
    if "agent" in held and len(held) > 1:
        raise Refused("roles-conflict", N_("客服和员工角色不能是同一个人。"))
    return held


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > NAME_MOST or not name.isprintable():
        raise Invalid({"name": [N_("姓名要 1 到 60 个字。")]})
    return name


def _person(session: Session, person_id: str, *, locked: bool = False) -> Person:
    found = session.get(Person, person_id, with_for_update=locked or None, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def _keep_an_admin(session: Session, *, without: str) -> None:
    others = sa.select(Person.roles).where(Person.id != without, Person.disabled_at.is_(None))
    if not any(
        "admin" in roles.split(",") for roles in session.scalars(others.where(Person.roles.contains("admin")))
    ):
        raise Refused("last-admin", N_("至少要留一位管理员。"))


def _lock_people(session: Session) -> None:
    """Two such changes at once come one after the other."""
    one_at_a_time(session, "people")


def _note(
    session: Session,
    action: str,
    person_id: str,
    actor_id: str | None,
    now: dt.datetime,
    *,
    reason: str | None = None,
    detail: dict[str, object] | None = None,
) -> None:
    audit.note(
        session,
        actor_id=actor_id,
        action=action,
        object_type="person",
        object_id=person_id,
        reason=reason,
        detail=detail,
        now=now,
    )
