"""Scripts and the check in the way of a reply, over HTTP and as operations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.core.businesstime import business_zone
from gig.core.clock import real_now
from gig.core.errors import Invalid
from gig.core.ids import new_id
from gig.dispatch.models import Draft, Inquiry, Message
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.inquiries import add_customer_message
from gig.dispatch.operations.replies import reply
from gig.dispatch.operations.resolution import rate, resolve
from gig.dispatch.scripts.operations.favourites import mark_favourite
from gig.dispatch.scripts.operations.figures import count_uses
from gig.dispatch.scripts.operations.library import retire_script
from gig.dispatch.scripts.queries.figures import Figures, figures
from gig.dispatch.wording.operations.lists import list_wording, unlist_wording
from gig.dispatch.wording.values import Blocked
from gig.identity.operations.keys import issue_token
from gig.payouts.earnings.models import Earning
from tests import builders
from tests.builders import NOON, seconds
from tests.features.dispatch.test_statement_budget import counted
from tests.features.onboarding.people import Browser
from tests.features.scripts.conftest import script

Held = Callable[..., tuple[str, str]]
ZONE = business_zone("Asia/Shanghai")
GOOD = "退款今天到账，请留意短信。"
BAD = "退款今天到账，加我薇❤细说。"


def sent(session: Session, inquiry_id: str) -> list[tuple[str, str | None]]:
    session.rollback()
    query = sa.select(Message.text, Message.script_id).where(Message.inquiry_id == inquiry_id)
    ours = query.where(Message.author == "agent").order_by(Message.sent_at, Message.id)
    return [tuple(row) for row in session.execute(ours)]


def test_a_reply_keeps_the_script_that_it_began_as(session: Session, held: Held) -> None:
    agent_id, inquiry_id = held()
    script_id = script()
    replied = reply(
        inquiry_id=inquiry_id, agent_id=agent_id, text=GOOD, script_id=script_id, now=NOON + seconds(20)
    )
    assert replied.earning
    assert sent(session, inquiry_id) == [(GOOD, script_id)]


def test_a_retired_script_is_still_known_and_an_invented_one_is_not(session: Session, held: Held) -> None:
    agent_id, inquiry_id = held()
    script_id = script()
    retire_script(script_id=script_id, actor_id=agent_id, reason="过时", now=NOON)
    asked = {"inquiry_id": inquiry_id, "agent_id": agent_id, "now": NOON + seconds(20)}
    with pytest.raises(Invalid) as refused:
        reply(**asked, text=GOOD, script_id=new_id())
    assert list(refused.value.errors) == ["script_id"]
    assert sent(session, inquiry_id) == []
    reply(**asked, text=GOOD, script_id=script_id)
    assert sent(session, inquiry_id) == [(GOOD, script_id)]


def test_blocked_words_stay_in_the_draft_and_the_clock_runs_on(session: Session, held: Held) -> None:
    agent_id, inquiry_id = held()
    with pytest.raises(Blocked):
        reply(inquiry_id=inquiry_id, agent_id=agent_id, text=BAD, now=NOON + seconds(20))
    assert sent(session, inquiry_id) == []
    assert session.scalar(sa.select(Draft.text)) == BAD
    replied = reply(inquiry_id=inquiry_id, agent_id=agent_id, text=GOOD, now=NOON + seconds(81))
    assert replied.earning is not None
    assert (replied.earning.latency_us, replied.earning.on_time) == (71_000_000, False)
    assert session.scalar(sa.select(Draft.text)) is None


def test_what_the_customer_told_is_masked_and_the_agent_sees_it_so(session: Session, held: Held) -> None:
    agent_id, inquiry_id = held(text="我的电话是 138 1234 5678，退款到哪了？")
    replied = reply(
        inquiry_id=inquiry_id, agent_id=agent_id, text="已发短信到13812345678。", now=NOON + seconds(20)
    )
    assert replied.message.text == "已发短信到138****5678。"
    assert replied.earning
    assert sent(session, inquiry_id) == [("已发短信到138****5678。", None)]


def test_a_number_from_anothers_conversation_is_no_echo(session: Session, held: Held) -> None:
    agent_id, inquiry_id = held()
    builders.inquiry(text="我的电话是 13812345678")
    with pytest.raises(Blocked):
        reply(inquiry_id=inquiry_id, agent_id=agent_id, text="打13812345678。", now=NOON + seconds(20))


def test_a_changed_list_holds_from_the_next_reply_on(session: Session, held: Held) -> None:
    agent_id, inquiry_id = held()
    actor = builders.person(roles="ops")
    asked = {"inquiry_id": inquiry_id, "agent_id": agent_id, "now": NOON + seconds(20)}
    list_wording(kind="forbidden", phrase="短信", actor_id=actor, now=NOON)
    with pytest.raises(Blocked):
        reply(**asked, text=GOOD)
    unlist_wording(kind="forbidden", phrase="短信", actor_id=actor, now=NOON)
    assert reply(**asked, text=GOOD).earning


@pytest.fixture
def working(client: FlaskClient, session: Session) -> tuple[dict[str, str], str, str]:
    """An agent's header over HTTP, a conversation of theirs, and a script for it."""
    now = real_now()
    agent_id = builders.agent(seen_at=now)
    inquiry_id = builders.inquiry(at=now - dt.timedelta(seconds=60), text="我电话13812345678", order="D42")
    claim(inquiry_id=inquiry_id, agent_id=agent_id, now=now)
    token = issue_token(person_id=agent_id, now=now, actor_id=None).secret
    return {"Authorization": f"Bearer {token}"}, inquiry_id, script()


