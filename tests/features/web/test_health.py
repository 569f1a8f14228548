"""What a load balancer and a monitor ask."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from gig.web import health


def test_a_living_process_says_so(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


def test_a_migrated_database_is_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ready", "checks": {"database": True, "migrations": True}}


def test_one_failing_check_makes_the_process_unready_and_is_named(app: Flask, client: FlaskClient) -> None:
    def broken() -> bool:
        raise OSError

    health.watch(app, "bus", broken)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json
    assert answer.json["checks"] == {"database": True, "migrations": True, "bus": False}


def test_figures_count_answers_by_endpoint_and_what_features_count(client: FlaskClient) -> None:
    client.get("/healthz")
    health.count("claim")
    text = client.get("/metrics").text
    assert 'gig_http_requests_total{endpoint="health.healthz",method="GET",status="200"}' in text
    assert 'gig_events_total{event="claim"}' in text
    assert 'gig_http_seconds_bucket{endpoint="health.healthz"' in text
