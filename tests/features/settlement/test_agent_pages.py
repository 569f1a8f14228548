"""结算单: an agent sees their own, every figure opens, nobody else's exists."""

from __future__ import annotations

import csv
import io
import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.payouts.adjustments.operations.deciding import Evidence, propose_reversal
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.operations import closing
from gig.payouts.settlement.operations.approving import reopen_period
from gig.payouts.settlement.operations.closing import close_period
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, WEEK
from tests.features.settlement.conftest import Desk, Program
from tests.features.settlement.test_finance_pages import words

STATEMENT = f"/agent/statements/{WEEK}"


@pytest.fixture
def lin(session: Session) -> str:
    lin = books.agent(name="林可")
    books.earn(lin, 800, base=400)
    books.earn(lin, 360, base=360, penalty=72)
    books.post(lin, "award", 500)
    books.post(lin, "adjustment", -100)
    books.close()
    return lin


def test_a_statement_shows_its_sum_and_where_it_goes(lin: str, desk: Desk) -> None:
    phone = desk(person_id=lin)
    assert "¥14.88" in phone.get("/agent/statements").text
    page = words(phone.get(STATEMENT).text)
    assert "基础佣金 · 2 条 7.60" in page
    assert "高峰加成 · 1 条 +4.00" in page
    assert "迟到扣减 · 1 条 −0.72" in page
    assert "奖励 · 1 笔 +5.00" in page
    assert "调整 · 1 笔 −1.00" in page
    assert "应发合计 14.88" in page
    assert "工商银行 · 6222 ****" in page


def test_what_finance_wrote_stands_on_a_statement_letter_by_letter(session: Session, desk: Desk) -> None:
    """No sign in it is taken for a blank to be filled, or for markup."""
    lin = books.agent(name="林可")
    books.earn(lin, 800, base=400)
    entry = session.scalars(sa.select(LedgerEntry.id).where(LedgerEntry.kind == "earning")).one()
    session.rollback()
    propose_reversal(
        entry_id=entry,
        amount_fen=80,
        reason="多算 10 %，<b>改回",
        evidence=Evidence("对账单"),
        actor_id="maker",
        now=books.WEDNESDAY,
    )
    books.close()
    page = desk(person_id=lin).get(f"{STATEMENT}/reversals")
    assert page.status_code == 200 and "多算 10 %，&lt;b&gt;改回" in page.text


def test_every_figure_opens_to_lines_that_sum_to_it(lin: str, desk: Desk) -> None:
    phone = desk(person_id=lin)
    assert phone.get(f"{STATEMENT}/base").text.count('id="earning-') == 2
    assert phone.get(f"{STATEMENT}/late").text.count('id="earning-') == 1
    for figure, parts in {"base": ["4.00", "3.60"], "peak": ["4.00"], "late": ["−0.72"]}.items():
        shown = re.findall(r'<b class="t17 num nw">([^<]+)</b>', phone.get(f"{STATEMENT}/{figure}").text)
        assert sorted(shown) == sorted(parts), figure
    assert "+5.00" in phone.get(f"{STATEMENT}/awards").text
    assert phone.get(f"{STATEMENT}/nonsense").status_code == 404


def test_the_download_sums_to_the_gross(lin: str, desk: Desk) -> None:
    text = desk(person_id=lin).get(f"{STATEMENT}.csv").data.decode("utf-8-sig")
    amounts = [row[6] for row in list(csv.reader(io.StringIO(text)))[1:]]
    assert sum(int(amount.replace(".", "")) for amount in amounts) == 1488


def test_anothers_statement_does_not_exist(lin: str, desk: Desk) -> None:
    other = desk(person_id=books.agent())
    for path in (STATEMENT, f"{STATEMENT}/base", f"{STATEMENT}.csv"):
        assert other.get(path).status_code == 404
    assert "还没有结算单" in other.get("/agent/statements").text


def test_what_is_carried_and_held_is_said(session: Session, desk: Desk) -> None:
    little, poor = books.agent(), books.agent(payee=False)
    books.earn(little, 999)
    books.earn(poor, 1200, base=400)
    books.close()
    assert "¥9.99 结转到下一期" in desk(person_id=little).get(STATEMENT).text
    assert "暂缓付款：还没有填写收款账户" in words(desk(person_id=poor).get(STATEMENT).text)


def test_what_a_close_has_cut_is_shown_once_it_has_ended(
    session: Session, lin: str, desk: Desk, program: Program
) -> None:
    with transaction() as writing:
        writing.execute(sa.update(Period).where(Period.id == WEEK).values(state="closing"))
    assert desk(person_id=lin).get(STATEMENT).status_code == 404
    assert program(person_id=lin).get("/me/statements").json["items"] == []


def power_cut(*_given: object) -> None:
    raise RuntimeError("the power went")


def test_a_reopened_period_still_shows_what_was_read_there_and_says_that_it_is_looked_at_again(
    lin: str, desk: Desk, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    reopen_period(period_id=WEEK, reason="补贴算错", actor_id="maker", now=CLOSING_TIME)
    phone = desk(person_id=lin)
    assert "反关账，重新核对中" in phone.get("/agent/statements").text
    page = words(phone.get(STATEMENT).text)
    assert "财务反关账，正在重新核对" in page
    assert "14.88" in page
    assert phone.get(f"{STATEMENT}/base?no=1").text.count('id="earning-') == 2
    assert program(person_id=lin).get("/me/statements").json["items"] == []
    with monkeypatch.context() as cut_off, pytest.raises(RuntimeError):
        cut_off.setattr(closing, "_finish", power_cut)
        close_period(period_id=WEEK, actor_id="maker", now=CLOSING_TIME)
    assert "反关账，重新核对中" in phone.get("/agent/statements").text, "also while it is closed again"
    page = words(phone.get(STATEMENT).text)
    assert "财务反关账，正在重新核对" in page and "14.88" in page
    close_period(period_id=WEEK, actor_id="maker", now=CLOSING_TIME)
    assert "重新核对" not in phone.get("/agent/statements").text
