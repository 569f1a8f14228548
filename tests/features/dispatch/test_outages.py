"""平台故障: what met the window is wholly excused, once, however often it is recorded or cut off."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.businesstime import business_zone
from gig.core.clock import real_now
from gig.core.db import transaction
from gig.core.errors import Invalid
from gig.core.outbox import OutboxEvent
from gig.dispatch.notices.queries import for_agent
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.expiry import expire
from gig.dispatch.operations.replies import reply
from gig.dispatch.outages import operations, queries
from gig.dispatch.outages.models import Excuse, Outage
from gig.dispatch.outages.operations import excuse_due, record_outage
from gig.identity.models import Agent, Person
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.audit import audit
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.settlement.operations.closing import close_period
from gig.scoring.models import ScoreChange, ScoreEvent
from gig.scoring.operations.scoring import take_in_events
from gig.web.filters import say
from tests import builders as a
from tests.builders import NOON, seconds
from tests.features.adjustments.paying import back_paid
from tests.features.dispatch.conftest import seen
from tests.features.onboarding.people import Browser, hashed_password, phone_of
from tests.statements import counted

ANSWER = "您的退款已经原路退回，三天内到账。"
FROM, UNTIL = NOON + seconds(50), NOON + seconds(100)
AFTER = NOON + seconds(3600)


def answered(agent: str, *, started: float, took: float) -> str:
    """A turn whose clock started so many seconds after noon; returns its id."""
    inquiry = a.inquiry(at=NOON - seconds(60))
    at = NOON + seconds(started)
    turn = claim(inquiry_id=inquiry, agent_id=agent, now=at).turn_id
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=at + seconds(took))
    assert turn
    return turn


def missed(agent: str, *, started: float) -> None:
    inquiry = a.inquiry(at=NOON - seconds(60))
    at = NOON + seconds(started)
    claim(inquiry_id=inquiry, agent_id=agent, now=at)
    with transaction() as session:
        assert expire(session, inquiry, now=at + seconds(303))


def record(*, start: dt.datetime = FROM, end: dt.datetime = UNTIL, at: dt.datetime = AFTER) -> str:
    return record_outage(starts_at=start, ends_at=end, reason="机房断电", actor_id=None, now=at)


def nothing_is_wrong(session: Session) -> bool:
    return [each.claim for each in audit(seen(session)) if each.differences] == []


def reversed_fen(session: Session) -> int:
    query = sa.select(sa.func.coalesce(sa.func.sum(LedgerEntry.amount_fen), 0))
    return seen(session).execute(query.where(LedgerEntry.kind == "reversal")).scalar_one()


def test_late_and_missed_turns_that_met_the_window_are_wholly_excused_and_the_agent_is_told(
    session: Session,
) -> None:
    agent, other = a.agent(tier="gold"), a.agent(tier="gold")
    hit = answered(agent, started=0, took=70)  # late by its reply inside the window
    answered(agent, started=0, took=49)  # on time: nothing to excuse
    clear = answered(other, started=100, took=70)  # its clock starts as the window ends
    missed(agent, started=60)
    take_in_events(now=AFTER)
    before = seen(session).get_one(Agent, agent, populate_existing=True).score_tenths
    record()
    assert excuse_due(now=AFTER) == 2
    earning = session.scalars(sa.select(Earning).where(Earning.turn_id == hit)).one()
    entry = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.kind == "reversal")).one()
    assert (entry.amount_fen, entry.payable_fen) == (earning.penalty_fen, earning.penalty_fen)
    assert entry.posted_at == AFTER
    assert earning.pay_fen == earning.gross_fen - earning.penalty_fen  # what was priced stays
    struck = session.scalars(sa.select(ScoreEvent.kind).where(ScoreEvent.struck_at.is_not(None))).all()
    assert sorted(struck) == ["late", "missed"]
    assert session.scalars(sa.select(ScoreEvent).where(ScoreEvent.turn_id == clear)).one().struck_at is None
    found = seen(session).get_one(Agent, agent, populate_existing=True)
    assert found.score_tenths > before
    assert found.misses_in_row == 0
    reasons = session.execute(sa.select(ScoreChange.reason, ScoreChange.event_id)).all()
    assert {event for reason, event in reasons if reason == "excused"} <= set(
        session.scalars(sa.select(ScoreEvent.id).where(ScoreEvent.struck_at.is_not(None)))
    )
    told = [say(each.text) for each in for_agent(session, agent, AFTER).told]
    assert "1 条迟到、1 条漏答都不算，已返还 ¥0.36" in told[0]
    assert for_agent(session, other, AFTER).told == []
    topics = session.scalars(sa.select(OutboxEvent.topic).where(OutboxEvent.type == "outage.excused")).all()
    assert topics == [f"agent:{agent}"]
    outage = session.scalars(sa.select(Outage)).one()
    assert (outage.state, outage.late_turns, outage.missed_turns, outage.returned_fen) == (
        "settled",
        1,
        1,
        36,
    )
    assert nothing_is_wrong(session)


def test_windows_that_overlap_excuse_once_and_the_same_window_is_one(session: Session) -> None:
    agent = a.agent(tier="gold")
    answered(agent, started=0, took=70)
    first = record()
    assert record() == first
    record(start=FROM - seconds(40), end=UNTIL)
    assert excuse_due(now=AFTER) == 1
    assert excuse_due(now=AFTER + seconds(60)) == 0
    assert reversed_fen(session) == 36
    assert seen(session).scalar(sa.select(sa.func.count()).select_from(Excuse)) == 1
    assert nothing_is_wrong(session)


def test_a_run_that_was_cut_off_goes_on_where_it_was(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        answered(a.agent(tier="gold"), started=0, took=70)
    record()
    monkeypatch.setattr(queries, "AGENTS_AT_ONCE", 1)
    calls = iter([True, True, False])
    whole = operations._excuse

    def breaks(*args: object) -> None:
        if not next(calls, True):
            raise RuntimeError("the power went off")
        whole(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(operations, "_excuse", breaks)
    with pytest.raises(RuntimeError):
        excuse_due(now=AFTER)
    assert reversed_fen(session) == 72
    assert excuse_due(now=AFTER) == 2
    assert reversed_fen(session) == 144
    assert nothing_is_wrong(session)


def test_clocks_that_still_run_when_it_is_recorded_are_excused_once_they_have_ended(
    session: Session,
) -> None:
    agent = a.agent(tier="gold")
    inquiry = a.inquiry(at=NOON - seconds(60))
    claim(inquiry_id=inquiry, agent_id=agent, now=UNTIL - seconds(5))
    record(at=UNTIL)
    assert excuse_due(now=UNTIL) == 0
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=UNTIL + seconds(100))
    assert excuse_due(now=UNTIL + seconds(110)) == 0
    assert excuse_due(now=UNTIL + seconds(331)) == 1
    assert seen(session).scalar(sa.select(Outage.state)) == "settled"
    assert nothing_is_wrong(session)


def test_money_of_a_closed_period_comes_back_in_the_one_that_is_open(session: Session) -> None:
    agent = a.agent(tier="gold")
    answered(agent, started=0, took=70)
    week = session.scalars(sa.select(Period)).one()
    later = week.ends_at + seconds(3600)
    close_period(period_id=week.id, now=later, actor_id=None)
    record(at=later)
    assert excuse_due(now=later) == 1
    entry = seen(session).scalars(sa.select(LedgerEntry).where(LedgerEntry.kind == "reversal")).one()
    assert entry.period_id != week.id
    following = session.get_one(Period, entry.period_id)
    close_period(period_id=following.id, now=following.ends_at + seconds(3600), actor_id=None)
    statement = seen(session).scalars(sa.select(Statement).where(Statement.period_id == following.id)).one()
    assert (statement.reversals_fen, statement.late_fen) == (36, 0)
    assert nothing_is_wrong(session)


def test_a_window_lies_in_the_past_and_within_finances_bound(session: Session) -> None:
    for start, end in ((UNTIL, FROM), (FROM, AFTER + seconds(1)), (AFTER - seconds(15_000), AFTER)):
        with pytest.raises(Invalid):
            record(start=start, end=end)
    assert session.scalar(sa.select(sa.func.count()).select_from(Outage)) == 0


def test_ops_sees_the_effect_before_recording_and_the_agent_sees_the_line(
    app: Flask, session: Session, ops: Browser
) -> None:
    agent = a.agent(tier="gold", name="周舟")
    now = real_now().replace(microsecond=0)
    inquiry = a.inquiry(at=now - seconds(1000))
    claim(inquiry_id=inquiry, agent_id=agent, now=now - seconds(800))
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=now - seconds(700))
    local = business_zone("Asia/Shanghai").local
    form = {
        "from": f"{local(now - seconds(760)):%Y-%m-%dT%H:%M:%S}",
        "until": f"{local(now - seconds(740)):%Y-%m-%dT%H:%M:%S}",
        "reason": "机房断电",
    }
    seen_first = ops.post("/console/outages", {**form, "do": "look"}).text
    assert "会影响 1 位客服：1 条迟到、0 条漏答不算" in seen_first
    assert seen(session).scalar(sa.select(sa.func.count()).select_from(Outage)) == 0
    assert "正在逐个返还" in ops.post("/console/outages", {**form, "do": "record"}).text
    seen(session)
    assert excuse_due(now=real_now()) == 1
    noted = session.scalars(sa.select(AuditEntry.reason).where(AuditEntry.action == "outage.record")).all()
    assert noted == ["机房断电"]
    assert "已全部返还" in ops.get("/console/outages").text
    with transaction() as writing:
        writing.get_one(Person, agent).password_hash = hashed_password()
    phone = Browser(app).log_in(phone_of(session, agent))
    page = phone.get(f"/agent/earnings?day={local(now - seconds(700)):%Y-%m-%d}").text
    assert "平台故障，已返还" in page
    assert "平台故障：1 条迟到" in page


def test_the_look_at_a_window_says_what_back_pay_has_given_for_its_late_replies(session: Session) -> None:
    agent = a.agent(tier="gold")
    answered(agent, started=0, took=70)
    answered(agent, started=0, took=49)
    later = NOON + dt.timedelta(days=2)
    seen(session)
    assert queries.preview(session, FROM, UNTIL).back_paid_fen == 0
    back_paid(NOON, now=later)
    seen(session)
    assert queries.preview(session, FROM, UNTIL).back_paid_fen == 20


def test_the_list_of_windows_says_what_back_pay_gave_for_the_replies_that_it_excused(
    session: Session, ops: Browser
) -> None:
    agent, later = a.agent(tier="gold"), NOON + dt.timedelta(days=2)
    answered(agent, started=0, took=70)
    answered(agent, started=0, took=49)
    record(at=later)
    assert excuse_due(now=later) == 1
    with counted() as statements:
        assert [row.back_paid_fen for row in queries.recorded(seen(session))] == [0]
    assert len(statements) == 2, "one for the windows, one for what back pay gave"
    back_paid(NOON, now=later)
    assert [row.back_paid_fen for row in queries.recorded(seen(session))] == [20]
    assert "另补发过 ¥0.20" in ops.get("/console/outages").text