def test_the_api_says_why_it_sends_nothing(
    client: FlaskClient, session: Session, working: tuple[dict[str, str], str, str]
) -> None:
    headers, inquiry_id, script_id = working
    path = f"/api/v1/inquiries/{inquiry_id}/replies"
    answer = client.post(path, json={"text": BAD}, headers={**headers, "Idempotency-Key": "k1"})
    assert answer.status_code == 422
    assert answer.json["type"] == "/problems/blocked-words"
    assert answer.json["errors"]["text"] == ["「加我薇」像在约客户到站外联系或交易。"]
    assert "计时没有停" in answer.json["detail"]
    unknown = client.post(path, json={"text": GOOD, "script_id": new_id()}, headers=headers)
    assert (unknown.status_code, list(unknown.json["errors"])) == (422, ["script_id"])
    assert sent(session, inquiry_id) == []
    answer = client.post(path, json={"text": GOOD, "script_id": script_id}, headers=headers)
    assert answer.status_code == 201
    assert sent(session, inquiry_id) == [(GOOD, script_id)]


def test_the_reason_is_said_in_english_to_who_reads_english(
    client: FlaskClient, working: tuple[dict[str, str], str, str]
) -> None:
    headers, inquiry_id, _ = working
    path = f"/api/v1/inquiries/{inquiry_id}/replies"
    answer = client.post(path, json={"text": BAD}, headers={**headers, "Accept-Language": "en"})
    assert answer.json["errors"]["text"] == ["“加我薇” looks like taking the customer off the platform."]


def test_script_and_check_cost_a_reply_no_statement(
    client: FlaskClient, session: Session, working: tuple[dict[str, str], str, str]
) -> None:
    headers, inquiry_id, script_id = working
    path = f"/api/v1/inquiries/{inquiry_id}/replies"
    assert client.post(path, json={"text": GOOD}, headers=headers).status_code == 201  # the period is there
    add_customer_message(
        channel_id=builders.channel(), inquiry_id=inquiry_id, external_id="m", text="几点？", now=real_now()
    )
    body = {"text": "已发短信到 13812345678，今天到账。", "script_id": script_id}
    with counted() as sent_:
        answer = client.post(path, json=body, headers=headers)
    assert answer.json["reply"]["text"] == "已发短信到 138****5678，今天到账。"
    assert len(sent_) <= 12, "\n".join(sent_)


def test_the_api_offers_what_fits_filled_in(
    client: FlaskClient, session: Session, working: tuple[dict[str, str], str, str]
) -> None:
    headers, inquiry_id, script_id = working
    other = script("换绑手机号", "请验证旧号。", "answer", "account", "phone_change")
    opening = script("问候", "您好，马上为您核实。", "opening", "", "")
    path = f"/api/v1/inquiries/{inquiry_id}/scripts"
    items = client.get(path, headers=headers).json["items"]
    assert [item["id"] for item in items] == [script_id, opening]
    assert items[0]["text"] == "【客户称呼】您好，订单 D42 一到三个工作日到账。"
    assert (items[0]["blanks"], items[1]["blanks"]) == (True, False)
    assert [item["id"] for item in client.get(f"{path}?q=hbsjh", headers=headers).json["items"]] == [other]
    found = client.get(f"{path}?stage=opening", headers=headers).json["items"]
    assert [item["id"] for item in found] == [opening]
    assert client.get(f"{path}?stage=middle", headers=headers).status_code == 422
    stranger = issue_token(person_id=builders.agent(), now=real_now(), actor_id=None).secret
    answer = client.get(path, headers={"Authorization": f"Bearer {stranger}"})
    assert answer.status_code == 404


