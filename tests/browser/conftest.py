"""One Chromium, and one running server on each kind of database, for all stories in the browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fixtures.browser import chromium
from tests.fixtures.databases import empty_sqlite
from tests.fixtures.processes import free_port
from tests.fixtures.servers import Server, start_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FORGETTABLE = {
    "audit_log",
    "chat_send",
    "duty",
    "escalation_route",
    "greeting",
    "login_attempt",
    "payee",
    "registration_attempt",
    "release",
    "score_change",
    "tax_record",
}
"""Tables whose newest number no server remembers."""


class Platform:
    """A server and its database, as new for each test at a tenth of what new ones cost."""

    def __init__(self, home: Path, url: str, empty: Callable[[], set[str]]) -> None:
        self.url = url
        self._home = home
        self._empty = empty
        self.server = self._start()

    def _start(self) -> Server:
        return start_server("--no-scheduler", database_url=self.url, home=self._home)

    def begin_anew(self) -> None:
        """The database holds what the migrations wrote. A server that might mistake a new number for one
        that it remembers is replaced."""
        if self._empty() - FORGETTABLE:
            self.server.stop()
            self.server = self._start()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for this folder, in which each person has a context of their own. It ends with the folder:
    while Playwright runs, no other test could have an event loop."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    home = tmp_path_factory.mktemp("platform")
    if request.param == "sqlite":
        file = home / "gig.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        running = Platform(home, f"sqlite:///{file}", lambda: empty_sqlite(file))
    else:
        postgres, name = request.getfixturevalue("postgres"), f"platform_{free_port()}"
        url = postgres.create(name, request.getfixturevalue("postgresql_template"))

        def empty() -> set[str]:
            assert postgres.empty(name, renumber=False)
            return set()

        running = Platform(home, url, empty)
    yield running
    running.server.stop()


@pytest.fixture
def database_url(platform: Platform) -> str:
    """The database of the running server, as empty as a new one."""
    platform.begin_anew()
    return platform.url


@pytest.fixture
def live_server(platform: Platform, database_url: str) -> Server:
    return platform.server
