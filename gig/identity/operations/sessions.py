"""Logging in and out, and ending sessions from anywhere."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit, outbox
from gig.core.db import one_at_a_time, rows_changed, transaction
from gig.core.errors import Invalid, NotFound, TooMany
from gig.core.ids import new_id
from gig.core.text import N_
from gig.identity import passwords, phones
from gig.identity.models import LoginAttempt, LoginSession, Person

BY_PHONE, PHONE_WINDOW = 5, dt.timedelta(minutes=15)
BY_ADDRESS, ADDRESS_WINDOW = 20, dt.timedelta(hours=1)
SESSION_AGE = dt.timedelta(days=30)
WRONG = N_("手机号或密码不对。")


@dataclass(frozen=True, slots=True)
class LoggedIn:
    session_id: str
    person_id: str
    name: str
    roles: frozenset[str]


def log_in(*, phone: str, password: str, address: str, agent: str, now: dt.datetime) -> LoggedIn:
    """A session of the person is open. Failures look and last alike, whoever the phone belongs to.

    The attempt is counted before the password is looked at, so many at once cannot outrun the limit; a
    success takes it back.
    """
    try:
        index = phones.index(phones.normal(phone))
    except Invalid:
        index = phones.index(phone.strip()[:40])
    with transaction() as session:
        attempt_id = count_attempt(session, index, address, now)
        person = session.scalar(
            sa.select(Person).where(Person.phone_index == index, Person.disabled_at.is_(None))
        )
    password_hash = person.password_hash if person else None
    if not passwords.matches(password_hash, password[: passwords.LONGEST + 1]) or person is None:
        raise Invalid({"phone": [WRONG]}, WRONG)
    renewed = passwords.hashed(password) if passwords.outdated(person.password_hash or "") else None
    id = new_id()
    with transaction() as session:
        session.execute(
            sa.delete(LoginAttempt).where(
                sa.or_(LoginAttempt.phone_index == index, LoginAttempt.id == attempt_id)
            )
        )
        if renewed:
            session.execute(sa.update(Person).where(Person.id == person.id).values(password_hash=renewed))
        session.add(
            LoginSession(
                id=id, person_id=person.id, created_at=now, fresh_at=now, revoked_at=None, agent=agent[:200]
            )
        )
        audit.note(
            session,
            actor_id=person.id,
            action="session.begin",
            object_type="person",
            object_id=person.id,
            now=now,
        )
    return LoggedIn(id, person.id, person.name, frozenset(person.roles.split(",")))


def open_session(*, person_id: str, agent: str, now: dt.datetime) -> LoggedIn:
    """A session for somebody who has just proved who they are otherwise: by registering."""
    id = new_id()
    with transaction() as session:
        person = session.get(Person, person_id)
        if person is None or person.disabled_at is not None:
            raise NotFound
        session.add(
            LoginSession(
                id=id, person_id=person_id, created_at=now, fresh_at=now, revoked_at=None, agent=agent[:200]
            )
        )
    return LoggedIn(id, person_id, person.name, frozenset(person.roles.split(",")))


def log_out(*, session_id: str, person_id: str, now: dt.datetime) -> None:
    """The session has ended, and with it its streams."""
    with transaction() as session:
        _end_one(session, session_id, person_id, now)


def revoke_sessions(
    *,
    person_id: str,
    now: dt.datetime,
    actor_id: str | None,
    session_id: str | None = None,
    keep_session_id: str | None = None,
) -> int:
    """The named session, or all of the person's but one, have ended; says how many."""
    with transaction() as session:
        if session_id is None:
            ended = end_sessions(session, person_id, now=now, keep_session_id=keep_session_id)
        else:
            ended = _end_one(session, session_id, person_id, now)
            if not ended:
                raise NotFound
        audit.note(
            session,
            actor_id=actor_id,
            action="session.revoke",
            object_type="person",
            object_id=person_id,
            detail={"sessions": ended},
            now=now,
        )
        return ended


def end_sessions(
    session: Session, person_id: str, *, now: dt.datetime, keep_session_id: str | None = None
) -> int:
    """Inside a transaction: the person's sessions but the kept one have ended, their streams too."""
    open_ones = sa.select(LoginSession.id).where(
        LoginSession.person_id == person_id, LoginSession.revoked_at.is_(None)
    )
    ids = [id for id in session.scalars(open_ones) if id != keep_session_id]
    for id in ids:
        _end_one(session, id, person_id, now)
    if keep_session_id is None:
        outbox.emit(session, f"agent:{person_id}", "session.revoked", {}, now=now)
    return len(ids)


def _end_one(session: Session, session_id: str, person_id: str, now: dt.datetime) -> int:
    ended = rows_changed(
        session,
        sa.update(LoginSession)
        .where(
            LoginSession.id == session_id,
            LoginSession.person_id == person_id,
            LoginSession.revoked_at.is_(None),
        )
        .values(revoked_at=now),
    )
    if ended:
        outbox.emit(session, f"session:{session_id}", "session.revoked", {}, now=now)
    return ended


def count_attempt(session: Session, index: str, address: str, now: dt.datetime) -> int:
    """The attempt is counted, unless there were too many already."""
    for word in (index, address):
        one_at_a_time(session, word)
    phone = (LoginAttempt.phone_index == index, BY_PHONE, PHONE_WINDOW)
    place = (LoginAttempt.address == address, BY_ADDRESS, ADDRESS_WINDOW)
    for which, most, window in (phone, place):
        recent = sa.select(LoginAttempt.at).where(which, LoginAttempt.at > now - window)
        times = session.scalars(recent.order_by(LoginAttempt.at.desc()).limit(most)).all()
        if len(times) == most:
            wait = int((times[-1] + window - now).total_seconds()) + 1
            raise TooMany(N_("试得太多了，过一会儿再登录。"), retry_after_s=max(1, wait))
    attempt = LoginAttempt(phone_index=index, address=address, at=now)
    session.add(attempt)
    session.flush()
    return attempt.id


def purge_attempts(now: dt.datetime) -> None:
    """Attempts that count no more are gone."""
    with transaction() as session:
        session.execute(sa.delete(LoginAttempt).where(LoginAttempt.at <= now - ADDRESS_WINDOW))


def end_old_sessions(now: dt.datetime) -> str | None:
    """No session is older than thirty days: whoever found a phone cannot stay logged in for ever."""
    with transaction() as session:
        ended = rows_changed(
            session,
            sa.update(LoginSession)
            .where(LoginSession.created_at <= now - SESSION_AGE, LoginSession.revoked_at.is_(None))
            .values(revoked_at=now),
        )
    return f"{ended} sessions" if ended else None
