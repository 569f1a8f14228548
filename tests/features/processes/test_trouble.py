"""What is away is said in plain words, and a request that could not be carried out may come again."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from gig.identity import bearer
from tests.fixtures.processes import free_port
from tests.fixtures.servers import gig


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
        def row(self, *_: Any, **__: Any) -> None:
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
    postgresql_url: str, redis_url: str, tmp_path: Path
) -> None:
    said = gig("doctor", cwd=tmp_path, GIG_DATABASE_URL=postgresql_url, GIG_REDIS_URL=redis_url)
    assert "ok  bus: Redis answers" in said.stdout
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    said = gig("doctor", cwd=tmp_path, GIG_DATABASE_URL=postgresql_url, GIG_REDIS_URL=nowhere)
    assert "note  bus: Redis does not answer" in said.stdout
    assert "nothing else depends on it" in said.stdout
    said = gig("doctor", cwd=tmp_path, GIG_DATABASE_URL=postgresql_url, GIG_REDIS_URL="localhost:6379")
    assert "GIG_REDIS_URL must begin with redis://" in said.stdout
    assert said.returncode == 1
