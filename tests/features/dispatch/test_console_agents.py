"""Agents as ops sees and steers them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import Refused
from gig.core.ids import new_id
from gig.dispatch.models import Inquiry
from gig.dispatch.operations.claims import claim
from gig.dispatch.queries import agents
from gig.identity.models import Agent, AgentSkill, Person
from gig.payouts.disbursement.operations.payees import set_payee
from tests import builders
from tests.builders import NOON, seconds
from tests.features.dispatch.conftest import Desk, seen
from tests.features.onboarding.people import Browser, phone_of


def skills_of(session: Session, agent_id: str) -> list[str]:
    found = sa.select(AgentSkill.queue).where(AgentSkill.agent_id == agent_id).order_by(AgentSkill.queue)
    return list(seen(session).scalars(found))


def standing_of(session: Session, agent_id: str) -> Agent:
    return seen(session).get_one(Agent, agent_id)


def test_agents_are_found_by_name_by_the_end_of_the_number_and_by_the_whole(
    session: Session, ops: Browser
) -> None:
    wanted, other = builders.agent(name="周冰"), builders.agent(name="林可")
    phone = phone_of(session, wanted)
    for words in ("周", phone[-4:], phone.removeprefix("+86")):
        text = ops.get("/console/agents", query_string={"q": words}).text
        assert wanted in text, words
        assert other not in text, words
    assert "没有找到" in ops.get("/console/agents", query_string={"q": "%"}).text
    assert "没有找到" in ops.get("/console/agents", query_string={"q": "0000000"}).text


def test_numbers_are_masked_in_the_list_and_on_the_page(session: Session, ops: Browser) -> None:
    id = builders.agent()
    digits = phone_of(session, id).removeprefix("+86")
    for url in ("/console/agents", f"/console/agents/{id}"):
        text = ops.get(url).text
        assert digits not in text
        assert f"{digits[:3]}****{digits[-4:]}" in text


def test_the_list_can_be_narrowed_to_a_stage(ops: Browser) -> None:
    working, waiting = builders.agent(), builders.agent(stage="applicant", presence="offline", skills=())
    text = ops.get("/console/agents?stage=applicant").text
    assert waiting in text
    assert working not in text
    assert working in ops.get("/console/agents?stage=nonsense&after=nonsense").text


def test_a_long_list_goes_on_where_it_stopped(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agents, "PAGE", 2)
    monkeypatch.setattr(agents, "BATCH", 2)
    ids = sorted((builders.agent() for _ in range(5)), reverse=True)
    first = [row.agent.id for row in agents.agent_rows(session)]
    assert first == ids[:3]
    assert [row.agent.id for row in agents.agent_rows(session, after=first[1])] == ids[2:5]
    tail = phone_of(session, ids[4])[-4:]
    assert [row.agent.id for row in agents.agent_rows(session, words=tail)] == [ids[4]]


def test_a_granted_skill_opens_the_queue_and_a_revoked_one_shuts_it(session: Session, ops: Browser) -> None:
    id = builders.agent(skills=())
    inquiry_id = builders.inquiry()
    with pytest.raises(Refused):
        claim(inquiry_id=inquiry_id, agent_id=id, now=NOON + seconds(10))
    page = ops.post(f"/console/agents/{id}/skills", {"do": "grant", "queue": "refund"})
    assert "陈雨" in page.text
    assert skills_of(session, id) == ["refund"]
    claim(inquiry_id=inquiry_id, agent_id=id, now=NOON + seconds(20))
    revoke = {"do": "revoke", "revoked": "refund"}
    assert ops.post(f"/console/agents/{id}/skills", revoke).status_code == 422
    assert skills_of(session, id) == ["refund"]
    assert "连续答错" in ops.post(f"/console/agents/{id}/skills", {**revoke, "why": "连续答错"}).text
    assert skills_of(session, id) == []
    assert seen(session).get_one(Inquiry, inquiry_id).owner_id == id


def test_a_skill_is_granted_only_for_a_queue_in_use(session: Session, ops: Browser) -> None:
    id = builders.agent(skills=())
    builders.queue("old")
    ops.post("/console/queues/old/retirement", {"do": "retire", "reason": "停"})
    for queue in ("old", "nothing", ""):
        answer = ops.post(f"/console/agents/{id}/skills", {"do": "grant", "queue": queue})
        assert answer.status_code == 404, queue
    assert skills_of(session, id) == []


def test_a_suspended_agent_gives_back_what_they_hold_and_is_told_why(session: Session, ops: Browser) -> None:
    id, inquiry_id = builders.agent(), builders.inquiry()
    claim(inquiry_id=inquiry_id, agent_id=id, now=NOON + seconds(10))
    page = ops.post(f"/console/agents/{id}/suspension", {"reason": "多次辱骂客户"})
    who = standing_of(session, id)
    assert (who.stage, who.presence, who.suspended_reason) == ("suspended", "offline", "多次辱骂客户")
    inquiry = seen(session).get_one(Inquiry, inquiry_id)
    assert (inquiry.state, inquiry.owner_id) == ("open", None)
    assert "暂停接单" in page.text
    assert "多次辱骂客户" in page.text


def test_suspending_needs_a_reason_and_someone_who_works(session: Session, ops: Browser) -> None:
    id = builders.agent()
    assert ops.post(f"/console/agents/{id}/suspension", {"reason": " "}).status_code == 422
    assert ops.post(f"/console/agents/{id}/suspension", {"reason": "长" * 201}).status_code == 422
    assert standing_of(session, id).stage == "active"
    waiting = builders.agent(stage="applicant", presence="offline", skills=())
    ops.post(f"/console/agents/{waiting}/suspension", {"reason": "试"})
    assert standing_of(session, waiting).stage == "applicant"


def test_a_reinstated_agent_may_work_again_on_probation_or_as_before(session: Session, ops: Browser) -> None:
    id = builders.agent()
    ops.post(f"/console/agents/{id}/suspension", {"reason": "查证中"})
    assert (
        ops.post(f"/console/agents/{id}/reinstatement", {"reason": "没事", "stage": "left"}).status_code
        == 422
    )
    assert standing_of(session, id).stage == "suspended"
    page = ops.post(f"/console/agents/{id}/reinstatement", {"reason": "查清了", "stage": "probation"})
    who = standing_of(session, id)
    assert (who.stage, who.presence, who.suspended_reason) == ("probation", "offline", None)
    assert "查清了" in page.text
    assert "恢复接单" in page.text


def test_one_who_leaves_gives_back_what_they_hold_and_may_be_asked_back(
    session: Session, ops: Browser
) -> None:
    id, inquiry_id = builders.agent(), builders.inquiry()
    claim(inquiry_id=inquiry_id, agent_id=id, now=NOON + seconds(10))
    url, form = f"/console/agents/{id}/leaving", {"leaving_reason": "本人不做了", "sure": "1"}
    for wrong in ({"sure": ""}, {"leaving_reason": " "}):
        assert ops.post(url, {**form, **wrong}).status_code == 422
    assert standing_of(session, id).stage == "active"
    page = ops.post(url, form).text
    assert "已离开" in page and "本人不做了" in page
    who = standing_of(session, id)
    assert (who.stage, who.presence) == ("left", "offline")
    assert seen(session).get_one(Inquiry, inquiry_id).state == "open"
    ops.post(f"/console/agents/{id}/reinstatement", {"reason": "又来了", "stage": "active"})
    assert standing_of(session, id).stage == "active"


def test_an_id_that_is_no_agents_answers_404(session: Session, ops: Browser) -> None:
    staff = seen(session).scalars(sa.select(Person.id).where(Person.roles == "ops")).one()
    for id in (staff, new_id(), "nonsense"):
        assert ops.get(f"/console/agents/{id}").status_code == 404
        for path, form in (
            ("skills", {"do": "grant", "queue": "refund"}),
            ("skills", {"do": "revoke", "revoked": "refund", "why": "试"}),
            ("suspension", {"reason": "试"}),
            ("leaving", {"leaving_reason": "试", "sure": "1"}),
            ("reinstatement", {"reason": "试", "stage": "active"}),
        ):
            assert ops.post(f"/console/agents/{id}/{path}", form).status_code == 404, (id, path)


@pytest.mark.parametrize("role", ["reviewer", "finance", "admin"])
def test_only_ops_steers_agents(session: Session, desk: Desk, role: str) -> None:
    id, browser = builders.agent(), desk(role)
    assert browser.get(f"/console/agents/{id}").status_code == 403
    for path in ("skills", "suspension", "reinstatement", "leaving"):
        form = {"do": "revoke", "queue": "refund", "reason": "试", "stage": "active"}
        assert browser.post(f"/console/agents/{id}/{path}", form).status_code == 403
    assert standing_of(session, id).stage == "active"
    assert skills_of(session, id) == ["refund"]


def test_the_page_of_an_agent_says_nothing_of_their_account(session: Session, ops: Browser) -> None:
    id = builders.agent()
    set_payee(
        agent_id=id,
        kind="alipay",
        account="linke@example.com",
        holder="林可可",
        consent="payee-1",
        actor_id=id,
        now=NOON,
    )
    text = ops.get(f"/console/agents/{id}").text
    for words in ("example.com", "林可可", "payee"):
        assert words not in text
