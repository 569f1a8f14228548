"""Finance at their desks and agents at their phones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.core import clock
from gig.core.clock import Clock, real_now
from gig.core.db import transaction
from gig.identity.models import Person
from gig.identity.operations.keys import issue_token
from tests import builders
from tests.features.onboarding.people import Browser, hashed_password, phone_of
from tests.features.settlement.books import CLOSING_TIME, HOUR

Desk = Callable[..., Browser]
Program = Callable[..., "Caller"]


class Caller:
    """A program with one person's token."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> Any:
        return self._client.get(f"/api/v1{path}", headers=self._headers)

    def post(self, path: str, json: dict[str, Any] | None = None, key: str = "") -> Any:
        headers = {**self._headers, **({"Idempotency-Key": key} if key else {})}
        return self._client.post(f"/api/v1{path}", json=json or {}, headers=headers)


@pytest.fixture
def after_closing_time(app: Flask) -> Iterator[None]:
    """Requests arrive an hour after the week may be closed. Making the app sets the clock: it is first."""
    before = clock.current()
    clock.use(Clock(CLOSING_TIME + HOUR, real_now(), 1))
    yield
    clock.use(before)


@pytest.fixture
def desk(app: Flask, session: Session) -> Desk:
    """A browser in which somebody has logged in: a new person of the role, or one who is there."""

    def begin(role: str = "finance", *, person_id: str = "", name: str = "许岚") -> Browser:
        id = person_id or builders.person(roles=role, name=name, password_hash=hashed_password())
        if person_id:
            with transaction() as writing:
                writing.get_one(Person, person_id).password_hash = hashed_password()
                writing.flush()
        return Browser(app).log_in(phone_of(session, id))

    return begin


@pytest.fixture
def program(app: Flask, session: Session) -> Program:
    """A program of a new person of the role, or of one who is there."""

    def begin(role: str = "finance", *, person_id: str = "") -> Caller:
        id = person_id or builders.person(roles=role)
        issued = issue_token(person_id=id, now=builders.NOON, actor_id=None)
        return Caller(app.test_client(), issued.secret)

    return begin
