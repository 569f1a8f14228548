"""Sends prepared requests over keep-alive connections as fast as they are answered.

Run as a process of its own: `python -m bench.load PORT CONNECTIONS` reads one request a line from
standard input, as JSON [method, path, token, body], and writes one JSON line: seconds, statuses, latencies.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    token: str = ""
    body: str = "{}"


@dataclass(frozen=True)
class Outcome:
    """Latencies in milliseconds, sorted; `statuses` counts the answers."""

    seconds: float
    statuses: dict[str, int]
    latencies: list[float]

    @property
    def rate(self) -> float:
        return sum(self.statuses.values()) / self.seconds

    def percentile(self, share: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


def send(port: int, requests: list[Request], *, connections: int) -> Outcome:
    """All requests, in order, over so many connections; each goes to whichever is free."""
    lines = "\n".join(json.dumps([r.method, r.path, r.token, r.body]) for r in requests)
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", str(port), str(connections)],
        cwd=Path(__file__).resolve().parents[1],
        env=dict(os.environ),
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    return Outcome(found["seconds"], found["statuses"], sorted(found["latencies"]))


def wire(method: str, path: str, token: str, body: str) -> bytes:
    """The request as it goes over the wire."""
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    content = body.encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{authorization}"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[str, bytes]:
    """The status and the body that came back for it."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    lower, body = head.lower(), b""
    if b"content-length:" in lower:
        length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
        if length:
            body = await reader.readexactly(length)
    elif b"transfer-encoding: chunked" in lower:
        while size := int((await reader.readline()).strip() or b"0", 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    return head[9:12].decode(), body


async def _connection(
    port: int, waiting: list[bytes], statuses: Counter[str], latencies: list[float]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while waiting:
        request = waiting.pop()
        started = time.perf_counter()
        status, _ = await exchange(reader, writer, request)
        latencies.append((time.perf_counter() - started) * 1000)
        statuses[status] += 1
    writer.close()


async def _main(port: int, connections: int) -> None:
    requests = [wire(*json.loads(line)) for line in sys.stdin if line.strip()][::-1]
    statuses: Counter[str] = Counter()
    latencies: list[float] = []
    started = time.perf_counter()
    await asyncio.gather(*(_connection(port, requests, statuses, latencies) for _ in range(connections)))
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "statuses": statuses, "latencies": latencies}))


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2])))
