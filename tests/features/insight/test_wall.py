"""实时大盘: that its figures are those of the tables, and what reading them costs."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.businesstime import business_zone
from gig.core.clock import real_now
from gig.core.db import db, is_sqlite
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.replies import reply
from gig.dispatch.operations.surges import begin_surge
from gig.identity.models import Agent
from gig.insight.wall import Wall, wall
from tests import builders as a
from tests.builders import DINNER, NOON, seconds
from tests.features.dispatch.conftest import Desk, seen
from tests.features.dispatch.test_statement_budget import counted
from tests.features.onboarding.people import Browser

ZONE = business_zone("Asia/Shanghai")
ANSWER = "您的退款已经原路退回，三天内到账。"
WEEK = dt.timedelta(days=7)


def as_of(session: Session, at: dt.datetime) -> Wall:
    return wall(seen(session), ZONE, at)


def answer(agent: str, *, at: dt.datetime, took: float, queue: str = "refund") -> None:
    inquiry = a.inquiry(queue_slug=queue, at=at - seconds(30))
    claim(inquiry_id=inquiry, agent_id=agent, now=at)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=at + seconds(took))


def test_queues_stand_by_risk_with_who_waits_and_who_is_there(session: Session) -> None:
    busy, _idle = a.agent(), a.agent(skills=("refund", "delivery"))
    a.agent(presence="away")
    for _ in range(3):
        a.inquiry(queue_slug="delivery", at=NOON)
    hot = a.inquiry(at=NOON)
    claim(inquiry_id=hot, agent_id=busy, now=NOON + seconds(10))
    calm = as_of(session, NOON + seconds(50))
    assert [(each.slug, each.waiting.count) for each in calm.queues] == [("delivery", 3), ("refund", 0)]
    soon = as_of(session, NOON + seconds(60))
    first = soon.queues[0]
    assert (first.slug, first.soon, first.overdue) == ("refund", 1, 0)
    assert (first.staff.online, first.staff.busy, first.staff.away) == (2, 1, 1)
    assert [(each.inquiry_id, each.seconds_left(soon.at)) for each in soon.risks] == [(hot, 10)]
    late = as_of(session, NOON + seconds(81))
    assert (late.overdue, late.soon, late.risks[0].seconds_left(late.at)) == (1, 0, -11)
    assert [each.queue for each in late.unclaimed] == ["delivery", "delivery"]
    assert late.waiting == 3
    assert late.oldest == NOON


def test_the_half_hour_counts_what_was_answered_in_it_and_grows(session: Session) -> None:
    agent = a.agent(tier="gold", skills=("refund", "delivery"))
    answer(agent, at=DINNER, took=20.5)
    answer(agent, at=DINNER + seconds(60), took=70)
    answer(agent, at=DINNER + seconds(60), took=30, queue="delivery")
    found = as_of(session, DINNER + seconds(240))
    assert (found.half_hour.count, found.half_hour.on_time) == (3, 2)
    assert found.half_hour.on_time_tenths == 667
    assert (found.half_hour.percentile(50), found.half_hour.percentile(90)) == (31, 71)
    assert (found.hour.gross_fen, found.hour.peak_fen) == (360 + 360 + 240, 480)
    answer(agent, at=DINNER + seconds(245), took=5)  # in the slot that was read while it ran
    later = as_of(session, DINNER + seconds(2000))
    assert later.half_hour.count == 4
    assert as_of(session, DINNER + seconds(3601)).hour.count == 0
    assert as_of(session, DINNER + seconds(4000)).half_hour.count == 0


def test_arrivals_are_counted_by_quarters_and_past_weeks_foretell_the_next_hour(session: Session) -> None:
    for number in range(4):
        a.inquiry(at=NOON + seconds(60 * number))
    for week, count in ((1, 3), (3, 4)):
        for number in range(count):
            a.inquiry(at=NOON - week * WEEK + seconds(900 + number))
    found = as_of(session, NOON + seconds(240))
    assert sum(sum(by.values()) for by in found.arrivals.values()) == 4
    assert found.lately == 4
    assert (found.forecast.weeks, found.forecast.slots) == (2, (35, 0, 0, 0))
    assert found.forecast.queues == {"refund": 35}
    a.inquiry(at=NOON + seconds(250))
    later = as_of(session, NOON + seconds(3000))
    assert sum(sum(by.values()) for by in later.arrivals.values()) == 5
    assert later.lately == 0


def test_without_past_weeks_there_is_no_forecast(session: Session) -> None:
    a.inquiry(at=NOON)
    assert as_of(session, NOON + seconds(10)).forecast.weeks == 0


def test_reading_the_wall_costs_eleven_statements_and_then_ten(session: Session) -> None:
    agent = a.agent()
    for slug in ("refund", "delivery", "quality"):
        a.inquiry(queue_slug=slug, at=NOON)
    begin_surge(
        queue="refund",
        percent=50,
        minutes=60,
        budget_fen=1000,
        reason="x",
        actor_id=a.person(roles="ops"),
        now=NOON,
    )
    answer(agent, at=NOON, took=5)
    seen(session)
    with counted() as first:
        wall(session, ZONE, NOON + seconds(60))
    with counted() as again:
        wall(session, ZONE, NOON + seconds(62))
    assert (len(first), len(again)) == (11, 10), "\n".join(again)
    with counted() as shared:
        wall(session, ZONE, NOON + seconds(63), shared=True)
    assert shared == []


def test_every_list_of_the_wall_goes_along_an_index(session: Session) -> None:
    """None of them scans inquiries, earnings, quotes or the log from end to end."""
    a.inquiry(at=NOON)
    with counted() as sent:
        wall(seen(session), ZONE, NOON + seconds(60))
    scans = []
    if is_sqlite(session):
        raw = db.engine.raw_connection()
        for statement in sent:
            plan = raw.execute("EXPLAIN QUERY PLAN " + statement, ["2026-11-18"] * statement.count("?"))
            scans += [row[3] for row in plan if row[3].startswith("SCAN ")]
        raw.close()
        # an index alone, read in its order, is no scan of the table
        big = [
            line for line in scans if line.split()[1] in ("inquiry", "earning", "turn_quote", "score_event")
        ]
        assert [line for line in big if "USING" not in line] == []
    else:
        session.execute(sa.text("SET enable_seqscan = off"))
        for column in ("arrived_at", "expires_at"):
            plan = session.execute(
                sa.text(
                    f"EXPLAIN SELECT count(*) FROM inquiry WHERE {column} >= now() AND {column} IS NOT NULL"
                )
            )
            assert "Index" in " ".join(plan.scalars())


def test_ops_lands_on_the_wall_and_others_may_not_open_it(session: Session, ops: Browser, desk: Desk) -> None:
    now = real_now()
    owner, free = a.agent(name="林可"), a.agent(name="何静")
    inquiry = a.inquiry(at=now - seconds(300), customer="c1")
    claim(inquiry_id=inquiry, agent_id=owner, now=now - seconds(80))
    page = ops.get("/console/live").text
    for words in ("各队列", "马上超时", "已超时", "林可", "先不预测"):
        assert words in page
    assert 'data-wall="/console/live?part=wall"' in ops.get("/console/live?part=wall").text
    sent = ops.post(
        f"/console/live/inquiries/{inquiry}/reassignment",
        {"from": "wall", "reason": "大盘一键改派：快超时了"},
    )
    assert "已改派" in sent.text
    assert "改派了一条咨询" in sent.text
    assert seen(session).get_one(Agent, free).presence == "online"
    assert desk("finance").get("/console/live").status_code == 403
    assert ops.get("/console").headers.get("Location", "/console/live").endswith("/console/live")
