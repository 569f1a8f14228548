"""Web and live as processes of their own: several workers, one port, one account of what they did."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import httpx
import psutil
import pytest
import sqlalchemy as sa

from gig.core.schema import serves, upgrade
from tests.fixtures.processes import wait_until
from tests.fixtures.servers import Serve, Server


def workers(server: Server) -> list[int]:
    """The processes that answer; the one that was started only watches over them."""
    return sorted(child.pid for child in psutil.Process(server.process.pid).children())


def until(server: Server, holds: Callable[[], bool]) -> None:
    wait_until(holds, server.process, server.log, seconds=30)


def get(server: Server, path: str) -> httpx.Response:
    """On a connection of its own, so that any worker may answer."""
    return httpx.get(server.url + path, timeout=10, trust_env=False)


@pytest.fixture
def web(serve: Serve, postgresql_url: str, redis_url: str) -> Server:
    return serve("--role", "web", "--workers", "2", database_url=postgresql_url, GIG_REDIS_URL=redis_url)


def test_a_killed_worker_is_replaced_and_the_figures_of_all_are_one_sum(web: Server) -> None:
    until(web, lambda: get(web, "/readyz").json()["status"] == "ready")
    assert get(web, "/readyz").json()["checks"] == {"database": True, "migrations": True, "bus": True}
    assert get(web, "/live/stream").status_code == 404
    before = workers(web)
    assert len(before) == 2
    for _ in range(20):
        assert get(web, "/healthz").status_code == 200
    os.kill(before[0], signal.SIGKILL)
    until(web, lambda: len(workers(web)) == 2 and workers(web) != before and web.ready())
    assert before[1] in workers(web)
    counted = 'gig_http_requests_total{endpoint="health.healthz",method="GET",status="200"} 20.0'
    assert counted in get(web, "/metrics").text


def test_a_live_process_alone_tells_its_health_and_its_figures(
    serve: Serve, postgresql_url: str, redis_url: str
) -> None:
    live = serve("--role", "live", database_url=postgresql_url, GIG_REDIS_URL=redis_url, ready="/live/health")
    until(live, lambda: get(live, "/live/health").json() == {"alive": True, "bell": True, "streams": 0})
    assert "gig_live_streams 0.0" in get(live, "/live/metrics").text
    assert get(live, "/healthz").status_code == 404


def test_an_older_process_serves_on_after_the_migrations_of_an_update(bare_database_url: str) -> None:
    engine = sa.create_engine(bare_database_url)
    assert not serves(engine)
    upgrade(engine)
    assert serves(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    assert serves(engine)
    engine.dispose()
