"""A rehearsed close says what the real one will, names whoever needs a look, and writes nothing."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.ids import new_id
from gig.payouts.adjustments.operations.deciding import Evidence, propose
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.settlement.queries import totals
from gig.payouts.settlement.rehearsal import Rehearsal, rehearse
from tests import builders
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, HOUR, WEDNESDAY, WEEK, WEEKS
from tests.features.settlement.conftest import Desk
from tests.statements import counted


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


def test_it_names_adjustments_and_claims_that_wait(session: Session) -> None:
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
    assert f"/console/ledger?agent={he}" in page
    assert "账本与结算单一致" in page
    assert books.state(session) == "open"
    assert finance.get(f"/console/periods/{new_id()}/rehearsal").status_code == 404
    assert desk("ops").get(f"/console/periods/{WEEK}/rehearsal").status_code == 403
