"""An agent who may be their own customer: noticed, held, looked at by a person, freed or taken back."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.channels.models import AgentMark, CustomerMark, Suspicion
from gig.channels.operations import decisions, inbound, signals
from gig.channels.queries import suspicions
from gig.channels.values import MARK_LIFE, MOST_SHARED
from gig.core.clock import real_now
from gig.core.db import transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.expiry import sweep_due
from gig.dispatch.operations.inquiries import NewInquiry
from gig.dispatch.operations.replies import reply
from gig.dispatch.operations.resolution import resolve
from gig.identity.models import Person
from gig.identity.operations.keys import create_channel
from gig.payouts.adjustments.operations.deciding import Evidence, propose_reversal
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.disbursement.operations.batches import create_batch
from gig.payouts.disbursement.operations.retries import retry_lines
from gig.payouts.ledger.audit import audit
from gig.payouts.ledger.models import LedgerEntry
from gig.web.filters import signed, yuan
from tests import builders as a
from tests.builders import NOON, seconds
from tests.features.adjustments.paying import back_paid
from tests.features.channels.conftest import PUBLIC_ADDRESS, Browser, NewCustomer
from tests.features.dispatch.handing import fee_card, hand_on, route
from tests.features.settlement import books

DAY = dt.timedelta(days=1)
ANSWER = "退款已原路退回，一般 1 到 3 个工作日到账。"
ORDINARY = "+8613912345678"


def phone_of(session: Session, person_id: str) -> str:
    return session.get_one(Person, person_id).phone


def asked(phone: str | None, at: dt.datetime = NOON, external_id: str = "q") -> str:
    """An inquiry whose channel knows the customer's phone."""
    a.queue()
    new = NewInquiry(external_id, "refund", "refund_status", "我的退款到哪里了？")
    return inbound.receive(channel_id=a.channel(), new=new, phone=phone, now=at).inquiry_id


def answer(agent: str, inquiry: str, at: dt.datetime = NOON, latency_s: int = 90) -> None:
    claim(inquiry_id=inquiry, agent_id=agent, now=at + seconds(10))
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=at + seconds(10 + latency_s))
    resolve(inquiry_id=inquiry, agent_id=agent, now=at + seconds(200))


def worker() -> str:
    """An agent who can be paid, and has earned enough for it elsewhere."""
    id = a.agent()
    books.name_payee(id)
    books.earn(id, 2000, base=400)
    return id


def only(session: Session) -> Suspicion:
    session.rollback()
    return session.execute(sa.select(Suspicion).execution_options(populate_existing=True)).scalar_one()


def line(session: Session, agent: str) -> PayoutLine:
    session.rollback()
    return session.execute(sa.select(PayoutLine).where(PayoutLine.agent_id == agent)).scalars().one()


def clean(session: Session) -> bool:
    """The books, but for the invented earnings of `books.earn`, which have no turns, and an invented fee."""
    session.rollback()
    invented = ("turn", "quote", "hand-over")
    ours = [finding for finding in audit(session) if not any(word in finding.claim for word in invented)]
    return not any(finding.differences for finding in ours)


def test_the_same_phone_is_noticed_and_of_the_phone_only_an_index_is_kept(session: Session) -> None:
    agent = a.agent()
    phone = phone_of(session, agent)
    inquiry = asked(phone.removeprefix("+86"))
    asked(ORDINARY, external_id="other")
    asked("138****1234", external_id="masked")
    found = only(session)
    assert (found.inquiry_id, found.agent_id, found.signals, found.strong) == (inquiry, agent, "phone", True)
    marks = session.scalars(sa.select(CustomerMark.mark)).all()
    assert len(marks) == 2 and not any(phone[-8:] in mark for mark in marks)
    assert suspicions.waiting(session) == 0  # the agent has not taken it
    claim(inquiry_id=inquiry, agent_id=agent, now=NOON + seconds(10))
    assert suspicions.waiting(session) == 1


