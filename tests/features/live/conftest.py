"""A running server for the tests of one file, once on each kind of database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from flask import Flask

from gig.app import create_app
from gig.core.db import db
from gig.settings import Settings
from tests.features.live.world import World
from tests.fixtures.processes import free_port
from tests.fixtures.servers import SECRET, Server, start_server


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Flask]]:
    """`gig serve` on a database of this file's own, once for each kind."""
    home = tmp_path_factory.mktemp("live")
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), home / "gig.db")
        url = f"sqlite:///{home / 'gig.db'}"
    else:
        template = request.getfixturevalue("postgresql_template")
        url = request.getfixturevalue("postgres").create(f"live_{free_port()}", template)
    app = create_app(Settings.from_env({"GIG_DATABASE_URL": url, "GIG_SECRET_KEY": SECRET}))
    server = start_server("--no-scheduler", database_url=url, home=home)
    yield server, app
    server.stop()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def world(running: tuple[Server, Flask]) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(*running, stack)