def test_favourites_and_own_uses_move_a_script_up(session: Session, held: Held, client: FlaskClient) -> None:
    agent_id, inquiry_id = held(issue_type="other")
    first, second = script("甲", "甲的话。", issue_type=""), script("乙", "乙的话。", issue_type="")
    token = issue_token(person_id=agent_id, now=NOON, actor_id=None).secret
    headers = {"Authorization": f"Bearer {token}"}

    def order() -> list[str]:
        rows = client.get(f"/api/v1/inquiries/{inquiry_id}/scripts", headers=headers).json["items"]
        return [row["id"] for row in rows]

    assert order() == [second, first]  # 乙 before 甲 by code point
    mark_favourite(script_id=first, agent_id=agent_id, wanted=True, now=NOON)
    mark_favourite(script_id=first, agent_id=agent_id, wanted=True, now=NOON)
    assert order() == [first, second]
    mark_favourite(script_id=first, agent_id=agent_id, wanted=False, now=NOON)
    assert order() == [second, first]


def test_figures_count_uses_and_what_became_of_them(session: Session, held: Held) -> None:
    script_id = script()
    channel_id = builders.channel()
    for latency, stars, solved in ((20, 5, True), (70, 1, False)):
        agent_id, inquiry_id = held(customer=f"c{latency}", order=f"o{latency}")
        at = NOON + seconds(10 + latency)
        reply(inquiry_id=inquiry_id, agent_id=agent_id, text=GOOD, script_id=script_id, now=at)
        resolve(inquiry_id=inquiry_id, agent_id=agent_id, now=at + seconds(5))
        rate(
            channel_id=channel_id,
            inquiry_id=inquiry_id,
            stars=stars,
            resolved=solved,
            comment="",
            now=at + seconds(9),
        )
    agent_id, inquiry_id = held()
    reply(
        inquiry_id=inquiry_id, agent_id=agent_id, text="请稍等", script_id=script_id, now=NOON + seconds(20)
    )
    for _ in range(2):
        count_uses(zone=ZONE, now=NOON + seconds(600))
    known = figures(session, ZONE, NOON + seconds(600))
    assert known == {script_id: Figures(picked=3, answered=2, on_time=1, ended=2, solved=1, rated=2, stars=6)}
    assert known[script_id].on_time_percent == 50
    assert known[script_id].stars_tenths == 30
    assert figures(session, ZONE, NOON + dt.timedelta(days=30)) == {}


def test_the_console_shows_each_share_with_its_number(session: Session, held: Held, ops: Browser) -> None:
    script_id = script()
    agent_id, inquiry_id = held()
    reply(inquiry_id=inquiry_id, agent_id=agent_id, text=GOOD, script_id=script_id, now=NOON + seconds(20))
    count_uses(zone=ZONE, now=NOON, days=1)
    page = ops.get("/console/scripts").text
    assert page.count("—") >= 3 or "n=1" in page


def test_a_customer_who_comes_back_unsolves_it(session: Session, held: Held) -> None:
    script_id = script()
    agent_id, inquiry_id = held()
    reply(inquiry_id=inquiry_id, agent_id=agent_id, text=GOOD, script_id=script_id, now=NOON + seconds(20))
    resolve(inquiry_id=inquiry_id, agent_id=agent_id, now=NOON + seconds(30))
    add_customer_message(
        channel_id=builders.channel(),
        inquiry_id=inquiry_id,
        external_id="again",
        text="还是没到",
        now=NOON + seconds(60),
    )
    claim(inquiry_id=inquiry_id, agent_id=agent_id, now=NOON + seconds(70))
    reply(inquiry_id=inquiry_id, agent_id=agent_id, text="已再催一次银行。", now=NOON + seconds(80))
    resolve(inquiry_id=inquiry_id, agent_id=agent_id, now=NOON + seconds(90))
    count_uses(zone=ZONE, now=NOON + seconds(600))
    found = figures(session, ZONE, NOON)[script_id]
    assert (found.ended, found.solved) == (1, 0)
    assert session.scalar(sa.select(sa.func.count()).select_from(Earning)) == 2
    assert session.get_one(Inquiry, inquiry_id).state == "resolved"


def test_operations_lists_are_kept_with_who_and_tried_out(session: Session, ops: Browser) -> None:
    page = ops.post("/console/wording", {"kind": "forbidden", "phrase": "随便 你"})
    assert "加入「随便 你」" in page.text
    assert "陈雨" in page.text
    assert ops.post("/console/wording", {"kind": "forbidden", "phrase": "随·便你"}).status_code == 409
    for phrase in ("", "！", "a", "长" * 41, "一句。两句"):
        assert ops.post("/console/wording", {"kind": "forbidden", "phrase": phrase}).status_code == 422
    assert ops.post("/console/wording", {"kind": "nothing", "phrase": "词语"}).status_code == 404
    tried = ops.post(
        "/console/wording/trial",
        {"kind": "contact", "text": "随便你，电话13812345678", "customer": "13812345678"},
    )
    assert "「随便你」不能对客户说" in tried.text
    page = ops.post("/console/wording/removal", {"kind": "forbidden", "phrase": "随便 你"})
    assert "拿掉「随便 你」" in page.text
    assert (
        "没有找到" in ops.post("/console/wording/removal", {"kind": "forbidden", "phrase": "没有的词"}).text
    )
