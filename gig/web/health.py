"""Whether the process lives, whether it can serve, and its figures: /healthz, /readyz, /metrics."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client import generate_latest as exposition
from prometheus_client.multiprocess import MultiProcessCollector

from gig.core import clock
from gig.core.businesstime import format_instant
from gig.core.db import db


@dataclass(frozen=True)
class Check:
    """`needed`: without it the process cannot serve; else it serves, and says what it lacks."""

    holds: Callable[[], bool]
    needed: bool


requests = Counter("gig_http_requests", "Answers given", ["endpoint", "method", "status"])
seconds = Histogram(
    "gig_http_seconds",
    "Time from a request's arrival in Flask to its answer",
    ["endpoint"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
events = Counter("gig_events", "What happened, counted where it was decided: claims, replies", ["event"])

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Counted by name; what a stranger makes up is one more, so that the figures do not grow."""

blueprint = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    """The three addresses answer, and every request is counted."""
    app.extensions.setdefault("gig.ready", {})
    watch(app, "database", _database_answers)
    watch(app, "migrations", _schema_serves)
    app.register_blueprint(blueprint)
    app.after_request(_count)


def watch(app: Flask, name: str, holds: Callable[[], bool], *, needed: bool = True) -> None:
    """/readyz says so while `holds()` is false or raises, and answers 503 if that is needed."""
    app.extensions.setdefault("gig.ready", {})[name] = Check(holds, needed)


def count(event: str) -> None:
    """One more of `event` (`claim`, `reply`, …) in the figures of this process."""
    events.labels(event).inc()


@blueprint.get("/healthz")
def healthz() -> Response:
    return _unstored(jsonify(status="ok"))


@blueprint.get("/readyz")
def readyz() -> Response:
    """A load balancer sends no one to a process that is not ready; an impaired one still serves."""
    watched: dict[str, Check] = current_app.extensions["gig.ready"]
    checks = {name: _holds(check) for name, check in watched.items()}
    ready = all(checks[name] for name, check in watched.items() if check.needed)
    status = "not ready" if not ready else "ready" if all(checks.values()) else "impaired"
    response = jsonify(status=status, checks=checks)
    response.status_code = 200 if ready else 503
    return _unstored(response)


@blueprint.get("/metrics")
def metrics() -> Response:
    return _unstored(Response(exposition(figures()), content_type=CONTENT_TYPE_LATEST))


def figures() -> CollectorRegistry:
    """What this process counted or, of several workers, what all of them did since the server started."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if folder is None:
        return REGISTRY
    for file in Path(folder).glob("gauge_live*_*.db"):
        if not _lives(int(file.stem.rpartition("_")[2])):
            file.unlink(missing_ok=True)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _holds(check: Check) -> bool:
    try:
        return check.holds()
    except Exception:
        current_app.logger.warning("a readiness check failed", exc_info=True)
        return False


def _database_answers() -> bool:
    with db.engine.connect() as connection:
        return connection.exec_driver_sql("SELECT 1").scalar() == 1


def _schema_serves() -> bool:
    from gig.core import schema  # loads Alembic, which a process of streams can start without

    return schema.serves(db.engine)


def _count(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    method = request.method if request.method in METHODS else "other"
    counted, timed = _figures_of(endpoint, method, response.status_code)
    counted.inc()
    if (began := g.get("received_counter")) is not None:
        timed.observe(time.perf_counter() - began)
    return response


@cache
def _figures_of(endpoint: str, method: str, status: int) -> tuple[Counter, Histogram]:
    """There are as many as there are addresses, methods and kinds of answer."""
    return requests.labels(endpoint, method, status), seconds.labels(endpoint)


def _unstored(response: Response) -> Response:
    """Never stored; it carries the business time and its speed, for programs that keep this clock."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Server-Now"] = format_instant(clock.received_at())
    response.headers["X-Clock-Speed"] = str(clock.current().speed)
    return response