def test_the_channel_may_send_the_phone_over_the_api(client: FlaskClient, session: Session) -> None:
    agent = a.agent()
    secret = create_channel(name="app", now=NOON, actor_id=None).secret
    body = {
        "external_id": "q1",
        "queue": "refund",
        "issue_type": "refund_status",
        "text": "退款呢？",
        "customer": {"external_id": "c1", "phone": phone_of(session, agent)},
    }
    answer = client.post("/api/v1/inquiries", json=body, headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 201
    assert "phone" not in answer.text
    assert only(session).agent_id == agent


@pytest.mark.parametrize("agent_first", [True, False])
def test_the_same_browser_is_noticed_whoever_used_it_first(
    app: Flask, session: Session, customer: NewCustomer, agent_first: bool
) -> None:
    agent, inquiry = a.agent(seen_at=real_now()), a.inquiry(at=real_now())
    browser = Browser(app)
    mine = customer(inquiry, browser=browser)

    def as_agent() -> None:
        browser.log_in(agent)
        for _ in range(2):
            assert browser.ask("/agent/feed").status_code == 200

    def as_customer() -> None:
        mine.open()
        mine.say("是我自己")

    for act in (as_agent, as_customer) if agent_first else (as_customer, as_agent):
        act()
    found = only(session)
    assert (found.agent_id, found.signals, found.strong) == (agent, "device", True)
    cookie = browser.client.get_cookie("device")
    assert cookie is not None and cookie.http_only and cookie.same_site == "Lax"


def test_a_link_that_a_browser_was_made_to_open_says_nothing_about_its_owner(
    app: Flask, session: Session, customer: NewCustomer
) -> None:
    agent, inquiry = a.agent(seen_at=real_now()), a.inquiry(at=real_now())
    browser = Browser(app)
    browser.log_in(agent).ask("/agent/feed")
    customer(inquiry, browser=browser).open()
    assert session.scalars(sa.select(Suspicion)).all() == []


def test_a_shared_address_is_flagged_and_holds_nothing(
    app: Flask, session: Session, customer: NewCustomer
) -> None:
    agent, other = (a.agent(seen_at=real_now()) for _ in range(2))
    Browser(app, PUBLIC_ADDRESS).log_in(agent).ask("/agent/feed")
    Browser(app, "192.168.1.5").log_in(other).ask("/agent/feed")
    inquiry = a.inquiry(at=real_now() - seconds(60))
    for asked, address in ((inquiry, PUBLIC_ADDRESS), (a.inquiry(at=real_now()), "192.168.1.5")):
        theirs = customer(asked, address)  # a private address says nothing
        theirs.open()
        theirs.say("到哪里了？")
    found = only(session)
    assert (found.agent_id, found.inquiry_id, found.signals, found.strong) == (
        agent,
        inquiry,
        "address",
        False,
    )
    assert clean(session)


def test_an_address_of_many_belongs_to_a_place(session: Session) -> None:
    marks = signals.marks_of(address=PUBLIC_ADDRESS)
    for _ in range(MOST_SHARED + 1):
        signals.note_agent(agent_id=a.agent(), marks=marks, now=NOON)
    inquiry = a.inquiry()
    with transaction() as writing:
        signals.note_customer(writing, inquiry, marks, now=NOON)
    assert session.execute(sa.select(sa.func.count()).select_from(Suspicion)).scalar_one() == 0


def test_a_mark_of_last_week_says_nothing(session: Session) -> None:
    marks = signals.marks_of(device="d" * 22)
    signals.note_agent(agent_id=a.agent(), marks=marks, now=NOON - MARK_LIFE)
    inquiry = a.inquiry()
    with transaction() as writing:
        signals.note_customer(writing, inquiry, marks, now=NOON)
    assert session.execute(sa.select(sa.func.count()).select_from(Suspicion)).scalar_one() == 0
    assert signals.forget_old_marks(NOON + 2 * MARK_LIFE) == "2 marks"
    assert not session.scalars(sa.select(AgentMark.agent_id)).all()


def test_the_pay_is_held_while_undecided_and_paid_once_the_customer_was_genuine(session: Session) -> None:
    agent, colleague, reviewer = worker(), worker(), a.person(roles="reviewer")
    inquiry = asked(phone_of(session, agent))
    answer(agent, inquiry)
    books.close()
    held = line(session, agent)
    assert (held.state, held.hold_reason) == ("held", "own-customer")
    assert line(session, colleague).state == "planned"
    books.approve()
    assert retry_lines(period_id=books.WEEK, actor_id="f", now=books.CLOSING_TIME) == 0
    later = books.CLOSING_TIME + DAY
    decisions.decide_genuine(
        suspicion_id=only(session).id, actor_id=reviewer, reason="是同名的家人", now=later
    )
    assert retry_lines(period_id=books.WEEK, actor_id="f", now=later) == 1
    assert clean(session)
    with pytest.raises(Refused) as again:
        decisions.decide_genuine(suspicion_id=only(session).id, actor_id=reviewer, reason="再来", now=later)
    assert again.value.slug == "already-decided"


def test_a_suspicion_after_the_close_holds_the_line_before_its_batch(session: Session) -> None:
    agent, colleague = worker(), worker()
    inquiry = a.inquiry()
    answer(agent, inquiry)
    books.close()
    books.approve()
    assert line(session, agent).state == "planned"
    with transaction() as writing:
        phone = signals.marks_of(phone=phone_of(session, agent))
        signals.note_customer(writing, inquiry, phone, now=books.CLOSING_TIME)
    create_batch(period_id=books.WEEK, actor_id="maker", now=books.CLOSING_TIME)
    assert line(session, agent).hold_reason == "own-customer"
    assert line(session, colleague).batch_id is not None


def test_pay_of_ones_own_question_is_reversed_entry_by_entry_and_linked(session: Session) -> None:
    agent, reviewer = worker(), a.person(roles="reviewer")
    inquiry = asked(phone_of(session, agent))
    answer(agent, inquiry, latency_s=90)  # late: an earning of 180 and a penalty of 36
    id = only(session).id
    with pytest.raises(Refused) as early:
        decisions.decide_own_customer(suspicion_id=id, actor_id=reviewer, reason="同一手机号", now=NOON + DAY)
    assert early.value.slug == "not-ended"
    sweep_due(now=NOON + DAY + seconds(300))
    at = NOON + DAY + seconds(400)
    taken = decisions.decide_own_customer(suspicion_id=id, actor_id=reviewer, reason="同一手机号", now=at)
    assert taken == 144
    reversals = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.kind == "reversal")).all()
    assert sorted(entry.payable_fen for entry in reversals) == [-180, 36]
    assert {entry.memo for entry in reversals} == {decisions.TAKEN_BACK}
    originals = {session.get_one(LedgerEntry, entry.reverses_id).kind for entry in reversals}
    assert originals == {"earning", "penalty"}
    books.close()
    assert (line(session, agent).state, line(session, agent).amount_fen) == ("planned", 2000)
    assert books.statement(session, agent).reversals_fen == -144
    assert clean(session)
    with pytest.raises(Refused):
        decisions.decide_own_customer(suspicion_id=id, actor_id=reviewer, reason="再来一次", now=at)
    assert session.execute(sa.select(sa.func.count()).where(LedgerEntry.kind == "reversal")).scalar_one() == 2


