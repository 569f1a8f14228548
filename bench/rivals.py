"""A claim, a reply and its earning over HTTP beside a job fetched and finished by two queue libraries.

All on the same PostgreSQL with durable commits and fresh statistics, in turns, the median of the rounds. The
libraries are called as their own workers call them, one job at a time; two web workers serve the product.

Beside the ratio stands what a bare route would reach that is asked twice an inquiry, on the same two workers:
no product of two requests can be faster on that machine.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import statistics
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import procrastinate
import psycopg
import sqlalchemy as sa
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.queries import Queries
from procrastinate.jobs import Status

from bench import claims, floor
from bench.claims import ANSWER, CONNECTIONS
from bench.deployed import DEPLOYED
from bench.desk import Desk, staff, waiting
from bench.load import Request, send
from gig.core.db import db

AGENTS, ROUNDS, PER_ROUND = 160, 5, 400
AIM = 2.0
TASK = "bench"
FORGOTTEN_AFTER = dt.timedelta(minutes=5)

BARE = "ab"

OneJob = Callable[[], Awaitable[None]]
Rates = dict[str, list[float]]


def run() -> list[dict[str, Any]]:
    """Two ratios: conversations answered and paid in a second, over jobs finished in a second."""
    with claims._database("postgresql") as (app, url), app.app_context():
        now = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=60)
        desk = staff(AGENTS, now=now)
        ids = waiting(desk, ROUNDS * PER_ROUND + CONNECTIONS, now=now)
        floor.make([f"{step}{id}" for id in ids for step in BARE])
        db.session.remove()
        db.engine.dispose()
        product, bare = [*claims.PRODUCT[:3], *DEPLOYED], [*claims.FLOOR, *DEPLOYED]
        with claims._served(product, url) as port, claims._served(bare, url) as floor_port:
            _answered(port, desk, ids[:CONNECTIONS])
            _bare(floor_port, ids[:CONNECTIONS])
            rates = asyncio.run(_rounds(port, floor_port, desk, ids[CONNECTIONS:], _place(url)))
    return [_ratio(library, rates) for library in ("procrastinate", "pgqueuer")]


async def _rounds(port: int, floor_port: int, desk: Desk, ids: list[str], place: str) -> Rates:
    rates: Rates = {"reply": [], "bare": [], "procrastinate": [], "pgqueuer": []}
    jobs = PER_ROUND * (len(ids) // PER_ROUND + 1)
    async with _procrastinate(place, jobs) as first, _pgqueuer(place, jobs) as second:
        async with await psycopg.AsyncConnection.connect(place, autocommit=True) as connection:
            await connection.execute("ANALYZE")
        for start in range(0, len(ids), PER_ROUND):
            rates["procrastinate"].append(await _finished(first))
            rates["reply"].append(_answered(port, desk, ids[start : start + PER_ROUND]))
            rates["bare"].append(_bare(floor_port, ids[start : start + PER_ROUND]))
            rates["pgqueuer"].append(await _finished(second))
    return rates


def _answered(port: int, desk: Desk, ids: list[str]) -> float:
    """Inquiries a second that were claimed, answered and paid: two requests and two transactions each."""
    owner = {id: desk.tokens[number % len(desk.tokens)] for number, id in enumerate(ids)}
    body = json.dumps({"text": ANSWER})
    seconds = 0.0
    for step, said in (("claim", "{}"), ("replies", body)):
        asked = [Request("POST", f"/api/v1/inquiries/{id}/{step}", owner[id], said) for id in ids]
        outcome = send(port, asked, connections=CONNECTIONS)
        assert set(outcome.statuses) == {"201"}, (step, outcome.statuses)
        seconds += outcome.seconds
    return len(ids) / seconds


def _bare(port: int, ids: list[str]) -> float:
    """Inquiries a second that a bare route could answer, with one UPDATE in each of two requests."""
    seconds = 0.0
    for step in BARE:
        asked = [Request("POST", f"/floor/{step}{id}") for id in ids]
        seconds += send(port, asked, connections=CONNECTIONS).seconds
    return len(ids) / seconds


async def _finished(one_job: OneJob) -> float:
    """Jobs a second, each fetched and finished before the next."""
    began = time.perf_counter()
    for _ in range(PER_ROUND):
        await one_job()
    return PER_ROUND / (time.perf_counter() - began)


@asynccontextmanager
async def _procrastinate(place: str, jobs: int) -> AsyncIterator[OneJob]:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=place))

    @app.task(queue=TASK, name=TASK)
    async def nothing(number: int) -> None:
        """The job itself does nothing: only fetching and finishing are measured."""

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        arguments: list[Any] = [{"number": number} for number in range(jobs)]
        await nothing.batch_defer_async(*arguments)
        worker = await app.job_manager.register_worker()

        async def one_job() -> None:
            job = await app.job_manager.fetch_job([TASK], worker)
            assert job is not None
            await app.job_manager.finish_job(job, Status.SUCCEEDED, delete_job=False)

        yield one_job


@asynccontextmanager
async def _pgqueuer(place: str, jobs: int) -> AsyncIterator[OneJob]:
    async with await psycopg.AsyncConnection.connect(place, autocommit=True) as connection:
        queries = Queries.from_psycopg_connection(connection)
        await queries.install()
        await queries.enqueue([TASK] * jobs, [None] * jobs, [0] * jobs)
        wanted: Any = {TASK: EntrypointExecutionParameter(concurrency_limit=0)}
        manager: Any = uuid.uuid4()

        async def one_job() -> None:
            (job,) = await queries.dequeue(1, wanted, manager, None, FORGOTTEN_AFTER)
            await queries.log_jobs([(job, "successful", None)])

        yield one_job


def _place(url: str) -> str:
    """As libpq wants it."""
    address = sa.make_url(url)
    return f"host={address.host} port={address.port} user={address.username} dbname={address.database}"


def _ratio(library: str, rates: Rates) -> dict[str, Any]:
    ours, theirs = rates["reply"], rates[library]
    value, highest = (_over(rates[side], theirs) for side in ("reply", "bare"))
    return {
        "name": f"reply_over_{library}",
        "value": round(value, 3),
        "unit": f"ours ÷ {library}'s",
        "aim": f">= {AIM:g}",
        "holds": value >= AIM,
        "detail": f"claim + reply + earning over HTTP {statistics.median(ours):.0f}/s, 2 workers, "
        f"{CONNECTIONS} connections; fetch + finish one at a time {statistics.median(theirs):.0f}/s; "
        f"a bare route asked twice would reach {highest:.2f}; {len(ours)} rounds of {PER_ROUND}",
    }


def _over(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(our / their for our, their in zip(ours, theirs, strict=True))
