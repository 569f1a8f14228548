"""What breaks on a bad day, on real processes: afterwards nothing is lost, doubled, unpaid or paid twice."""

from __future__ import annotations

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.site import until
from gig.core import outbox
from gig.core.clock import real_now
from gig.core.db import db, transaction
from gig.core.ids import new_id
from gig.dispatch.models import Inquiry, TurnQuote
from gig.identity.models import Agent
from tests.builders import seconds
from tests.scenarios.bad_days.deployment import Deployment, Patient
from tests.scenarios.bad_days.evening import Evening

pytestmark = pytest.mark.long  # and on one worker, so that the deployment is started once

FAIL_OVER_S = 15
CHANNEL_KEY = "gig_c_bench"


def tell(deployment: Deployment, topic: str, type: str) -> None:
    """Another process commits an event; only the outbox and the bell carry it."""

    def emit(_: object) -> None:
        with transaction() as session:
            outbox.emit(session, topic, type, {}, now=real_now())

    deployment.ask(emit)


def test_a_web_worker_killed_under_load_is_replaced(deployment: Deployment) -> None:
    host = deployment.one
    first, second = host.workers()
    for _ in range(20):
        assert host.says("/healthz", status="ok")
    with Evening(deployment) as evening:
        os.kill(first, signal.SIGKILL)
        evening.goes_on()
    until(lambda: len(host.workers()) == 2 and first not in host.workers(), host)
    assert second in host.workers()
    assert deployment.all_was_paid_once(evening.ids)
    figures = host.get("/metrics")
    assert figures is not None
    counted = 'gig_http_requests_total{endpoint="health.healthz",method="GET",status="200"} 20.0'
    assert counted in figures.text


def test_redis_killed_flushed_and_started_again(deployment: Deployment) -> None:
    topic = f"queue:{new_id()}"
    with deployment.listen(topic).ready() as page, Evening(deployment) as evening:
        deployment.redis.kill()
        until(lambda: deployment.live.says("/live/health", alive=True, bell=False), deployment.live)
        tell(deployment, topic, "without-bell")
        assert page.next().type == "without-bell"
        evening.goes_on()
        until(lambda: deployment.one.says("/readyz", status="impaired"), deployment.one)
        deployment.redis.start()
        until(deployment.is_whole, *deployment.hosts)
        tell(deployment, topic, "with-bell")
        assert page.next().type == "with-bell"
    assert evening.troubles == 0
    assert deployment.all_was_paid_once(evening.ids)


def test_postgresql_restarted_without_a_word(deployment: Deployment) -> None:
    topic = f"queue:{new_id()}"
    with deployment.listen(topic).ready() as page, Evening(deployment) as evening:
        deployment.postgres.restart()
        evening.goes_on()
        tell(deployment, topic, "afterwards")
        assert "afterwards" in [event.type for event in page.until("afterwards")]
    assert deployment.all_was_paid_once(evening.ids)


def test_a_process_that_stalls_amid_its_transactions_and_goes_on_later(deployment: Deployment) -> None:
    stalled = deployment.one.workers()[0]
    with Evening(deployment) as evening:
        os.kill(stalled, signal.SIGSTOP)
        try:
            evening.goes_on()
        finally:
            os.kill(stalled, signal.SIGCONT)
    assert deployment.all_was_paid_once(evening.ids)


def test_requests_that_stall_halfway_hold_no_thread(deployment: Deployment) -> None:
    head = b"POST /api/v1/inquiries HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n{"
    stalled = [socket.create_connection(("127.0.0.1", deployment.two.port)) for _ in range(40)]
    try:
        for each in stalled:
            each.sendall(head)
        assert deployment.two.says("/readyz", status="ready")
    finally:
        for each in stalled:
            each.close()


def test_a_page_that_reconnects_without_end_disturbs_no_other(deployment: Deployment) -> None:
    mad, topic = new_id(), f"queue:{new_id()}"
    with deployment.listen(topic).ready() as calm:
        listeners = [deployment.listen(topic, session=mad) for _ in range(100)]
        statuses = [listener.status for listener in listeners]
        tell(deployment, topic, "marker")
        assert calm.next().type == "marker"
        health, figures = (deployment.live.get(f"/live/{what}") for what in ("health", "metrics"))
        assert health is not None
        assert figures is not None
        assert health.json()["streams"] <= 9
        assert 'gig_live_refused_total{reason="too-many-requests"}' in figures.text
        for listener in listeners:
            listener.__exit__()
    assert statuses[0] == 200
    assert statuses.count(429) > 50


@pytest.mark.parametrize("minutes", [5, -5])
def test_a_host_whose_clock_is_set_by_minutes(deployment: Deployment, minutes: int) -> None:
    with Evening(deployment) as evening:
        deployment.set_clock_of_two(60 * minutes)
        try:
            evening.goes_on()
        finally:
            deployment.set_clock_of_two(0)
    assert deployment.all_was_paid_once(evening.ids)
    odd = (
        "SELECT count(*) FROM earning WHERE inquiry_id = ANY(:ids) AND latency_us NOT BETWEEN 0 AND 60000000"
    )
    assert deployment.count(odd, ids=evening.ids) == 0


