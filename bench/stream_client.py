"""Thousands of readers in one process: opens streams by raw sockets and notes when each event arrives.

Run as a program. Reads `host port` and then one ticket a line from standard input; prints `open` once
every stream has answered; on end of input prints one JSON object: inquiry id → arrival times of its feed row
(monotonic nanoseconds), then ends.
"""

from __future__ import annotations

import json
import os
import re
import resource
import selectors
import socket
import sys
import time

ROW = re.compile(rb'event: feed\.new\ndata: [^\n]*"inquiry_id":"(\w+)"')
CAUGHT_UP = re.compile(rb"event: (ready|resync)")
OPENING_AT_ONCE = 50


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    host, port = sys.stdin.readline().split()
    tickets = iter(iter(lambda: sys.stdin.readline().strip(), ""))
    selector = selectors.EpollSelector()
    arrivals: dict[str, list[int]] = {}
    waiting: set[int] = set()

    def take(fd: int) -> None:
        data = os.read(fd, 65_536)
        now = time.monotonic_ns()
        if not data:
            raise SystemExit("the server ended a stream")
        if fd in waiting and CAUGHT_UP.search(data):
            waiting.discard(fd)
        for found in ROW.finditer(data):
            arrivals.setdefault(found[1].decode(), []).append(now)

    sockets = []
    for ticket in tickets:
        stream = socket.create_connection((host, int(port)))
        stream.sendall(f"GET /live/stream?ticket={ticket} HTTP/1.1\r\nhost: bench\r\n\r\n".encode())
        sockets.append(stream)
        selector.register(stream.fileno(), selectors.EVENT_READ)
        waiting.add(stream.fileno())
        while len(waiting) > OPENING_AT_ONCE:
            for key, _ in selector.select():
                take(key.fd)
    while waiting:
        for key, _ in selector.select():
            take(key.fd)
    print("open", flush=True)

    stdin = sys.stdin.fileno()
    selector.register(stdin, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fd == stdin:
                print(json.dumps(arrivals), flush=True)
                return
            take(key.fd)


if __name__ == "__main__":
    main()
