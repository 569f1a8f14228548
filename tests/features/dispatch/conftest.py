"""Staff at their browsers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import builders
from tests.features.onboarding.people import Browser, hashed_password, phone_of

Desk = Callable[..., Browser]


@pytest.fixture
def desk(app: Flask, session: Session) -> Desk:
    """A browser in which somebody of the role has logged in."""

    def begin(role: str, name: str = "许岚") -> Browser:
        id = builders.person(roles=role, name=name, password_hash=hashed_password())
        return Browser(app).log_in(phone_of(session, id))

    return begin


@pytest.fixture
def ops(desk: Desk) -> Browser:
    return desk("ops", "陈雨")


def seen(session: Session) -> Session:
    """The test's session, reading what requests have committed since."""
    session.rollback()
    return session
