"""A rehearsed close says what the real one will, names whoever needs a look, and writes nothing."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.channels.models import Suspicion
from gig.core.db import db, transaction
from gig.core.ids import new_id
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.replies import reply
from gig.onboarding.models import Application
from gig.payouts.adjustments.operations.deciding import Evidence, propose
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.disbursement.operations.batches import create_batch
from gig.payouts.disbursement.operations.questions import put_in_question
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.settlement.queries import totals
from gig.payouts.settlement.rehearsal import Rehearsal, rehearse
from gig.payouts.tax.operations.residency import state_residency
from gig.quality.operations.filing import file_appeal
from gig.scoring.models import ScoreEvent
from tests import builders
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, HOUR, MONDAY_AFTER, WEDNESDAY, WEEK, WEEKS
from tests.features.settlement.conftest import Desk
from tests.features.tax import taxing
from tests.statements import counted

ANSWER = "退款已原路退回，一般 1 到 3 个工作日到账。"


def rehearsed(session: Session, period_id: str = WEEK) -> Rehearsal:
    session.rollback()
    return rehearse(session, session.get_one(Period, period_id), now=CLOSING_TIME)


def found(said: Rehearsal) -> dict[str, list[tuple[str, int | None]]]:
    return {finding.title: [(item.who, item.fen) for item in finding.items] for finding in said.findings}


def test_it_says_what_the_close_then_says_and_writes_nothing(session: Session) -> None:
    lin, he = books.agent(), books.agent(payee=False)
    books.earn(lin, 2400, base=400, penalty=480)
    books.post(lin, "award", 300)
    books.earn(he, 1200, base=400)
    books.earn(books.agent(), 999, base=400)
    said = rehearsed(session)
    with counted() as sent:
        rehearsed(session)
    assert [each for each in sent if not each.startswith(("SELECT", "WITH"))] == []
    assert session.scalars(sa.select(Statement)).all() == []
    assert session.scalars(sa.select(PayoutLine)).all() == []
    books.close()
    session.rollback()
    closed = totals(session, WEEK)
    for name in ("agents", "turns", "gross_fen", "carried_in_fen", "payable_fen", "carried_out_fen"):
        assert getattr(said, name) == closed[name], name
    assert (said.held_fen, said.difference_fen) == (1200, 0)


def test_it_names_who_would_be_held_and_who_owes(session: Session) -> None:
    none = books.agent(payee=False, name="何静")
    unverified = books.agent(stage="applicant", name="苏晴")
    suspended = books.agent(stage="suspended", name="郭凡")
    changed = books.agent(name="丁一")
    owing = books.agent(name="孟河")
    for id in (none, unverified, suspended, changed):
        books.earn(id, 1200, base=400)
    books.name_payee(changed, at=CLOSING_TIME - HOUR, first=False)
    books.post(owing, "adjustment", -700)
    assert found(rehearsed(session)) == {
        "没有收款账户": [("何静", 1200)],
        "还没有实名": [("苏晴", 1200)],
        "停用中": [("郭凡", 1200)],
        "刚换收款账户": [("丁一", 1200)],
        "余额是负数": [("孟河", -700)],
    }


def test_it_names_adjustments_that_wait(session: Session) -> None:
    lin = builders.agent(name="林可", skills=("refund",))
    books.earn(lin, 1200, base=400)
    propose(
        kind="award",
        agent_id=lin,
        amount_fen=90_000,
        reason="月度之星",
        evidence=Evidence("名单"),
        actor_id="maker",
        now=WEDNESDAY,
    )
    assert found(rehearsed(session))["等人复核的调整"] == [("林可", 90_000)]


def claimed(at: dt.datetime, name: str) -> tuple[str, str]:
    """An inquiry that a new agent has claimed since the instant; the agent."""
    id, agent_id = builders.inquiry(at=at), builders.agent(name=name, seen_at=at)
    claim(inquiry_id=id, agent_id=agent_id, now=at + builders.seconds(10))
    return id, agent_id


def test_it_counts_the_claims_of_the_period_that_are_not_answered(session: Session) -> None:
    waiting, lin = claimed(WEDNESDAY, "林可")
    answered, he = claimed(WEDNESDAY, "何静")
    claimed(MONDAY_AFTER, "丁一")
    builders.inquiry(at=WEDNESDAY)
    sent = WEDNESDAY + builders.seconds(90)
    reply(inquiry_id=answered, agent_id=he, text=ANSWER, now=sent)
    (claims,) = (each for each in rehearsed(session).findings if each.title == "还没答完的会话")
    assert (claims.count, len(claims.items)) == (1, 1)
    (item,) = claims.items
    assert (item.who, item.at) == ("林可", WEDNESDAY + builders.seconds(10))
    assert (item.url, item.by) == (f"/console/live/inquiries/{waiting}/reassignment", "operate")
    reply(inquiry_id=waiting, agent_id=lin, text=ANSWER, now=sent)
    assert "还没答完的会话" not in {each.title for each in rehearsed(session).findings}


def troubled() -> dict[str, str]:
    """One of everything that finance may find before a close; where each is mended."""
    none, owing, changed = (books.agent(payee=False, name="何静"), books.agent(), books.agent())
    new, tried = (books.agent(stage="applicant") for _ in range(2))
    suspended, own = books.agent(stage="suspended"), builders.agent(seen_at=WEDNESDAY)
    books.name_payee(own)
    for id in (none, new, tried, suspended, changed):
        books.earn(id, 1200, base=400)
    books.name_payee(changed, at=CLOSING_TIME - HOUR, first=False)
    books.post(owing, "adjustment", -700)
    taxing.show_document(tried, "林可", taxing.RESIDENT)
    with transaction() as writing:
        rejected = sa.update(Application).values(state="rejected", reason_text="照片不清楚")
        application = writing.scalars(rejected.returning(Application.id)).one()
    asked = builders.inquiry(at=WEDNESDAY)
    claim(inquiry_id=asked, agent_id=own, now=WEDNESDAY + builders.seconds(10))
    books.earn(own, 1200, base=400, inquiry_id=asked)
    with transaction() as writing:
        suspicion = Suspicion(
            id=new_id(),
            inquiry_id=asked,
            agent_id=own,
            signals="device",
            strong=True,
            noticed_at=WEDNESDAY,
            state="undecided",
        )
        writing.add(suspicion)
        put_in_question(writing, agent_id=own, inquiry_id=asked, now=WEDNESDAY)
        case = suspicion.id
    late, someone = claimed(WEDNESDAY, "林可")
    books.name_payee(someone)
    reply(inquiry_id=late, agent_id=someone, text=ANSWER, now=WEDNESDAY + builders.seconds(90))
    event = db.session.scalars(sa.select(ScoreEvent.id).where(ScoreEvent.kind == "late")).one()
    appeal = file_appeal(event_id=event, agent_id=someone, text="断线了", now=WEDNESDAY + HOUR)
    adjusted = propose(
        kind="award",
        agent_id=owing,
        amount_fen=90_000,
        reason="月度之星",
        evidence=Evidence("名单"),
        actor_id="maker",
        now=WEDNESDAY,
    )
    untaxable = taxing.agent(number=taxing.PERMIT)
    books.earn(untaxable, 1200, base=400)
    return {
        "没有收款账户": f"/console/payees/{none}",
        "刚换收款账户": f"/console/payees/{changed}",
        "还没有实名": f"/console/review /console/review/{application}",
        "停用中": f"/console/agents/{suspended}",
        "可能接了自己的单": f"/console/own-customers/{case}",
        "不能确认居民身份": f"/console/tax?agent={untaxable}",
        "余额是负数": f"/console/ledger?agent={owing}",
        "还没答完的会话": f"/console/live/inquiries/{asked}/reassignment",
        "还没裁定的申诉": f"/console/appeals/{appeal}",
        "等人复核的调整": f"/console/adjustments/{adjusted}",
    }


@pytest.mark.usefixtures("after_closing_time")
def test_each_finding_leads_where_it_is_mended_and_finance_to_what_it_may_read(
    session: Session, desk: Desk
) -> None:
    taxing.choose("labour_2018", gap=None, month="2026-11-01")
    where = troubled()
    said = rehearsed(session)
    assert {each.title: " ".join(sorted(item.url for item in each.items)) for each in said.findings} == where
    desks = {"settle": desk(), "operate": desk("ops"), "review": desk("reviewer")}
    page = desks["settle"].get(f"/console/periods/{WEEK}/rehearsal").text
    for item in (item for each in said.findings for item in each.items):
        assert desks[item.by].get(item.url).status_code == 200, item.url
        if item.by == "settle":
            assert f'href="{item.url}"' in page
        else:
            assert f'href="{item.url}"' not in page and f">{item.url}</span>" in page
            assert f'href="{item.read}"' in page
            assert desks["settle"].get(item.read).status_code == 200
            assert desks["settle"].get(item.url).status_code == 403


class TestWhoCannotBeTaxed:
    def test_they_are_listed_only_where_tax_is_withheld_and_nothing_is_written(
        self, session: Session
    ) -> None:
        for name, number in (("林可", taxing.RESIDENT), ("何静", taxing.PERMIT), ("丁一", None)):
            books.earn(taxing.agent(name, number=number), 1200, base=400)
        assert "不能确认居民身份" not in found(rehearsed(session))
        taxing.choose("labour_2018", gap=None, month="2026-11-01")
        with counted() as sent:
            said = rehearsed(session)
        assert [each for each in sent if not each.startswith(("SELECT", "WITH"))] == []
        assert found(said) == {"不能确认居民身份": [("何静", 1200), ("丁一", 1200)]}
        assert said.held_fen == 0
        books.close()
        books.approve()
        batch = create_batch(period_id=WEEK, actor_id="maker", now=CLOSING_TIME)
        assert session.get_one(Batch, batch).lines == 1
        session.rollback()
        held = session.execute(sa.select(PayoutLine.hold_reason).where(PayoutLine.state == "held")).all()
        assert held == [("tax-identity",), ("tax-identity",)]

    def test_what_finance_said_of_a_permit_counts(self, session: Session) -> None:
        taxing.choose("labour_2018", gap=None, month="2026-11-01")
        he, ding = (taxing.agent(name, number=taxing.PERMIT) for name in ("何静", "丁一"))
        for id, resident in ((he, True), (ding, False)):
            books.earn(id, 1200, base=400)
            state_residency(agent_id=id, resident=resident, reason="看过了", actor_id="maker", now=WEDNESDAY)
        assert found(rehearsed(session)) == {"不能确认居民身份": [("丁一", 1200)]}

    @pytest.mark.usefixtures("after_closing_time")
    def test_finance_says_it_on_the_page_that_the_finding_leads_to(
        self, session: Session, desk: Desk
    ) -> None:
        taxing.choose("labour_2018", gap=None, month="2026-11-01")
        he, ding = taxing.agent("何静", number=taxing.PERMIT), taxing.agent("丁一", number=None)
        for id in (he, ding):
            books.earn(id, 1200, base=400)
        finance = desk()
        assert "要本人重新实名" in finance.get(f"/console/tax?agent={ding}").text
        assert "要人工确认居民身份" not in finance.get("/console/tax").text
        form = re.search(
            r'action="(/console/tax/residents/[^"]+)"', finance.get(f"/console/tax?agent={he}").text
        )
        assert form and form[1].endswith(he)
        finance.post(form[1], {"resident": "yes", "reason": "看过居住证"})
        assert found(rehearsed(session)) == {"不能确认居民身份": [("丁一", 1200)]}
        assert (
            finance.post(f"/console/tax/residents/{ding}", {"resident": "yes", "reason": "x"}).status_code
            == 404
        )


def test_a_second_period_is_rehearsed_with_what_the_first_carries(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 400)
    books.close()
    books.earn(lin, 700, base=400, at=WEDNESDAY + WEEKS)
    said = rehearsed(session, "week-2026-11-23")
    assert (said.carried_in_fen, said.payable_fen) == (400, 1100)


@pytest.mark.usefixtures("after_closing_time")
def test_finance_reads_it_before_closing(session: Session, desk: Desk) -> None:
    he = books.agent(payee=False, name="何静")
    books.earn(he, 1200, base=400)
    finance = desk()
    assert "试关账" in finance.get(f"/console/periods/{WEEK}").text
    page = finance.get(f"/console/periods/{WEEK}/rehearsal").text
    assert "没有收款账户" in page
    assert f'href="/console/payees/{he}"' in page
    assert "账本与结算单一致" in page
    assert books.state(session) == "open"
    assert finance.get(f"/console/periods/{new_id()}/rehearsal").status_code == 404
    assert desk("ops").get(f"/console/periods/{WEEK}/rehearsal").status_code == 403