def test_the_fee_for_handing_ones_own_question_on_waits_and_is_taken_back(session: Session) -> None:
    agent, reviewer = worker(), a.person(roles="reviewer")
    fee_card(30, at=NOON - DAY)
    route("refund", "senior", now=NOON - DAY)
    inquiry = asked(phone_of(session, agent))
    claim(inquiry_id=inquiry, agent_id=agent, now=NOON + seconds(10))
    hand_on(inquiry, agent, now=NOON + seconds(20))
    found = suspicions.rows(session, decided=False)
    assert [(row.pay_fen, row.replies) for row in found] == [(30, 0)]
    books.close()
    assert line(session, agent).hold_reason == "own-customer"
    sweep_due(now=NOON + DAY)
    taken = decisions.decide_own_customer(
        suspicion_id=only(session).id, actor_id=reviewer, reason="同一手机号", now=books.CLOSING_TIME
    )
    assert taken == 30
    assert session.scalars(
        sa.select(LedgerEntry.payable_fen).where(LedgerEntry.kind == "reversal")
    ).all() == [-30]
    assert clean(session)


def test_a_decision_after_the_close_reverses_in_the_next_period(session: Session) -> None:
    agent, reviewer = worker(), a.person(roles="reviewer")
    answer(agent, asked(phone_of(session, agent)))
    books.close()
    sweep_due(now=books.CLOSING_TIME)
    decisions.decide_own_customer(
        suspicion_id=only(session).id, actor_id=reviewer, reason="同一手机号", now=books.CLOSING_TIME
    )
    assert books.statement(session, agent).gross_fen == 2144
    periods = set(session.scalars(sa.select(LedgerEntry.period_id).where(LedgerEntry.kind == "reversal")))
    assert len(periods) == 1 and books.WEEK not in periods
    assert clean(session)


