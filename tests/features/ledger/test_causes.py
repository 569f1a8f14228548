"""Each entry of the book leads to what decided it, and what decided leads to its entries."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.channels.models import Suspicion
from gig.channels.operations.decisions import decide_own_customer
from gig.core.db import transaction
from gig.core.ids import new_id
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.expiry import sweep_due
from gig.dispatch.operations.replies import reply
from gig.dispatch.operations.resolution import resolve
from gig.dispatch.outages.operations import excuse_due, record_outage
from gig.payouts.adjustments.operations.deciding import Evidence, propose, propose_reversal
from gig.payouts.books.causes import causes_of
from gig.payouts.ledger.models import LedgerEntry
from gig.quality.operations.deciding import Ruling, decide
from gig.quality.operations.filing import file_appeal
from gig.scoring.models import ScoreEvent
from tests import builders
from tests.builders import seconds
from tests.features.disbursement.payday import answer, as_csv, exported, lines, row
from tests.features.dispatch.handing import fee_card, hand_on, route
from tests.features.settlement import books
from tests.features.settlement.books import DAY, HOUR, WEDNESDAY, WEEK
from tests.features.settlement.conftest import Desk, after_closing_time, desk
from tests.features.tax import taxing

__all__ = ["after_closing_time", "desk"]

ANSWER = "退款已原路退回，一般 1 到 3 个工作日到账。"
pytestmark = pytest.mark.usefixtures("after_closing_time")


def answered(latency: float = 90, *, agent_id: str = "", inquiry_id: str = "") -> tuple[str, str, str]:
    """A reply on the Wednesday: (agent, inquiry, earning)."""
    inquiry = inquiry_id or builders.inquiry(at=WEDNESDAY)
    agent = agent_id or builders.agent(name="林可", skills=("refund", "senior"), seen_at=WEDNESDAY)
    at = WEDNESDAY + seconds(30)
    claim(inquiry_id=inquiry, agent_id=agent, now=at)
    said = reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=at + seconds(latency))
    assert said.earning is not None
    return agent, inquiry, said.earning.id


def entry(session: Session, kind: str) -> LedgerEntry:
    session.rollback()
    newest = sa.select(LedgerEntry).where(LedgerEntry.kind == kind).order_by(LedgerEntry.id.desc())
    return session.scalars(newest.limit(1)).one()


def opened(session: Session, desk: Desk, kind: str) -> list[str]:
    """The causes that the newest entry of the kind names; finance opens its own and reads of the others,
    which their people open."""
    found = entry(session, kind)
    page = desk().get(f"/console/ledger/{found.id}").text
    for cause in causes_of(session, found):
        if cause.by == "settle":
            assert f'href="{cause.url}"' in page
            assert desk().get(cause.url).status_code == 200
        else:
            role = {"operate": "ops", "review": "reviewer"}[cause.by]
            assert f'href="{cause.url}"' not in page and f">{cause.url}</span>" in page
            assert desk(role).get(cause.url).status_code == 200
    return [cause.url for cause in causes_of(session, found)]


def test_an_adjustment_and_the_reversal_that_somebody_decided(session: Session, desk: Desk) -> None:
    lin = books.agent()
    common = {"agent_id": lin, "reason": "看过了", "actor_id": "maker", "now": WEDNESDAY}
    award, goodwill = (propose(kind=kind, amount_fen=100, **common) for kind in ("award", "goodwill"))
    assert opened(session, desk, "award") == [f"/console/adjustments/{award}"]
    assert opened(session, desk, "adjustment") == [f"/console/adjustments/{goodwill}"]
    taken = propose_reversal(
        entry_id=entry(session, "award").id,
        amount_fen=7,
        reason="记错了",
        evidence=Evidence("核对表"),
        actor_id="maker",
        now=WEDNESDAY,
    )
    assert opened(session, desk, "reversal") == [f"/console/adjustments/{taken}"]


def test_the_appeal_that_gave_a_penalty_back(session: Session, desk: Desk) -> None:
    agent, _inquiry, _earning = answered()
    event = session.scalars(sa.select(ScoreEvent.id).where(ScoreEvent.kind == "late")).one()
    id = file_appeal(event_id=event, agent_id=agent, text="断线了", now=WEDNESDAY + HOUR)
    ruling = Ruling("upheld", "platform", "看过了。", None, True)
    decide(appeal_id=id, ruling=ruling, actor_id=builders.person(roles="reviewer"), now=WEDNESDAY + HOUR)
    assert opened(session, desk, "reversal") == [f"/console/appeals/{id}"]


def test_the_outage_that_excused_a_late_reply(session: Session, desk: Desk) -> None:
    answered()
    end, now = WEDNESDAY + seconds(100), WEDNESDAY + HOUR
    record_outage(starts_at=WEDNESDAY, ends_at=end, reason="机房断电", actor_id=None, now=now)
    assert excuse_due(now=now) == 1
    assert opened(session, desk, "reversal") == ["/console/outages"]


def test_the_decision_that_somebody_was_their_own_customer(session: Session, desk: Desk) -> None:
    agent, inquiry, _earning = answered(20)
    with transaction() as writing:
        case = Suspicion(
            id=new_id(),
            inquiry_id=inquiry,
            agent_id=agent,
            signals="device",
            strong=True,
            noticed_at=WEDNESDAY,
            state="undecided",
        )
        writing.add(case)
        id = case.id
    resolve(inquiry_id=inquiry, agent_id=agent, now=WEDNESDAY + seconds(100))
    later = WEDNESDAY + 2 * DAY
    sweep_due(now=later)
    reviewer = builders.person(roles="reviewer")
    decide_own_customer(suspicion_id=id, actor_id=reviewer, reason="同一台手机", now=later)
    assert opened(session, desk, "reversal") == [f"/console/own-customers/{id}"]


def test_the_fee_for_handing_on_leads_to_the_hand_over_and_to_the_reply_after_it(
    session: Session, desk: Desk
) -> None:
    fee_card(30, at=WEDNESDAY - HOUR)
    route("refund", "senior")
    inquiry, agent = builders.inquiry(at=WEDNESDAY), builders.agent(seen_at=WEDNESDAY)
    claim(inquiry_id=inquiry, agent_id=agent, now=WEDNESDAY + seconds(5))
    hand_on(inquiry, agent, now=WEDNESDAY + seconds(20))
    assert opened(session, desk, "triage") == [f"/console/escalations/{inquiry}"]
    _agent, _inquiry, earning = answered(20, inquiry_id=inquiry)
    assert set(opened(session, desk, "triage")) == {
        f"/console/escalations/{inquiry}",
        f"/console/ledger?source=earning:{earning}",
    }
    key = entry(session, "triage").source_key
    assert key in desk("ops").get(f"/console/escalations/{inquiry}").text
    assert desk().get(f"/console/ledger?source={key}").text.count("triage:") >= 1


def test_a_payment_leads_to_its_line_and_the_line_to_all_its_entries(session: Session, desk: Desk) -> None:
    taxing.choose("labour_2018", gap=None, month="2026-11-01")
    books.post(taxing.agent(), "adjustment", 100_000)
    books.post(taxing.agent(), "adjustment", 70_000)
    books.close()
    books.approve()
    batch_id = exported()
    line, _other = lines(session)
    answer(batch_id, as_csv(row(line, "失败", "户名不符", "960.00")))
    finance = desk()
    for kind in ("export", "failed"):
        page = finance.get(f"/console/ledger/{entry_of(session, kind, line.id).id}").text
        (url,) = re.findall(rf'href="(/console/batches/{batch_id}[^"]*#{line.number})"', page)
        assert f'<tr id="{line.number}">' in finance.get(url.replace("&amp;", "&")).text
    (url,) = re.findall(
        rf'href="(/console/ledger\?line={line.id})"', finance.get(f"/console/batches/{batch_id}").text
    )
    listed = re.findall(r'href="/console/ledger/(0[0-9a-z]{25})"', finance.get(url).text)
    kinds = session.scalars(sa.select(LedgerEntry.kind).where(LedgerEntry.id.in_(listed)))
    assert sorted(kinds) == ["export", "failed", "tax", "tax"]
    assert books.state(session, WEEK) == "exported"


def test_what_the_bank_said_leads_to_its_result_and_a_tax_to_what_gave_it_back(
    session: Session, desk: Desk
) -> None:
    taxing.choose("labour_2018", gap=None, month="2026-11-01")
    books.post(taxing.agent(), "adjustment", 100_000)
    books.post(taxing.agent(), "adjustment", 90_000)
    books.close()
    books.approve()
    batch_id = exported()
    one, other = lines(session)
    net = {one.id: "960.00", other.id: "880.00"}
    first = answer(batch_id, as_csv(row(one, amount=net[one.id]), row(other, amount=net[other.id])))
    assert causes_of(session, entry_of(session, "settled", one.id))[0].url == f"/console/results/{first}"
    then = answer(batch_id, as_csv(row(one, "退票", "账户已销户", net[one.id])))
    assert causes_of(session, entry_of(session, "settled", one.id)) == [], "another result said that"
    assert opened(session, desk, "returned") == [f"/console/results/{then}"]
    assert opened(session, desk, "tax") == [f"/console/results/{then}"]
    back, taken = entry(session, "tax"), entry_of(session, "tax", one.id)
    finance = desk()
    page = finance.get(f"/console/ledger/{back.id}").text
    assert "代扣个税退回" in page and f'href="/console/ledger/{taken.id}"' in page
    assert f'href="/console/ledger/{back.id}"' in finance.get(f"/console/ledger/{taken.id}").text
    kept = entry_of(session, "tax", other.id)
    assert "代扣个税退回" not in finance.get(f"/console/ledger/{kept.id}").text
    assert f"#{one.number}" in finance.get(f"/console/results/{then}").text


def entry_of(session: Session, kind: str, line_id: str) -> LedgerEntry:
    session.rollback()
    return session.scalars(sa.select(LedgerEntry).where(LedgerEntry.source_key == f"{kind}:{line_id}")).one()
