"""From an inquiry's insert over HTTP to its row on 1,000 and on 5,000 streams, and what one costs.

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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from gig.core.ids import new_id
from gig.live.tickets import issue_ticket
from tests.fixtures.processes import free_port, stop, wait_until
from tests.fixtures.servers import Server, environment, gig

WARM, EVENTS = 500, 60
SETTLE_S = 5
AIM_KIB = 16.0
QUEUE = "refund"
QUEUES = (QUEUE, "delivery", "quality", "account")
SECRET = "only-for-benches-" * 3


@dataclass(frozen=True)
class Crowd:
    """So many streams; inquiries come so far apart, and the figures have names that end so."""

    streams: int
    pause_s: float
    aim_ms: float
    ending: str


CROWDS = (Crowd(1000, 0.1, 60, ""), Crowd(5000, 0.5, 150, "_5000"))


def run() -> list[dict[str, Any]]:
    """Two results for each crowd, each on a platform of its own; the median goes along for the reader."""
    return [row for crowd in CROWDS for row in measure(crowd)]


def measure(crowd: Crowd, *, warm: int = WARM, events: int = EVENTS) -> list[dict[str, Any]]:
    """How late the rows are on the streams, and how much each stream takes in the process that holds it."""
    with tempfile.TemporaryDirectory() as folder, _platform(Path(folder)) as (server, key):
        worker = psutil.Process(server.process.pid).children()[0]
        with _readers(server, warm), httpx.Client(base_url=server.url, trust_env=False) as client:
            for _ in range(10):
                _insert(client, key)
            time.sleep(SETTLE_S)
            before = worker.memory_info().rss
            with _readers(server, crowd.streams) as readers:
                kib = (worker.memory_info().rss - before) / 1024 / crowd.streams
                asked = {}
                for _ in range(events):
                    time.sleep(crowd.pause_s)
                    asked.update([_insert(client, key)])
                arrivals = _arrivals(readers)
    taken = sorted((at - asked[id]) / 1e6 for id, times in arrivals.items() for at in times if id in asked)
    if len(taken) != events * crowd.streams:
        missing = events * crowd.streams - len(taken)
        raise SystemExit(f"{missing} of {events * crowd.streams} rows never arrived")
    p99 = taken[len(taken) * 99 // 100]
    return [
        {
            "name": f"push_p99_ms{crowd.ending}",
            "value": round(p99, 1),
            "unit": "ms",
            "aim": f"<= {crowd.aim_ms:.0f}",
            "holds": p99 <= crowd.aim_ms,
            "detail": f"{crowd.streams} streams, {events} inquiries, p50 {statistics.median(taken):.1f} ms",
        },
        {
            "name": f"push_kib_per_stream{crowd.ending}",
            "value": round(kib, 1),
            "unit": "KiB",
            "aim": f"<= {AIM_KIB:.0f}",
            "holds": kib <= AIM_KIB,
            "detail": f"growth of the process from {warm} to {warm + crowd.streams} streams",
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
        for pipe in (process.stdin, process.stdout):
            pipe.close()


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