def test_a_burst_of_inquiries_each_handed_in_twice(deployment: Deployment) -> None:
    names, patient = [f"burst-{number}" for number in range(200)], Patient(deployment.one, deployment.two)

    def hand_in(name: str) -> set[str]:
        body = {
            "external_id": name,
            "queue": "refund",
            "issue_type": "refund_status",
            "text": "退款到哪里了？",
        }
        answers = [patient.post("/inquiries", CHANNEL_KEY, f"{name}-{again}", body) for again in "ab"]
        assert sorted(answer.status_code for answer in answers) == [200, 201]
        return {answer.json()["id"] for answer in answers}

    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(hand_in, names))
    patient.close()
    assert all(len(same) == 1 for same in ids)
    assert deployment.count("SELECT count(*) FROM inquiry WHERE external_id LIKE 'burst-%'") == len(names)


def let_them_expire(deployment: Deployment, ids: list[str]) -> None:
    """As if the agents had claimed these six minutes ago and said nothing."""
    agents, claimed_at = deployment.desk.agents, real_now() - seconds(400)
    quoted = {
        "clock_started_at": claimed_at,
        "deadline_at": claimed_at + seconds(60),
        "expires_at": claimed_at + seconds(300),
        "card_id": "00000000000000000000000001",
        "tier": "gold",
        "base_fen": 120,
        "multiplier_percent": 100,
        "gross_fen": 120,
        "capped": False,
        "why": "test",
    }

    def write(session: Session) -> None:
        turns = dict(session.execute(sa.select(Inquiry.id, Inquiry.open_turn_id)).all())
        owners = {id: agents[place % len(agents)] for place, id in enumerate(ids)}
        with transaction() as writing:
            for agent in agents:
                hers = [id for id in ids if owners[id] == agent]
                writing.execute(
                    sa.update(Inquiry)
                    .where(Inquiry.id.in_(hers))
                    .values(
                        state="claimed",
                        owner_id=agent,
                        claimed_at=claimed_at,
                        expires_at=quoted["expires_at"],
                    )
                )
            rows = [{"turn_id": turns[id], "agent_id": owners[id], "inquiry_id": id, **quoted} for id in ids]
            writing.execute(sa.insert(TurnQuote), rows)

    deployment.ask(write)


def test_the_leading_scheduler_killed_in_a_sweep(deployment: Deployment) -> None:
    ids = deployment.inquiries(300)
    let_them_expire(deployment, ids)
    left = "SELECT count(*) FROM inquiry WHERE id = ANY(:ids) AND state = 'claimed'"
    until(lambda: deployment.count(left, ids=ids) < len(ids), *deployment.schedulers)
    leader, heir = sorted(deployment.schedulers, key=lambda host: not host.leads())
    leader.kill()
    assert deployment.count(left, ids=ids) > 0
    until(heir.leads, heir, seconds=FAIL_OVER_S)
    leader.start()
    until(leader.is_awake, leader)
    until(lambda: deployment.count(left, ids=ids) == 0, heir)
    misses = "SELECT count(*) FROM score_event WHERE kind = 'missed' AND inquiry_id = ANY(:ids)"
    assert deployment.count(misses, ids=ids) == len(ids)


def test_the_leader_stops_dead_amid_a_sweep_and_wakes_when_another_leads(deployment: Deployment) -> None:
    """A stalled host: its connections stay open, and so do the rows that it has locked."""
    ids = deployment.inquiries(120)
    leader, heir = sorted(deployment.schedulers, key=lambda host: not host.leads())
    left = "SELECT count(*) FROM inquiry WHERE id = ANY(:ids) AND state = 'claimed'"
    with deployment.app.app_context(), db.engine.connect() as ours:
        ours.execute(sa.select(Agent.id).with_for_update(key_share=True))
        let_them_expire(deployment, ids)
        until(lambda: waiting_for_a_lock(deployment) > 0, leader)
        os.kill(leader.process.pid, signal.SIGSTOP)
        try:
            ours.rollback()  # what the sweep waited for is its own now, and it sleeps on it
            until(heir.leads, heir, seconds=FAIL_OVER_S)
            until(lambda: deployment.count(left, ids=ids) == 0, heir, seconds=FAIL_OVER_S)
        finally:
            os.kill(leader.process.pid, signal.SIGCONT)
    until(lambda: not leader.leads(), leader)
    assert heir.leads()
    misses = "SELECT count(*) FROM score_event WHERE kind = 'missed' AND inquiry_id = ANY(:ids)"
    assert deployment.count(misses, ids=ids) == len(ids)


def waiting_for_a_lock(deployment: Deployment) -> int:
    return deployment.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
