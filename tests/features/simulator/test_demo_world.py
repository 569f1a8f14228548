"""`gig demo seed`: who is there, how they get in, and what they have behind them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.core.errors import Refused
from gig.dispatch.escalation_models import Escalation
from gig.dispatch.models import Inquiry, Queue
from gig.identity.models import Agent, AgentSkill, Person
from gig.payouts.disbursement.models import Batch, Payee, PayoutLine
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.audit import audit
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.settlement.models import Period, Statement
from gig.quality.models import Appeal
from gig.settings import fresh_secrets
from gig.simulator import world
from gig.simulator.seeding import whole
from gig.simulator.seeding.base import seed_base
from gig.simulator.seeding.whole import seed_whole
from tests.fixtures.servers import gig

NOW = dt.datetime(2026, 11, 18, 6, 30, tzinfo=dt.UTC)
"""A Wednesday afternoon in Shanghai."""


def rows(session: Session, table: type) -> int:
    return session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_seeding_prints_one_login_a_line_and_the_same_again(database_url: str, tmp_path: Path) -> None:
    runs = [
        gig("demo", "seed", "--agents", "3", "--json", cwd=tmp_path, GIG_DATABASE_URL=database_url)
        for _ in range(2)
    ]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr
    assert runs[0].stdout == runs[1].stdout
    logins = [json.loads(line) for line in runs[0].stdout.splitlines()]
    people = [login for login in logins if login["role"] != "channel"]
    assert all(set(person) == {"role", "name", "phone", "password", "token"} for person in people)
    assert sorted(person["role"] for person in people) == sorted(
        ["agent"] * 3 + ["reviewer", "ops", "finance", "finance", "admin"]
    )
    assert [set(login) for login in logins if login["role"] == "channel"] == [{"role", "name", "token"}]


def test_production_refuses_a_demo_world(sqlite_url: str, tmp_path: Path) -> None:
    sound = {"GIG_DATABASE_URL": sqlite_url, "GIG_ENV": "production", **fresh_secrets()}
    done = gig("demo", "seed", cwd=tmp_path, **sound)
    assert done.returncode == 2
    assert "development" in done.stderr


def test_a_database_without_tables_gets_a_clear_answer(tmp_path: Path) -> None:
    done = gig("demo", "seed", cwd=tmp_path, GIG_DATABASE_URL=f"sqlite:///{tmp_path}/bare.db")
    assert done.returncode == 1
    assert "gig db upgrade" in done.stderr


def test_the_agents_are_active_hold_every_skill_and_own_nothing(app: Flask, session: Session) -> None:
    seed_base(agents=4, secret_key=app.config["SECRET_KEY"], now=NOW)
    agents = session.scalars(sa.select(Agent)).all()
    assert [agent.stage for agent in agents] == ["active"] * 4
    queues = set(session.scalars(sa.select(Queue.slug)))
    assert {"refund", "delivery", "quality", "account", "merchant"} <= queues
    for agent in agents:
        held = session.scalars(sa.select(AgentSkill.queue).where(AgentSkill.agent_id == agent.id))
        assert set(held) == queues
    assert rows(session, Payee) == 4
    assert rows(session, Inquiry) == 0


def test_seeding_more_agents_adds_only_those(app: Flask, session: Session) -> None:
    seed_base(agents=2, secret_key=app.config["SECRET_KEY"], now=NOW)
    seed_base(agents=3, secret_key=app.config["SECRET_KEY"], now=NOW + dt.timedelta(hours=1))
    assert rows(session, Agent) == 3
    assert rows(session, Person) == 3 + len(world.STAFF)


def test_the_printed_tokens_and_passwords_open_what_their_role_may(
    app: Flask, session: Session, client: FlaskClient
) -> None:
    secret = app.config["SECRET_KEY"]
    seed_base(agents=1, secret_key=secret, now=NOW)
    doors = {"agent": "/api/v1/feed", "finance": "/api/v1/periods", "ops": "/api/v1/rate-cards"}
    for login in world.logins(1, secret):
        if door := doors.get(login.role):
            answer = client.get(door, headers={"Authorization": f"Bearer {login.token}"})
            assert answer.status_code == 200, (login.role, answer.text)
    inquiry = {"external_id": "x1", "queue": "refund", "issue_type": "late", "text": "退款到哪了？"}
    channel = {"Authorization": f"Bearer {world.channel_login(secret).token}"}
    assert client.post("/api/v1/inquiries", json=inquiry, headers=channel).status_code == 201


def test_the_whole_world_has_a_past_that_adds_up_and_a_present(app: Flask, session: Session) -> None:
    secret = app.config["SECRET_KEY"]
    others = seed_whole(agents=10, secret_key=secret, now=NOW)
    broken = [finding for finding in audit(session) if finding.differences]
    assert broken == []
    states = dict(session.execute(sa.select(Period.id, Period.state)).all())
    assert states == {
        "week-2026-11-02": "exported",
        "week-2026-11-09": "closed",
        "week-2026-11-16": "open",
    }
    assert rows(session, Statement) >= 20
    assert session.execute(sa.select(Batch.state)).scalars().all() == ["exported"]
    held = set(session.execute(sa.select(PayoutLine.hold_reason)).scalars().all())
    assert "no-payee" in held
    stages = set(session.execute(sa.select(Agent.stage)).scalars().all())
    assert stages == {"applicant", "probation", "active", "suspended"}
    assert len(set(session.execute(sa.select(Agent.tier)).scalars().all())) >= 3
    assert session.scalar(sa.select(sa.func.max(Earning.received_at))) <= NOW
    cards = session.execute(sa.select(RateCardVersion).order_by(RateCardVersion.valid_from)).scalars().all()
    assert [card.valid_from > NOW for card in cards if card.valid_from] == [False, False, True]
    assert rows(session, Escalation) >= 3
    assert {"open", "rejected"} <= set(session.execute(sa.select(Appeal.state)).scalars().all())
    assert session.scalar(sa.select(sa.func.sum(Statement.triage_fen))) > 0
    _ready_agents_own_nothing(session)
    told = sa.select(Agent.presence_reason).where(Agent.presence == "offline")
    assert set(session.scalars(told)) <= {None}, "nobody is greeted with a silence"
    assert len(others) == 8
    before = rows(session, Inquiry)
    seed_whole(agents=10, secret_key=secret, now=NOW + dt.timedelta(hours=2))
    assert rows(session, Inquiry) == before


def test_a_world_that_was_cut_off_is_not_lived_through_twice(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(whole, "_night", cut_off)
    with pytest.raises(KeyboardInterrupt):
        seed_whole(agents=1, secret_key=app.config["SECRET_KEY"], now=NOW)
    monkeypatch.undo()
    with pytest.raises(Refused, match="没有造完"):
        seed_whole(agents=1, secret_key=app.config["SECRET_KEY"], now=NOW)


def _ready_agents_own_nothing(session: Session) -> None:
    names = [person.name for person in world.agents(10)]
    owned = sa.select(Inquiry.id).join(Person, Person.id == Inquiry.owner_id).where(Person.name.in_(names))
    assert session.execute(owned).all() == []
    assert session.execute(sa.select(sa.func.count()).where(Inquiry.state == "claimed")).scalar_one() == 3
    assert session.execute(sa.select(sa.func.count()).where(Inquiry.state == "open")).scalar_one() == 14
