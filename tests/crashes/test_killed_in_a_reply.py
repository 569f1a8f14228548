"""The server is killed with SIGKILL while replies come in; afterwards nothing is lost, doubled or unpaid."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import sqlalchemy as sa

from bench.desk import Desk, staff, waiting
from gig.core import clock
from gig.core.db import db
from gig.settings import Settings
from tests.fixtures.servers import SECRET, Serve, Server, gig

INQUIRIES, HANDS = 60, 6


def world(database_url: str) -> tuple[Desk, list[str]]:
    from gig.app import create_app

    app = create_app(Settings.from_env({"GIG_DATABASE_URL": database_url, "GIG_SECRET_KEY": SECRET}))
    with app.app_context():
        desk = staff(HANDS, now=clock.real_now())
        ids = waiting(desk, INQUIRIES, now=clock.real_now())
        db.session.remove()
        db.engine.dispose()
    return desk, ids


def send(server: Server, path: str, token: str, key: str, body: dict[str, str]) -> int:
    """The status of the answer; 0 if none came."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    try:
        return httpx.post(
            f"{server.url}/api/v1/inquiries/{path}",
            json=body,
            headers=headers,
            timeout=20,
            trust_env=False,
            verify=False,
        ).status_code
    except httpx.TransportError:
        return 0


def work(server: Server, desk: Desk, ids: list[str], enough: threading.Event | None = None) -> list[int]:
    """Each hand claims and answers its share, each request with the key that it always has."""

    def hand(number: int) -> list[int]:
        statuses = []
        for id in ids[number::HANDS]:
            token = desk.tokens[number]
            send(server, f"{id}/claim", token, f"claim-{id}", {})
            statuses.append(
                send(server, f"{id}/replies", token, f"reply-{id}", {"text": f"已为您处理退款，单号 {id}。"})
            )
            if enough and len(statuses) == 4:
                enough.set()
        return statuses

    with ThreadPoolExecutor(HANDS) as pool:
        return [status for statuses in pool.map(hand, range(HANDS)) for status in statuses]


def test_a_server_killed_among_replies_leaves_clean_books_and_retries_finish_the_work(
    serve: Serve, database_url: str, tmp_path: Path
) -> None:
    desk, ids = world(database_url)
    server = serve("--no-scheduler", database_url=database_url)
    under_way = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(work, server, desk, ids, under_way)
        assert under_way.wait(60)
        server.kill()
        assert 0 in first.result()
    audited = gig("audit", cwd=tmp_path, GIG_DATABASE_URL=database_url)
    assert audited.returncode == 0, audited.stdout

    again = serve("--no-scheduler", database_url=database_url)
    assert set(work(again, desk, ids)) == {201}
    again.stop()

    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        count = connection.execute(sa.text("SELECT count(*) FROM earning")).scalar_one()
        replies = connection.execute(
            sa.text("SELECT count(*) FROM message WHERE author = 'agent'")
        ).scalar_one()
    engine.dispose()
    assert (count, replies) == (INQUIRIES, INQUIRIES)
    audited = gig("audit", cwd=tmp_path, GIG_DATABASE_URL=database_url)
    assert audited.returncode == 0, audited.stdout
