"""Claim and reply over HTTP against the floor, with few and many waiting, and in a race.

One worker, the product as `gig serve` runs it. Both sides in one run, in turns, the median of the rounds.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from flask import Flask

from bench import floor
from bench.desk import Desk, staff, waiting
from bench.load import Outcome, Request, send
from gig.core.db import db
from gig.core.schema import upgrade
from gig.dispatch.operations.claims import claim
from gig.dispatch.queries import feed as feeds
from gig.settings import Settings
from tests.fixtures.postgres import running_postgres
from tests.fixtures.processes import free_port, stop, wait_until
from tests.fixtures.servers import Server, environment

SECRET = "only-for-benches-" * 3
AGENTS, ROUNDS, PER_ROUND, CONNECTIONS = 300, 9, 400, 32
RACES, RACERS = 200, 50
FEW, MANY, SAMPLES = 100, 100_000, 300
ANSWER = "已为您提交全额退款，一般 1 到 3 个工作日到账。"


def run() -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    for kind in ("sqlite", "postgresql"):
        results += _over_floor(kind) + _backlog(kind)
    return [*results, *_race()]


@contextmanager
def _database(kind: str) -> Iterator[tuple[Flask, str]]:
    """A migrated database with durable commits, as it ships."""
    from gig.app import create_app

    with TemporaryDirectory() as folder:
        if kind == "sqlite":
            url = f"sqlite:///{Path(folder) / 'bench.db'}"
            yield _application(create_app, url), url
            return
        with running_postgres([]) as server:
            url = server.create("bench")
            yield _application(create_app, url), url


def _application(create: Callable[[Settings], Flask], url: str) -> Flask:
    app = create(Settings.from_env({"GIG_DATABASE_URL": url, "GIG_SECRET_KEY": SECRET}))
    with app.app_context():
        upgrade(db.engine)
    return app


@contextmanager
def _served(command: list[str], url: str) -> Iterator[int]:
    """The server's port, once it answers."""
    port = free_port()
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *command, "--port", str(port)],
                env=environment(GIG_DATABASE_URL=url, GIG_SECRET_KEY=SECRET),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        server = Server(f"http://127.0.0.1:{port}", port, process, log)
        try:
            wait_until(lambda: _answers(server), process, log, seconds=40)
            yield port
        finally:
            stop(process)


def _answers(server: Server) -> bool:
    import httpx

    try:
        return httpx.get(server.url + "/", timeout=2, trust_env=False, verify=False).status_code < 500
    except httpx.TransportError:
        return False


PRODUCT = ["-m", "gig", "serve", "--no-scheduler"]
FLOOR = ["-m", "bench.serve_floor"]


def _over_floor(kind: str) -> list[dict[str, Any]]:
    with _database(kind) as (app, url), app.app_context():
        now = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=60)
        desk = staff(AGENTS, now=now)
        ids = waiting(desk, ROUNDS * PER_ROUND + CONNECTIONS, now=now)
        floor.make([f"c{id}" for id in ids] + [f"r{id}" for id in ids])
        _as_after_a_while(kind)
        db.engine.dispose()
        with _served(PRODUCT, url) as product, _served(FLOOR, url) as bare:
            rates = _rounds(desk, ids, product, bare)
    claims, replies = rates["claim"], rates["reply"]
    return [
        _ratio(f"claim_http_over_floor_{kind}", claims, rates["floor"], 0.5),
        _ratio(f"reply_http_over_floor_{kind}", replies, rates["floor"], 0.35),
    ]


def _as_after_a_while(kind: str) -> None:
    """PostgreSQL knows its tables, both sides' alike, as its own housekeeping would have seen to by then."""
    db.session.remove()
    if kind == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("ANALYZE"))


def _rounds(desk: Desk, ids: list[str], product: int, bare: int) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {"claim": [], "reply": [], "floor": []}
    warm, ids = ids[:CONNECTIONS], ids[CONNECTIONS:]
    _pass(desk, warm, product, bare)
    for start in range(0, len(ids), PER_ROUND):
        for name, outcome in _pass(desk, ids[start : start + PER_ROUND], product, bare).items():
            assert set(outcome.statuses) == {"201"}, (name, outcome.statuses)
            rates[name].append(outcome.rate)
    return rates


