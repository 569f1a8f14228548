"""One deployment for all bad days: what one of them breaks, the next finds whole again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from bench.site import until
from tests.scenarios.bad_days.deployment import Deployment


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with ExitStack() as stack:
        yield Deployment(tmp_path_factory.mktemp("bad-days"), stack)


@pytest.fixture
def deployment(running: Deployment) -> Iterator[Deployment]:
    yield running
    until(running.is_whole, *running.hosts)
    assert running.books_are_clean()
