"""`gig simulate`: people over real HTTP, whose own count agrees with the platform's books."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from gig.simulator import world
from gig.simulator.http import Api, GivenUp, ServerClock
from tests.fixtures.processes import wait_until
from tests.fixtures.servers import SECRET, Serve, Server, environment, gig

FAST = "2026-11-18T13:00+08:00,60"
AGENTS = 6


def ready_world(database_url: str, tmp_path: Path) -> None:
    command = ("demo", "seed", "--agents", str(AGENTS))
    done = gig(*command, cwd=tmp_path, GIG_DATABASE_URL=database_url, GIG_CLOCK=FAST)
    assert done.returncode == 0, done.stderr


def simulate(server: Server, tmp_path: Path, *options: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "gig",
        "simulate",
        "--agents",
        str(AGENTS),
        "--json",
        "--url",
        server.url,
    ]
    return subprocess.Popen(
        [*command, *options],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=180)
    assert process.returncode == 0, err
    told: dict[str, Any] = json.loads(out)
    return told


def earned_by_the_books(server: Server) -> dict[str, int]:
    """What each agent's own earnings sum to, as the API tells it."""
    sums = {}
    for login in world.logins(AGENTS, SECRET):
        if login.role == "agent":
            api = Api(server.url, login.token, threading.Event())
            told = api.get("/me/earnings", **{"from": "2026-11-18", "to": "2026-11-19"}).body
            sums[str(login.phone)] = told["pay_fen"]
            api.close()
    return sums


def assert_same(told: dict[str, Any], server: Server) -> None:
    books = earned_by_the_books(server)
    assert {phone: fen for phone, fen in books.items() if fen} == {
        phone: fen for phone, fen in told["pay_fen_by_agent"].items() if fen
    }
    assert told["pay_fen"] == sum(books.values()) > 0


def test_what_the_agents_were_told_is_what_the_books_say(
    serve: Serve, database_url: str, tmp_path: Path
) -> None:
    ready_world(database_url, tmp_path)
    server = serve("--scheduler", database_url=database_url, GIG_CLOCK=FAST)
    told = finished(simulate(server, tmp_path, "--minutes", "4", "--inquiries", "14", "--late", "0.3"))
    assert told["counts"]["inquiries"] == 14
    assert told["counts"]["replies that answer a turn"] >= 8
    assert_same(told, server)
    audit = gig("audit", cwd=tmp_path, GIG_DATABASE_URL=database_url, GIG_CLOCK=FAST)
    assert audit.returncode == 0, audit.stdout


def test_a_server_that_is_killed_and_comes_back_costs_nobody_a_reply(
    serve: Serve, sqlite_url: str, tmp_path: Path
) -> None:
    ready_world(sqlite_url, tmp_path)
    server = serve("--scheduler", database_url=sqlite_url, GIG_CLOCK=FAST)
    process = simulate(server, tmp_path, "--minutes", "6", "--inquiries", "24")
    wait_until(lambda: sum(earned_by_the_books(server).values()) > 0, process, server.log, seconds=60)
    server.kill()
    again = serve("--scheduler", database_url=sqlite_url, port=server.port, GIG_CLOCK=FAST)
    told = finished(process)
    assert told["retries"] > 0
    assert_same(told, again)
    audit = gig("audit", cwd=tmp_path, GIG_DATABASE_URL=sqlite_url, GIG_CLOCK=FAST)
    assert audit.returncode == 0, audit.stdout


def test_logins_of_another_world_get_a_clear_answer(serve: Serve, sqlite_url: str, tmp_path: Path) -> None:
    server = serve("--no-scheduler", database_url=sqlite_url)
    process = simulate(server, tmp_path, "--minutes", "1")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "gig demo seed" in err


def test_a_server_that_is_not_there_gets_a_clear_answer() -> None:
    with pytest.raises(GivenUp, match="does not answer"):
        ServerClock.of("http://127.0.0.1:9", within_s=0.2)
