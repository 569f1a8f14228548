"""Asking for the password again before something that matters."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from gig.core.db import transaction
from gig.core.errors import Invalid, NotFound
from gig.core.text import N_
from gig.identity import passwords
from gig.identity.models import LoginAttempt, Person
from gig.identity.operations.sessions import count_attempt


def confirm_password(
    *,
    person_id: str,
    password: str,
    address: str,
    now: dt.datetime,
    wrong: tuple[str, str] = ("password", N_("密码不对。")),
) -> None:
    """The person knows their password. Wrong ones count like failed logins and are throttled with them."""
    with transaction() as session:
        person = session.get(Person, person_id)
        if person is None:
            raise NotFound
        attempt_id = count_attempt(session, person.phone_index, address, now)
    if not passwords.matches(person.password_hash, password[: passwords.LONGEST + 1]):
        field, words = wrong
        raise Invalid({field: [words]})
    with transaction() as session:
        session.execute(sa.delete(LoginAttempt).where(LoginAttempt.id == attempt_id))
