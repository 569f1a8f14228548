"""Finance's desk: from an open week to a sheet, by forms that need no script."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.views import agent, console
from tests.features.settlement import books
from tests.features.settlement.books import WEEK
from tests.features.settlement.conftest import Desk

pytestmark = pytest.mark.usefixtures("after_closing_time")
PERIOD = f"/console/periods/{WEEK}"


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_week_goes_from_open_to_its_sheet_between_two_people(session: Session, desk: Desk) -> None:
    lin = books.agent(name="林可")
    books.earn(lin, 4120, base=400, penalty=130)
    books.agent()
    maker, checker = desk(name="李敏"), desk(name="许岚")
    assert "计费中" in maker.get("/console/periods").text
    closed = maker.post(f"{PERIOD}/close").text
    assert "三方一致，差额 0.00" in words(closed)
    assert "审批通过" not in closed
    approved = checker.post(f"{PERIOD}/approve").text
    assert "审批 · 许岚（你）" in words(approved) and "已审批，可以制单了" in approved
    made = maker.post(f"{PERIOD}/batches", {"template": "generic", "payment_date": "2026-11-24"}).text
    assert "等另一位财务审批" in made
    session.rollback()
    batch_id = session.scalars(sa.select(Batch.id)).one()
    refused = maker.post(f"/console/batches/{batch_id}/approve").text
    assert "制单的人不能审批同一批" in refused
    checker.post(f"/console/batches/{batch_id}/approve")
    exported = checker.post(f"/console/batches/{batch_id}/export").text
    assert "已导出并冻结" in exported
    first = maker.post(f"/console/batches/{batch_id}/links", {"what": "xlsx"})
    again = checker.post(f"/console/batches/{batch_id}/links", {"what": "xlsx"})
    assert first.data == again.data
    assert 'filename="PB20261123-0001.xlsx"' in first.headers["Content-Disposition"]
    assert "39.90" in maker.post(f"/console/batches/{batch_id}/links", {"what": "csv"}).text
    assert books.state(session) == "exported"
    assert books.faults() == []


def test_older_periods_and_statements_are_a_page_further(
    session: Session, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "PAGE", 2)
    monkeypatch.setattr(agent, "STATEMENTS", 2)
    lin = books.agent()
    for weeks in range(4):
        books.earn(lin, 400, at=books.WEDNESDAY - weeks * books.WEEKS)
    books.close()
    for who, path in ((desk(), "/console/periods"), (desk(person_id=lin), "/agent/statements")):
        seen, url = [], path
        while url:
            text = who.get(url).text
            assert ("回到最新" in text) == (url != path)
            seen += re.findall(rf'href="{path}/(week-[\d-]+)"', text)
            older = re.search(rf'href="({path}\?before=[^"]+)"', text)
            url = older[1] if older else ""
        assert seen == sorted(set(seen), reverse=True) and seen[-1] == "week-2026-10-26"


def test_held_people_are_listed_with_their_reason(session: Session, desk: Desk) -> None:
    books.earn(books.agent(payee=False), 1200, base=400)
    books.close()
    page = words(desk().get(f"{PERIOD}?lines=held").text)
    assert "1 人 还没有填写收款账户 12.00" in page
    assert "可付 0 暂缓 1" in page


def test_reopening_needs_a_reason_and_says_so(session: Session, desk: Desk) -> None:
    books.earn(books.agent(), 1200, base=400)
    books.close()
    finance = desk()
    assert "写明为什么要反关账" in finance.post(f"{PERIOD}/reopen", {"reason": " "}).text
    assert books.state(session) == "closed"
    assert "计费中" in finance.post(f"{PERIOD}/reopen", {"reason": "漏了奖励"}).text
    assert books.state(session) == "open"


def test_settings_change_with_a_reason_and_keep_their_history(session: Session, desk: Desk) -> None:
    finance = desk()
    form = {"kind": "month", "minimum": "20.00", "grace_min": "30"}
    assert "写明为什么要改" in finance.post("/console/periods/settings", {**form, "reason": ""}).text
    page = finance.post("/console/periods/settings", {**form, "reason": "按月发"}).text
    assert "已保存" in page
    assert 'value="20.00"' in page
    assert words(page).count("按月发") == 3
    assert "金额" in finance.post("/console/periods/settings", {**form, "minimum": "x", "reason": "y"}).text


def test_the_book_shows_balances_that_sum_to_nothing_and_filters_entries(
    session: Session, desk: Desk
) -> None:
    id = books.earn(books.agent(name="林可"), 1200, base=400, penalty=240)
    finance = desk()
    page = words(finance.get("/console/ledger").text)
    assert "合计 0.00" in page
    assert "应付客服佣金 Liabilities:AgentPayable −9.60" in page
    assert "佣金支出 Expenses:Commission 应付客服佣金 · 林可 AgentPayable:…" in page
    all_agents = finance.get("/console/ledger?account=Liabilities:AgentPayable").text
    assert all_agents.count("应付客服佣金 · 林可") == 2
    in_english = words(finance.get("/console/ledger?lang=en").text)
    assert "Commission paid Expenses:Commission" in in_english
    one = finance.get(f"/console/ledger?source=penalty:{id}").text
    assert one.count("<tr>") == 2
    assert "commodity" in finance.get("/console/ledger/journal?format=hledger").text
    assert finance.get("/console/ledger/journal?format=excel").status_code == 404


@pytest.mark.parametrize("role", ["ops", "reviewer", "admin"])
def test_other_staff_cannot_open_the_money(desk: Desk, role: str) -> None:
    other = desk(role)
    for path in ("/console/periods", PERIOD, "/console/ledger", "/console/batches/" + "0" * 26):
        assert other.get(path).status_code == 403


def test_a_period_that_is_not_there_is_not_found(desk: Desk) -> None:
    finance = desk()
    assert finance.get("/console/periods/week-1999-01-04").status_code == 404
    assert finance.post("/console/periods/week-1999-01-04/close").status_code == 404
    assert finance.post("/console/batches/nonsense/export").status_code == 404


def test_a_week_that_does_not_tie_names_who_and_offers_no_approval(session: Session, desk: Desk) -> None:
    lin, he = books.agent(name="林可"), books.agent(name="何静")
    books.earn(lin, 1200, base=400)
    books.earn(he, 2400, base=400)
    books.close()
    with transaction() as writing:
        writing.execute(
            sa.update(PayoutLine)
            .where(PayoutLine.agent_id == he)
            .values(amount_fen=PayoutLine.amount_fen + 1)
        )
    page = desk().get(PERIOD).text
    table = words(page.split("对不上的人")[1].split("</table>")[0])
    assert "何静 24.00 24.00 24.00 24.01" in table
    assert "林可" not in table
    (button,) = re.findall(r"<button([^>]*)>(?:(?!<button).)*?审批通过", page, re.S)
    assert " disabled" in button and "对不上，审批和导出已停用" in button, "it is off and says why"


def test_a_close_under_way_shows_how_far_it_is(session: Session, desk: Desk) -> None:
    agents = sorted(books.agent() for _ in range(3))
    books.earn(agents[0], 1200, base=400)
    with transaction() as writing:
        writing.execute(
            sa.update(Period).values(
                state="closing",
                close_no=1,
                close_after=agents[0],
                closing_at=books.CLOSING_TIME,
                minimum_fen=0,
            )
        )
    page = words(desk().get(PERIOD).text)
    assert "正在关账，1 / 3 人" in page
    assert "还没关完，三方先对不上" in page and "三方不一致" not in page


def test_a_reopened_period_says_that_it_waits_for_a_person(session: Session, desk: Desk) -> None:
    books.earn(books.agent(), 1200, base=400)
    maker = desk()
    assert "系统会自动关账" in maker.get(PERIOD).text
    maker.post(f"{PERIOD}/close")
    page = words(maker.post(f"{PERIOD}/reopen", {"reason": "漏了一笔奖励"}).text)
    assert "等人手动关账，系统不会马上再关" in page
    assert "反关账后等人手动关" in page
    assert "系统会自动关账" not in page


def test_a_rehearsal_of_what_is_closed_leads_to_the_period_itself(desk: Desk) -> None:
    books.earn(books.agent(), 1200, base=400)
    maker = desk()
    maker.post(f"{PERIOD}/close")
    assert maker.get(f"{PERIOD}/rehearsal").headers["Location"] == PERIOD
