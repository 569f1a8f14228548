"""What is away is said in plain words, and a request that could not be carried out may come again."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from gig.cli.doctor import _bus
from gig.identity import bearer
from gig.settings import BadSettings, Settings
from tests.fixtures.processes import free_port


def sqlite(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("in words")
    error.sqlite_errorname = name
    return error


AWAY = [
    psycopg.OperationalError("server closed the connection"),
    OperationalError("SELECT 1", {}, psycopg.OperationalError("gone")),
    sqlite("SQLITE_BUSY"),
]


def asked(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, trouble: Exception) -> TestResponse:
    """The answer to a request whose first question to the database ends so."""

    class Away:
        def peek(self, *_: Any, **__: Any) -> None:
            raise trouble

    monkeypatch.setattr(bearer, "_PERSON", Away())
    return client.get("/api/v1/feed", headers={"Authorization": "Bearer gig_p_x"})


@pytest.mark.parametrize("trouble", AWAY, ids=lambda trouble: type(trouble).__module__)
def test_a_database_that_is_away_is_a_503_that_says_when_to_come_back(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    answer = asked(client, monkeypatch, trouble)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json
    assert answer.json["type"] == "/problems/unavailable"


def test_a_statement_that_is_wrong_stays_our_fault(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert asked(client, monkeypatch, sqlite("SQLITE_ERROR")).status_code == 500


def test_the_doctor_knows_a_redis_that_answers_and_one_that_does_not(
    app: Flask, settings: Settings, redis_url: str
) -> None:
    def said(url: str | None) -> tuple[str, ...]:
        return tuple(f"{found.level}: {found.words}" for found in _bus(app, replace(settings, redis_url=url)))

    assert said(redis_url) == ("ok: bus: Redis answers, 0 process(es) listen",)
    (words,) = said(f"redis://127.0.0.1:{free_port()}/0")
    assert words.startswith("note: bus: Redis does not answer")
    assert words.endswith("nothing else depends on it")


def test_an_address_of_redis_that_is_none_keeps_the_platform_from_starting() -> None:
    with pytest.raises(BadSettings) as faults:
        Settings.from_env({"GIG_REDIS_URL": "localhost:6379"})
    assert faults.value.faults == ["GIG_REDIS_URL must begin with redis://, rediss:// or unix://"]
