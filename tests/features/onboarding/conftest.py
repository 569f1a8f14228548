"""An applicant, a reviewer and their browsers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import builders
from tests.features.onboarding.people import Browser, hashed_password, phone_of

LogIn = Callable[[str], Browser]


@pytest.fixture
def log_in(app: Flask, session: Session) -> LogIn:
    """A new browser in which the person is logged in."""

    def begin(person_id: str) -> Browser:
        return Browser(app).log_in(phone_of(session, person_id))

    return begin


@pytest.fixture
def applicant(session: Session) -> str:
    return applicant_named("小林")


@pytest.fixture
def another(session: Session) -> str:
    return applicant_named("小周")


@pytest.fixture
def reviewer(session: Session) -> str:
    return builders.person(roles="reviewer", name="徐婷", password_hash=hashed_password())


@pytest.fixture
def colleague(session: Session) -> str:
    return builders.person(roles="reviewer", name="陈雨", password_hash=hashed_password())


def applicant_named(name: str) -> str:
    from gig.core.db import transaction
    from gig.identity.models import Person

    id = builders.agent(stage="applicant", presence="offline", tier="trainee", skills=(), name=name)
    with transaction() as session:
        session.get_one(Person, id).password_hash = hashed_password()
    return id
