"""Serves the floor exactly as `gig serve` serves the product: in one process, or `--role web --workers N`."""

from __future__ import annotations

import sys
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.server import Server

from gig.cli.serve import CONNECTIONS, WEB_THREADS


def option(name: str, default: str) -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


if __name__ == "__main__":
    common: dict[str, Any] = {
        "address": "127.0.0.1",
        "port": int(option("--port", "0")),
        "workers": int(option("--workers", "1")),
        "factory": True,
        "backlog": 4096,
        "http": HTTPModes.http1,
        "websockets": False,
        "log_access": False,
    }
    if option("--role", "all") == "web":
        Server("bench.floor:web", interface=Interfaces.WSGI, blocking_threads=WEB_THREADS, **common).serve()
    else:
        whole = "bench.floor:application"
        Server(whole, interface=Interfaces.ASGI, backpressure=CONNECTIONS, **common).serve()
