"""临时加成: what it adds, what it costs, and that a promise is kept."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.clock import real_now
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.dispatch.models import TurnQuote
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.inquiries import add_customer_message
from gig.dispatch.operations.releases import release
from gig.dispatch.operations.replies import reply
from gig.dispatch.operations.surges import begin_surge, end_surge
from gig.dispatch.queries import feed
from gig.dispatch.queries.surges import rows
from gig.identity.operations.keys import issue_token
from gig.payouts.earnings import queries as earnings
from gig.payouts.ledger.audit import audit
from gig.payouts.surges.models import Surge
from tests import builders as a
from tests.builders import DINNER, NOON, seconds
from tests.features.dispatch.conftest import Desk, seen
from tests.features.dispatch.test_statement_budget import counted
from tests.features.onboarding.people import Browser

ANSWER = "您的退款已经原路退回，三天内到账。"


@pytest.fixture
def ops_id(session: Session) -> str:
    return a.person(roles="ops", name="陈雨")


def surge(ops_id: str, *, at: dt.datetime = DINNER, percent: int = 50, budget: int = 10_000) -> str:
    a.queue("refund")
    return begin_surge(
        queue="refund",
        percent=percent,
        minutes=60,
        budget_fen=budget,
        reason="退款积压",
        actor_id=ops_id,
        now=at,
    )


def quotes(session: Session) -> list[TurnQuote]:
    return list(seen(session).scalars(sa.select(TurnQuote).order_by(TurnQuote.clock_started_at)))


def promised(session: Session) -> int:
    return seen(session).scalar(sa.select(Surge.promised_fen)) or 0


def nothing_is_wrong(session: Session) -> bool:
    return [each.claim for each in audit(seen(session)) if each.differences] == []


def test_points_are_added_to_the_band_and_the_line_says_so(session: Session, ops_id: str) -> None:
    agent, inquiry = a.agent(), a.inquiry(at=DINNER)
    id = surge(ops_id)
    claim(inquiry_id=inquiry, agent_id=agent, now=DINNER + seconds(10))
    found = quotes(session)[0]
    assert (found.multiplier_percent, found.gross_fen, found.surge_id, found.surge_fen) == (250, 450, id, 90)
    assert found.why == "1.80 × 2.5 晚高峰+加成 = 4.50"
    paid = reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=DINNER + seconds(90)).earning
    assert paid is not None
    assert (paid.gross_fen, paid.penalty_fen, paid.pay_fen) == (450, 90, 360)
    assert paid.why == "1.80 × 2.5 晚高峰+加成 = 4.50 − 20% 超时(80.0 s) 0.90 = 3.60"
    totals = earnings.totals(session, agent, DINNER, DINNER + seconds(600))
    assert (totals.base_fen, totals.peak_fen) == (180, 270)
    assert promised(session) == 90
    assert [(row.paid_fen, row.paid_replies) for row in rows(session, DINNER)] == [(90, 1)]
    assert nothing_is_wrong(session)


def test_the_feed_shows_the_price_that_the_claim_will_give_and_until_when(
    session: Session, ops_id: str
) -> None:
    agent, inquiry = a.agent(skills=("refund", "delivery")), a.inquiry()
    other = a.inquiry(queue_slug="delivery")
    surge(ops_id, at=NOON)
    at = NOON + seconds(30)
    shown = {row.id: row for row in feed.feed(session, feed.standing(session, agent, at), at)}
    assert (shown[inquiry].gross_fen, shown[inquiry].band) == (270, "加成")
    assert shown[inquiry].until == NOON + seconds(3600)
    assert shown[other].gross_fen == 120
    claim(inquiry_id=inquiry, agent_id=agent, now=at, expected_gross_fen=270)


def test_the_next_turn_of_the_owner_has_it_too(session: Session, ops_id: str) -> None:
    agent, inquiry = a.agent(), a.inquiry(at=DINNER)
    claim(inquiry_id=inquiry, agent_id=agent, now=DINNER + seconds(10))
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=DINNER + seconds(20))
    surge(ops_id, at=DINNER + seconds(30))
    add_customer_message(
        channel_id=a.channel(),
        inquiry_id=inquiry,
        external_id="m2",
        text="几点到？",
        now=DINNER + seconds(40),
    )
    assert [each.gross_fen for each in quotes(session)] == [360, 450]
    assert nothing_is_wrong(session)


def test_an_early_end_stops_future_quotes_and_keeps_what_was_promised(session: Session, ops_id: str) -> None:
    first, second = a.agent(), a.agent()
    kept, later = a.inquiry(at=DINNER), a.inquiry(at=DINNER)
    id = surge(ops_id)
    claim(inquiry_id=kept, agent_id=first, now=DINNER + seconds(10))
    end_surge(id=id, reason="人手够了", actor_id=ops_id, now=DINNER + seconds(20))
    with pytest.raises(Refused):
        claim(inquiry_id=later, agent_id=second, now=DINNER + seconds(30), expected_gross_fen=450)
    claim(inquiry_id=later, agent_id=second, now=DINNER + seconds(30))
    paid = reply(inquiry_id=kept, agent_id=first, text=ANSWER, now=DINNER + seconds(40)).earning
    assert paid is not None
    assert paid.gross_fen == 450
    assert [each.gross_fen for each in quotes(session)] == [450, 360]
    with pytest.raises(Refused):
        end_surge(id=id, reason="再来一次", actor_id=ops_id, now=DINNER + seconds(50))
    of_surges = sa.select(AuditEntry.action).where(AuditEntry.object_type == "surge")
    noted = session.scalars(of_surges.order_by(AuditEntry.id)).all()
    assert noted == ["surge.begin", "surge.end"]


def test_a_claim_taken_again_keeps_the_promise_and_promises_nothing_twice(
    session: Session, ops_id: str
) -> None:
    agent, inquiry = a.agent(), a.inquiry(at=DINNER)
    surge(ops_id)
    claim(inquiry_id=inquiry, agent_id=agent, now=DINNER + seconds(10))
    release(inquiry_id=inquiry, agent_id=agent, reason="x", zone="Asia/Shanghai", now=DINNER + seconds(15))
    claim(inquiry_id=inquiry, agent_id=agent, now=DINNER + seconds(25))
    assert promised(session) == 90
    assert [each.gross_fen for each in quotes(session)] == [450]


def test_the_budget_ends_only_quotes_that_are_not_yet_given(session: Session, ops_id: str) -> None:
    agent = a.agent(tier="gold")
    waiting = [a.inquiry(at=DINNER) for _ in range(3)]
    surge(ops_id, budget=290)  # the third would leave less than the most that one reply may add
    for inquiry in waiting:
        claim(inquiry_id=inquiry, agent_id=agent, now=DINNER + seconds(10))
    assert sorted(each.gross_fen for each in quotes(session)) == [360, 450, 450]
    assert promised(session) == 180
    assert rows(session, DINNER + seconds(11))[0].state == "spent"
    assert nothing_is_wrong(session)


def test_promises_never_pass_the_budget_however_many_claim_at_once(
    app: Flask, session: Session, ops_id: str
) -> None:
    agents = [a.agent(tier="gold") for _ in range(8)]
    waiting = [a.inquiry(at=DINNER) for _ in agents]
    surge(ops_id, budget=450)
    start = threading.Barrier(len(agents))

    def take(agent: str, inquiry: str) -> None:
        with app.app_context():
            start.wait()
            claim(inquiry_id=inquiry, agent_id=agent, now=DINNER + seconds(10))
            db.session.remove()

    threads = [threading.Thread(target=take, args=pair) for pair in zip(agents, waiting, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = quotes(session)
    assert len(found) == len(agents)
    assert promised(session) == sum(each.surge_fen or 0 for each in found) == 270
    assert nothing_is_wrong(session)


def test_a_queue_has_one_surge_at_a_time_and_another_after_its_end(session: Session, ops_id: str) -> None:
    surge(ops_id)
    with pytest.raises(Refused, match="已经有一个加成"):
        surge(ops_id, at=DINNER + seconds(10))
    surge(ops_id, at=DINNER + seconds(3600))
    assert seen(session).scalar(sa.select(sa.func.count()).select_from(Surge)) == 2


def test_finance_bounds_what_one_may_cost(session: Session, ops_id: str) -> None:
    for field, given in (
        ("percent", {"percent": 101}),
        ("budget", {"budget": 50_001}),
        ("budget", {"budget": 199}),
    ):
        with pytest.raises(Invalid) as caught:
            surge(ops_id, **given)
        assert list(caught.value.errors) == [field]


def test_the_database_refuses_to_change_a_surge(session: Session, ops_id: str) -> None:
    surge(ops_id)
    for change in ("percent = 90", "promised_fen = promised_fen - 1", "ends_at = starts_at"):
        with pytest.raises(DBAPIError):
            session.execute(sa.text(f"UPDATE surge SET {change}"))
        session.rollback()
    with pytest.raises(DBAPIError):
        session.execute(sa.text("DELETE FROM surge"))
    session.rollback()


def test_a_claim_in_a_surge_costs_at_most_seven_statements(client: FlaskClient, session: Session) -> None:
    """Also when it notes that the agent is there, which it does once a minute."""
    now = real_now()
    agent = a.agent(seen_at=now - seconds(300))
    inquiry = a.inquiry(at=now - seconds(60))
    surge(a.person(roles="ops"), at=now - seconds(30))
    headers = {"Authorization": f"Bearer {issue_token(person_id=agent, now=now, actor_id=None).secret}"}
    client.get("/api/v1/feed", headers=headers)
    with counted() as sent:
        answer = client.post(f"/api/v1/inquiries/{inquiry}/claim", headers=headers)
    assert "加成" in answer.json["turn"]["quote"]["why"]
    assert len(sent) <= 7, "\n".join(sent)


def test_ops_begins_and_ends_one_and_finance_only_reads(session: Session, ops: Browser, desk: Desk) -> None:
    a.queue("refund")
    form = {"queue": "refund", "percent": "50", "minutes": "60", "budget": "100", "reason": "退款积压"}
    assert "加成开始了" in ops.post("/console/surges", form).text
    assert "已经有一个加成" in ops.post("/console/surges", form).text
    assert "要填整数" in ops.post("/console/surges", {**form, "percent": "1.5"}).text
    id = seen(session).scalar(sa.select(Surge.id))
    finance = desk("finance")
    assert "退款积压" in finance.get("/console/surges").text
    assert finance.post("/console/surges", form).status_code == 403
    assert "已结束" in ops.post(f"/console/surges/{id}/end", {"reason": "人手够了"}).text
    assert ops.post("/console/surges/01ARZ3NDEKTSV4RRFFQ69G5FAV/end", {"reason": "x"}).status_code == 404


def test_only_who_may_open_the_rate_cards_is_led_there(ops: Browser, desk: Desk) -> None:
    finance = desk("finance")
    assert 'href="/console/rates">' in ops.get("/console/surges").text
    assert 'href="/console/rates">' not in finance.get("/console/surges").text
