"""Somebody of ops at the console, without scripts, and two who make and review a card."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.core import clock
from gig.identity.operations.sessions import open_session
from tests import builders


@pytest.fixture
def console(client: FlaskClient, session: Session) -> FlaskClient:
    """A browser in which somebody of ops is logged in."""
    opened = open_session(person_id=builders.person(roles="ops"), agent="test", now=clock.now())
    with client.session_transaction() as cookie:
        cookie["_user_id"] = opened.session_id
        cookie["_fresh"] = True
    return client


@pytest.fixture
def maker(session: Session) -> str:
    return builders.person(roles="ops", name="陈雨")


@pytest.fixture
def checker(maker: str) -> str:
    return builders.person(roles="ops", name="周航")
