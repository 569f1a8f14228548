"""`gig serve`: the web processes."""

from __future__ import annotations

import os
import resource
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import click
from granian.constants import HTTPModes, Interfaces
from granian.server import Server

from gig.settings import DEVELOPMENT_SECRET, BadSettings, Settings

ACCESS_LOG = '%(addr)s "%(method)s %(path)s" %(status)d %(dt_ms).1f ms'
"""Without the query: a stream's ticket stands there. A chat link in the path is masked."""
LOG_FORMATTERS = {
    "generic": {"()": "logging.Formatter", "fmt": "[%(levelname)s] %(message)s"},
    "access": {"()": "gig.core.logs.ScrubbedFormatter", "fmt": "%(message)s"},
}

WEB_THREADS = 16
CONNECTIONS = 16_384
STOP_WITHIN_S = {"all": 10, "live": 10, "web": 20}
"""Streams are ended by us; what `web` still answers is let finish."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option(
    "--role",
    type=click.Choice(["all", "web", "live"]),
    default="all",
    show_default=True,
    help="all: pages and streams on one port; web and live: each alone, behind a proxy.",
)
@click.option(
    "--scheduler/--no-scheduler",
    default=None,
    help="Run the jobs inside, or leave them to `gig scheduler`; inside by default on SQLite.",
)
@click.option("--access-log/--no-access-log", default=False, show_default=True)
def serve(host: str, port: int, workers: int, role: str, scheduler: bool | None, access_log: bool) -> None:
    """Serves pages, API and streams."""
    settings = replace(Settings.from_env(), workers=workers)
    faults = settings.problems()
    if settings.secret_key == DEVELOPMENT_SECRET and host not in ("127.0.0.1", "localhost", "::1"):
        faults.append(f"GIG_SECRET_KEY must be set before others can reach {host}: the default is public")
    if faults:
        raise BadSettings(faults)
    _allow_many_files()
    os.register_at_fork(after_in_child=_heed_signals)
    common: dict[str, Any] = {
        "address": host,
        "port": port,
        "workers": workers,
        "factory": True,
        "backlog": 4096,
        "http": HTTPModes.http1,
        "websockets": False,
        "log_access": access_log,
        "log_access_format": ACCESS_LOG,
        "log_dictconfig": {"formatters": LOG_FORMATTERS},
        "workers_kill_timeout": STOP_WITHIN_S[role],
        "respawn_failed_workers": settings.production or workers > 1,
    }
    if role == "web":
        server = Server("gig.wsgi:web", interface=Interfaces.WSGI, blocking_threads=WEB_THREADS, **common)
    else:
        inside = settings.sqlite if scheduler is None else scheduler
        everything = "gig.asgi:with_scheduler" if inside else "gig.asgi:without_scheduler"
        target = "gig.streams:alone" if role == "live" else everything
        server = Server(target, interface=Interfaces.ASGI, backpressure=CONNECTIONS, **common)
    with _figures_together(workers):
        server.serve()


@contextmanager
def _figures_together(workers: int) -> Iterator[None]:
    """Inside, /metrics of any one worker tells the figures of all: each keeps its own in a common folder."""
    if workers == 1 or "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="gig-figures-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


def _heed_signals() -> None:
    """A worker that is told to stop while it starts, stops: it does not inherit its parent's deaf ear."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def _allow_many_files() -> None:
    """Every stream is an open file; the process may open as many as the machine lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
