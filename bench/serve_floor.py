"""Serves the floor exactly as `gig serve` serves the product."""

from __future__ import annotations

import sys

from granian.constants import HTTPModes, Interfaces
from granian.server import Server

from gig.cli.serve import CONNECTIONS

if __name__ == "__main__":
    Server(
        "bench.floor:application",
        interface=Interfaces.ASGI,
        address="127.0.0.1",
        port=int(sys.argv[sys.argv.index("--port") + 1]),
        factory=True,
        backlog=4096,
        http=HTTPModes.http1,
        websockets=False,
        log_access=False,
        backpressure=CONNECTIONS,
    ).serve()
