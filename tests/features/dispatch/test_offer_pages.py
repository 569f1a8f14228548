"""派单 over the API and as plain forms, and what its pages tell."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.clock import real_now
from gig.core.db import transaction
from gig.dispatch.models import Inquiry
from gig.dispatch.operations.offers import sweep_offers
from gig.identity.models import Agent, AgentSkill
from gig.identity.operations.keys import issue_token
from tests import builders
from tests.builders import seconds
from tests.features.dispatch.conftest import seen
from tests.features.dispatch.test_agent_forms import Phone, phone  # noqa: F401  (a fixture)
from tests.features.onboarding.people import Browser


def offered(*, ago_s: int = 30) -> str:
    """An inquiry that has just been offered to whoever is idle."""
    inquiry_id = builders.inquiry(at=real_now() - seconds(ago_s))
    assert sweep_offers(now=real_now(), wait=seconds(0)) == 1
    return inquiry_id


def bearer(agent_id: str) -> dict[str, str]:
    token = issue_token(person_id=agent_id, now=real_now(), actor_id=None).secret
    return {"Authorization": f"Bearer {token}"}


def test_the_api_shows_the_live_offer_with_its_price_and_why_and_takes_the_answer(
    client: FlaskClient, session: Session
) -> None:
    agent = builders.agent(seen_at=real_now())
    me, other = bearer(agent), bearer(builders.agent(presence="away"))
    assert client.get("/api/v1/me/offers", headers=me).json == {"items": []}
    inquiry_id = offered()
    [offer] = client.get("/api/v1/me/offers", headers=me).json["items"]
    assert offer["inquiry"]["id"] == inquiry_id
    assert offer["inquiry"]["quote"]["gross_fen"] > 0
    assert "text" not in offer["inquiry"]
    assert offer["why"]["load"] == 0
    assert any("服务分" in line for line in offer["why"]["words"])
    url = f"/api/v1/offers/{offer['id']}"
    assert client.post(f"{url}/acceptance", headers=other).status_code == 404
    assert client.delete(url, headers=other).status_code == 404
    once = {**me, "Idempotency-Key": "one"}
    first = client.post(f"{url}/acceptance", json={"expected_gross_fen": 1}, headers=once)
    again = client.post(f"{url}/acceptance", json={"expected_gross_fen": 1}, headers=once)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert first.json["turn"]["clock_started_at"]
    assert client.post(f"{url}/acceptance", headers=me).status_code == 200
    assert client.delete(url, headers=me).json["type"] == "/problems/already-accepted"
    assert client.get("/api/v1/me/offers", headers=me).json == {"items": []}


def test_refusing_over_the_api_may_be_repeated(client: FlaskClient, session: Session) -> None:
    me = bearer(builders.agent(seen_at=real_now()))
    offered()
    [offer] = client.get("/api/v1/me/offers", headers=me).json["items"]
    for _ in range(2):
        assert client.delete(f"/api/v1/offers/{offer['id']}", headers=me).status_code == 204
    late = client.post(f"/api/v1/offers/{offer['id']}/acceptance", headers=me)
    assert (late.status_code, late.json["type"]) == (409, "/problems/offer-refused")


def test_without_scripts_the_sheet_is_on_every_page_and_its_forms_work(
    phone: Phone,  # noqa: F811
    session: Session,
) -> None:
    first = offered()
    page = phone.get("/agent/earnings").text
    assert "系统派给你" in page
    url = page.split('action="/agent/offers/')[1].split("/acceptance")[0]
    assert phone.post(f"/agent/offers/{url}/refusal").status_code == 303
    assert "今天还可不接 2 次" in phone.get("/agent/feed").text
    assert "没接，不扣分" in phone.get("/agent/offers").text
    other = builders.inquiry(at=real_now() - seconds(30))
    assert "你刚选了不接" in phone.get(f"/agent/inquiries/{other}/why-not-me").text
    with transaction() as session:
        tunables.change(session, "offer_pause_s", 0, actor_id=None, reason="test", now=real_now())
    assert sweep_offers(now=real_now(), wait=seconds(0)) == 1
    page = phone.get("/agent/me").text
    url = page.split('action="/agent/offers/')[1].split("/acceptance")[0]
    taken = phone.post(f"/agent/offers/{url}/acceptance", expected_gross_fen="1")
    assert taken.headers["Location"].endswith(f"/agent/chats/{other}")
    owners = dict(session.execute(sa.select(Inquiry.id, Inquiry.owner_id)).all())
    assert owners == {first: None, other: phone.agent_id}


def test_why_not_me_compares_own_figures_and_names_nobody(
    phone: Phone,  # noqa: F811
    session: Session,
) -> None:
    rival = builders.agent(seen_at=real_now(), name="周冰")
    session.execute(sa.update(Agent).where(Agent.id == rival).values(score_tenths=950))
    session.commit()
    early = builders.inquiry(at=real_now() - seconds(12))
    assert "等满 20 秒没人接才派" in phone.get(f"/agent/inquiries/{early}/why-not-me").text
    pushed = offered(ago_s=40)
    assert f"/agent/inquiries/{pushed}/why-not-me" in phone.get("/agent/feed").text
    why = phone.get(f"/agent/inquiries/{pushed}/why-not-me").text
    assert "服务分更高的人，你 84.8 分" in why
    assert "周冰" not in why
    assert "95.0" not in why
    session.execute(sa.delete(AgentSkill).where(AgentSkill.agent_id == phone.agent_id))
    session.commit()
    assert phone.get(f"/agent/inquiries/{pushed}/why-not-me").status_code == 404


def test_a_rest_is_told_on_the_feed_and_cannot_be_cut_short(
    phone: Phone,  # noqa: F811
    session: Session,
) -> None:
    until = real_now() + dt.timedelta(minutes=7)
    session.execute(
        sa.update(Agent).where(Agent.id == phone.agent_id).values(presence="away", rest_until=until)
    )
    session.commit()
    builders.inquiry(at=real_now() - seconds(60))
    feed = phone.get("/agent/feed").text
    assert "休息中" in feed
    assert phone.post("/agent/presence", state="online").status_code == 303
    assert "后可以上线" in phone.get("/agent/duty").text
    assert seen(session).get_one(Agent, phone.agent_id, populate_existing=True).presence == "away"


def test_ops_grants_seniors_and_sees_emergencies_on_every_page(ops: Browser, session: Session) -> None:
    agent = builders.agent(seen_at=real_now())
    assert "紧急咨询 1 条没人接" not in ops.get("/console/queues").text
    builders.inquiry(priority=9, at=real_now())
    assert "紧急咨询 1 条没人接" in ops.get("/console/queues").text
    assert "没有人" in ops.get("/console/emergencies").text
    ops.post(f"/console/agents/{agent}/senior", {"queue": "refund", "senior": "grant"})
    skill = seen(session).get_one(AgentSkill, (agent, "refund"), populate_existing=True)
    assert skill.senior_at is not None
    assert "没有人" not in ops.get("/console/emergencies").text
    ops.post(f"/console/agents/{agent}/senior", {"queue": "refund", "senior": "revoke"})
    assert seen(session).get_one(AgentSkill, (agent, "refund"), populate_existing=True).senior_at is None