def test_a_decision_that_waited_for_the_close_names_the_period_that_it_belonged_to(session: Session) -> None:
    agent, reviewer = worker(), a.person(roles="reviewer")
    answer(agent, asked(phone_of(session, agent)))
    sweep_due(now=books.CLOSING_TIME)
    books.close()
    decisions.decide_own_customer(
        suspicion_id=only(session).id, actor_id=reviewer, reason="同一手机号", now=NOON + DAY + seconds(400)
    )
    named = session.scalars(sa.select(LedgerEntry.late_for_period_id).where(LedgerEntry.kind == "reversal"))
    assert set(named) == {books.WEEK}


def test_a_decision_wants_its_grounds_and_an_existing_suspicion(session: Session) -> None:
    reviewer = a.person(roles="reviewer")
    with pytest.raises(Invalid):
        decisions.decide_genuine(suspicion_id="x", actor_id=reviewer, reason="  ", now=NOON)
    with pytest.raises(NotFound):
        decisions.decide_genuine(suspicion_id="x", actor_id=reviewer, reason="没有这条", now=NOON)


def test_a_reviewer_sees_the_evidence_and_decides_and_others_see_nothing(
    app: Flask, session: Session
) -> None:
    agent, reviewer = worker(), a.person(roles="reviewer", name="陈雨")
    inquiry = asked(phone_of(session, agent))
    answer(agent, inquiry)
    found = only(session)
    desk = Browser(app).log_in(reviewer)
    assert "手机号相同" in desk.ask("/console/own-customers").text
    page = desk.ask(f"/console/own-customers/{found.id}").text
    assert ANSWER in page and "1.44" in page and "咨询还没有结束" in page
    for role in ("ops", "finance", "admin"):
        assert Browser(app).log_in(a.person(roles=role)).ask("/console/own-customers").status_code == 403
    app.config["WTF_CSRF_ENABLED"] = False
    refused = desk.ask(f"/console/own-customers/{found.id}/genuine", "POST", data={"reason": ""})
    assert refused.status_code == 422
    done = desk.ask(f"/console/own-customers/{found.id}/genuine", "POST", data={"reason": "家人同住"})
    assert done.status_code == 303
    assert only(session).state == "genuine"
    assert "家人同住" in desk.ask(f"/console/own-customers/{found.id}").text
    assert "客户是别人" in desk.ask("/console/own-customers?decided=1").text


