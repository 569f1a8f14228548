"""From an inquiry's insert over HTTP to its row on a thousand open streams, and what a stream costs.

The product as it runs by default: one process, SQLite, streams beside Flask. The readers are another
process on the same machine. The time counts from before the request is sent, so it holds the request's
way in, the transaction and its commit as well as the push.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from gig.core.ids import new_id
from gig.live.tickets import issue_ticket
from tests.fixtures.processes import free_port, stop, wait_until
from tests.fixtures.servers import Server, environment, gig

STREAMS, WARM, EVENTS, PAUSE_S = 1000, 500, 60, 0.1
SETTLE_S = 5
AIM_MS, AIM_KIB = 60.0, 16.0
QUEUE = "refund"
QUEUES = (QUEUE, "delivery", "quality", "account")
SECRET = "only-for-benches-" * 3


def run() -> list[dict[str, Any]]:
    """Two results; the median goes along for the reader of the page."""
    with tempfile.TemporaryDirectory() as folder, _platform(Path(folder)) as (server, key):
        worker = psutil.Process(server.process.pid).children()[0]
        with _readers(server, WARM), httpx.Client(base_url=server.url, trust_env=False) as client:
            for _ in range(10):
                _insert(client, key)
            time.sleep(SETTLE_S)
            before = worker.memory_info().rss
            with _readers(server, STREAMS) as readers:
                kib = (worker.memory_info().rss - before) / 1024 / STREAMS
                asked = {}
                for _ in range(EVENTS):
                    time.sleep(PAUSE_S)
                    asked.update([_insert(client, key)])
                arrivals = _arrivals(readers)
    taken = sorted((at - asked[id]) / 1e6 for id, times in arrivals.items() for at in times if id in asked)
    if len(taken) != EVENTS * STREAMS:
        raise SystemExit(f"{EVENTS * STREAMS - len(taken)} of {EVENTS * STREAMS} rows never arrived")
    p99 = taken[len(taken) * 99 // 100]
    return [
        {
            "name": "push_p99_ms",
            "value": round(p99, 1),
            "unit": "ms",
            "aim": f"<= {AIM_MS:.0f}",
            "holds": p99 <= AIM_MS,
            "detail": f"{STREAMS} streams, {EVENTS} inquiries, p50 {statistics.median(taken):.1f} ms",
        },
        {
            "name": "push_kib_per_stream",
            "value": round(kib, 1),
            "unit": "KiB",
            "aim": f"<= {AIM_KIB:.0f}",
            "holds": kib <= AIM_KIB,
            "detail": f"growth of the process from {WARM} to {WARM + STREAMS} streams",
        },
    ]


@contextmanager
def _platform(home: Path) -> Iterator[tuple[Server, str]]:
    """A demo world, served; with the key of its channel."""
    settings = {"GIG_DATABASE_URL": f"sqlite:///{home / 'gig.db'}", "GIG_SECRET_KEY": SECRET}
    upgraded = gig("db", "upgrade", cwd=home, **settings)
    seeded = gig("demo", "seed", "--agents", "1", "--json", cwd=home, **settings)
    if upgraded.returncode or seeded.returncode:
        raise SystemExit(upgraded.stderr + seeded.stderr)
    people = [json.loads(line) for line in seeded.stdout.splitlines() if line.startswith("{")]
    key = next(person["token"] for person in people if person["role"] == "channel")
    port, log = free_port(), home / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gig", "serve", "--port", str(port)],
            cwd=home,
            env=environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    server = Server(f"http://127.0.0.1:{port}", port, process, log)
    try:
        wait_until(server.ready, process, log, seconds=40)
        yield server, key
    finally:
        stop(process)


@contextmanager
def _readers(server: Server, count: int) -> Iterator[subprocess.Popen[str]]:
    """A process that holds so many streams open, each of another person."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.stream_client"],
        cwd=Path(__file__).resolve().parents[1],
        env=dict(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    now = dt.datetime.now(dt.UTC)
    lines = [f"127.0.0.1 {server.port}"]
    for person in (new_id() for _ in range(count)):
        topics = [
            f"agent:{person}",
            *(f"queue:{queue}" for queue in (QUEUE, "delivery", "quality", "account")),
        ]
        lines.append(issue_ticket(SECRET, person, new_id(), topics, now))
    try:
        process.stdin.write("\n".join(lines) + "\n\n")
        process.stdin.flush()
        if process.stdout.readline().strip() != "open":
            raise SystemExit("the streams did not open")
        yield process
    finally:
        process.kill()
        process.wait()


def _insert(client: httpx.Client, key: str) -> tuple[str, int]:
    """The new inquiry's id, and when it was sent."""
    body = {"external_id": new_id(), "queue": QUEUE, "issue_type": "general", "text": "东西少了一件"}
    sent = time.monotonic_ns()
    answer = client.post("/api/v1/inquiries", json=body, headers={"Authorization": f"Bearer {key}"})
    answer.raise_for_status()
    return answer.json()["id"], sent


def _arrivals(readers: subprocess.Popen[str]) -> dict[str, list[int]]:
    time.sleep(1)
    out, _ = readers.communicate()
    found: dict[str, list[int]] = json.loads(out)
    return found


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
