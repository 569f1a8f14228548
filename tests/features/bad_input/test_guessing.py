"""Who tries passwords is slowed by where they really are and by whose password it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from gig.app import create_app
from gig.core.db import db
from gig.identity.models import LoginAttempt
from gig.identity.operations.sessions import BY_PHONE
from gig.settings import BadSettings, Settings
from tests import builders
from tests.features.onboarding.people import PASSWORD, Browser, hashed_password, phone_of


def test_an_open_session_does_not_let_its_finder_guess_the_password(app: Flask, session: Session) -> None:
    id = builders.person(roles="ops", password_hash=hashed_password())
    found = Browser(app).log_in(phone_of(session, id))
    for number in range(BY_PHONE):
        assert (
            found.post("/me/password", {"old": f"guess-{number}", "new": "battery-staple"}).status_code == 422
        )
    assert found.post("/me/password", {"old": PASSWORD, "new": "battery-staple"}).status_code == 429


@pytest.mark.parametrize(("proxies", "address"), [(0, "10.0.0.1"), (1, "198.51.100.7")])
def test_an_address_is_believed_from_as_many_proxies_as_there_are(
    app: Flask, settings: Settings, proxies: int, address: str
) -> None:
    behind = create_app(replace(settings, proxies=proxies))
    behind.config["WTF_CSRF_ENABLED"] = False
    headers = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
    form = {"phone": "13800138000", "password": "guess"}
    place = {"REMOTE_ADDR": "10.0.0.1"}
    answer = behind.test_client().post("/login", data=form, headers=headers, environ_overrides=place)
    assert answer.status_code == 422
    with behind.app_context():
        assert [attempt.address for attempt in db.session.query(LoginAttempt)] == [address]
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("given", ["-1", "many", "²", "10"])
def test_a_number_of_proxies_that_is_none_keeps_the_platform_from_starting(given: str) -> None:
    with pytest.raises(BadSettings) as faults:
        Settings.from_env({"GIG_PROXIES": given})
    assert faults.value.faults == ["GIG_PROXIES must be the number of proxies in front, 0 to 9"]