def test_the_agent_reads_why_the_pay_waits(app: Flask, session: Session) -> None:
    agent = worker()
    answer(agent, asked(phone_of(session, agent)))
    books.close()
    books.approve()
    page = Browser(app).log_in(agent).ask(f"/agent/statements/{books.WEEK}")
    assert "有一条回复的客户可能是本人，正在人工核对" in page.text


def test_back_pay_of_ones_own_question_is_shown_taken_back_and_looked_for_by_the_audit(
    session: Session,
) -> None:
    agent, reviewer = worker(), a.person(roles="reviewer")
    inquiry = asked(phone_of(session, agent))
    answer(agent, inquiry, latency_s=30)
    sweep_due(now=NOON + DAY + seconds(300))
    at = NOON + 2 * DAY
    back_paid(NOON, now=at)
    id = only(session).id
    assert suspicions.case(session, id).back_paid_fen == 20
    with transaction() as writing:  # as it was decided before back pay was taken with it
        old = {"state": "own_customer", "decided_by": reviewer, "decided_at": at, "reason": "同一手机号"}
        writing.execute(sa.update(Suspicion).values(**old, taken_back_fen=0))
    session.rollback()
    found = [each for finding in audit(session) for each in finding.differences]
    assert any("补发里有" in str(each) for each in found)
    with transaction() as writing:
        undecided = {"state": "undecided", "decided_by": None, "decided_at": None, "reason": None}
        writing.execute(sa.update(Suspicion).values(**undecided, taken_back_fen=None))
    pay = sum(each.pay_fen for each in suspicions.case(session, id).earnings)
    taken = decisions.decide_own_customer(suspicion_id=id, actor_id=reviewer, reason="同一手机号", now=at)
    assert taken == pay + 20
    session.rollback()
    assert suspicions.case(session, id).back_paid_fen == 0
    assert clean(session)


def test_the_case_says_to_the_fen_what_would_be_taken_and_then_what_was(app: Flask, session: Session) -> None:
    """The pay of a late reply, what a penalty was given back of it, and its back pay."""
    agent, reviewer = worker(), a.person(roles="reviewer")
    inquiry = asked(phone_of(session, agent))
    answer(agent, inquiry, latency_s=90)
    sweep_due(now=NOON + DAY + seconds(300))
    at = NOON + 2 * DAY
    back_paid(NOON, now=at, reason="上调 20 %，<b>补差")
    penalty = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.kind == "penalty")).one()
    given_back = min(5, penalty.amount_fen)
    propose_reversal(
        entry_id=penalty.id,
        amount_fen=given_back,
        reason="断线了",
        evidence=Evidence("日志"),
        actor_id="maker",
        now=at,
    )
    id = only(session).id
    case = suspicions.case(session, id)
    assert case.stake_fen == sum(each.pay_fen for each in case.earnings) + 20 + given_back
    desk, path = Browser(app).log_in(reviewer), f"/console/own-customers/{id}"
    before = desk.ask(path).text
    assert f"客户是本人，冲回 {yuan(case.stake_fen)}" in before
    assert "早先的返还、扣回和调整" in before
    assert (
        decisions.decide_own_customer(suspicion_id=id, actor_id=reviewer, reason="同一手机号", now=at)
        == case.stake_fen
    )
    session.rollback()
    decided = suspicions.case(session, id)
    assert sum(fen for _entry, fen in decided.taken) == case.stake_fen
    assert sorted(entry.kind for entry, _fen in decided.taken) == ["adjustment", "earning", "penalty"]
    after = desk.ask(path).text
    assert "补发 · 上调 20 %，&lt;b&gt;补差" in after and f"{signed(-case.stake_fen)}" in after
    [earning] = case.earnings
    page = Browser(app).log_in(agent).ask(f"/agent/earnings/{earning.id}").text
    assert f"{decisions.TAKEN_BACK} −{yuan(earning.gross_fen)}" in page, (
        "the agent reads it where the pay stands"
    )
    assert clean(session)