def _pass(desk: Desk, ids: list[str], product: int, bare: int) -> dict[str, Outcome]:
    """Each inquiry is claimed and then answered by its agent; the floor takes as many rows twice."""
    owner = {id: desk.tokens[number % len(desk.tokens)] for number, id in enumerate(ids)}
    body = json.dumps({"text": ANSWER})
    before = send(bare, [Request("POST", f"/floor/c{id}") for id in ids], connections=CONNECTIONS)
    claims = send(
        product,
        [Request("POST", f"/api/v1/inquiries/{id}/claim", owner[id]) for id in ids],
        connections=CONNECTIONS,
    )
    replies = send(
        product,
        [Request("POST", f"/api/v1/inquiries/{id}/replies", owner[id], body) for id in ids],
        connections=CONNECTIONS,
    )
    after = send(bare, [Request("POST", f"/floor/r{id}") for id in ids], connections=CONNECTIONS)
    both = Outcome(
        before.seconds + after.seconds,
        {"201": before.statuses.get("201", 0) + after.statuses.get("201", 0)},
        sorted(before.latencies + after.latencies),
    )
    return {"claim": claims, "reply": replies, "floor": both}


def _ratio(name: str, ours: list[float], floors: list[float], aim: float) -> dict[str, Any]:
    """The median over the rounds of our rate as a share of the floor's in the same round."""
    value = statistics.median(our / bare for our, bare in zip(ours, floors, strict=True))
    return {
        "name": name,
        "value": round(value, 3),
        "unit": "share of the floor",
        "aim": f">= {aim}",
        "holds": value >= aim,
        "detail": f"{statistics.median(ours):.0f}/s against {statistics.median(floors):.0f}/s, "
        f"{CONNECTIONS} connections, {len(ours)} rounds of {PER_ROUND}",
    }


def _backlog(kind: str) -> list[dict[str, Any]]:
    """A claim and a feed page with few and with many waiting, in turns, each in its own database."""
    with _database(kind) as (few, _), _database(kind) as (many, _):
        now = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=60)
        desks = {}
        for app, count in ((few, FEW), (many, MANY)):
            with app.app_context():
                desks[count] = staff(20, now=now)
                waiting(desks[count], count, now=now)
                _as_after_a_while(kind)
        claims: dict[int, list[float]] = {FEW: [], MANY: []}
        pages: dict[int, list[float]] = {FEW: [], MANY: []}
        for sample in range(SAMPLES):
            for app, count in ((few, FEW), (many, MANY)):
                with app.app_context():
                    _sample(desks[count], sample, claims[count], pages[count])
                    db.session.remove()
    return [
        _cost(f"claim_backlog_ratio_{kind}", claims),
        _cost(f"feed_backlog_ratio_{kind}", pages),
    ]


def _sample(desk: Desk, sample: int, claims: list[float], pages: list[float]) -> None:
    """One fresh inquiry is claimed, and the feed read once; both are timed."""
    agent = desk.agents[sample % len(desk.agents)]
    now = dt.datetime.now(dt.UTC)
    inquiry = waiting(desk, 1, now=now)[0]
    started = time.perf_counter()
    claim(inquiry_id=inquiry, agent_id=agent, now=now)
    claims.append(time.perf_counter() - started)
    session = db.session()
    started = time.perf_counter()
    feeds.feed(session, feeds.standing(session, agent, now), now)
    pages.append(time.perf_counter() - started)


def _cost(name: str, times: dict[int, list[float]]) -> dict[str, Any]:
    few, many = statistics.median(times[FEW]), statistics.median(times[MANY])
    return {
        "name": name,
        "value": round(many / few, 2),
        "unit": f"{MANY} waiting ÷ {FEW} waiting",
        "aim": "<= 1.3",
        "holds": many / few <= 1.3,
        "detail": f"{many * 1000:.2f} ms against {few * 1000:.2f} ms, medians of {SAMPLES}",
    }


def _race() -> list[dict[str, Any]]:
    """Fifty agents tap the same inquiry, two hundred times."""
    with _database("postgresql" if os.environ.get("RACE") else "sqlite") as (app, url), app.app_context():
        now = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=60)
        desk = staff(RACERS, now=now)
        ids = waiting(desk, RACES, now=now)
        db.session.remove()
        db.engine.dispose()
        with _served(PRODUCT, url) as port:
            taps = [
                Request("POST", f"/api/v1/inquiries/{id}/claim", token) for id in ids for token in desk.tokens
            ]
            outcome = send(port, taps, connections=RACERS)
        db.session.rollback()
        owners = db.session.execute(sa.text("SELECT count(*) FROM turn_quote")).scalar_one()
    winners = outcome.statuses.get("201", 0)
    return [
        {
            "name": "claim_race_winners",
            "value": winners,
            "unit": f"winners of {RACES}",
            "aim": f"= {RACES}",
            "holds": winners == RACES == owners,
            "detail": f"{RACERS} agents at each; answers {outcome.statuses}; {outcome.rate:.0f}/s",
        }
    ]
