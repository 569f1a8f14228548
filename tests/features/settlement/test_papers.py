"""Statements on paper: every line with its reason, the same bytes each time, nothing that is computed."""

from __future__ import annotations

import csv
import io

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from sqlalchemy.orm import Session

from gig.core.cells import plain
from gig.core.db import transaction
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger import accounts, journal
from gig.payouts.ledger.journal import Entry
from gig.payouts.settlement.operations.approving import reopen_period
from gig.payouts.settlement.operations.closing import close_period
from tests import builders
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, DAY, HOUR, WEEK
from tests.features.settlement.conftest import Desk
from tests.features.settlement.test_finance_pages import words
from tests.statements import counted

STATEMENT = f"/agent/statements/{WEEK}"


@pytest.fixture
def lin(session: Session) -> str:
    lin = books.agent(name="林㛃镕")
    books.earn(lin, 800, base=400)
    books.earn(lin, 360, base=360, penalty=72)
    books.post(lin, "award", 500)
    books.close()
    return lin


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def amounts(file: bytes) -> int:
    rows = list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))[1:]
    return sum(int(row[6].replace(".", "")) for row in rows)


def test_the_pdf_has_every_line_and_its_font_inside(lin: str, desk: Desk) -> None:
    answer = desk(person_id=lin).get(f"{STATEMENT}.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert f"statement-{WEEK}.pdf" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    text = text_of(answer.data)
    for wanted in ("结算单", "林㛃镕", "第 47 周", "应发合计", "15.88", "−0.72", "8.00", "2.88", "奖励"):
        assert wanted in text, wanted
    fonts = [page["/Resources"]["/Font"] for page in PdfReader(io.BytesIO(answer.data)).pages]
    inside = [
        font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        for page in fonts
        for font in page.values()
    ]
    assert inside and all("/FontFile2" in descriptor for descriptor in inside)
    assert len(answer.data) < 60_000


def test_the_papers_are_the_same_bytes_each_time_also_after_the_state_moved(lin: str, desk: Desk) -> None:
    phone = desk(person_id=lin)
    before = [phone.get(f"{STATEMENT}.{kind}").data for kind in ("pdf", "csv")]
    books.approve()
    assert [phone.get(f"{STATEMENT}.{kind}").data for kind in ("pdf", "csv")] == before


def test_the_papers_speak_english_too(lin: str, desk: Desk) -> None:
    phone = desk(person_id=lin)
    phone.get("/agent/statements?lang=en")
    assert "Statement" in text_of(phone.get(f"{STATEMENT}.pdf").data)


def test_anothers_paper_does_not_exist(lin: str, desk: Desk) -> None:
    assert desk(person_id=books.agent()).get(f"{STATEMENT}.pdf").status_code == 404


@pytest.mark.parametrize("text", ["=1+1", "+49", "-1", "@SUM(A1)", "\t=1", " =1", "＝1+1"])
def test_no_text_is_computed_by_a_spreadsheet(text: str) -> None:
    assert plain(text) == "'" + text


def test_plain_text_stays_as_it_is() -> None:
    assert plain("1.20 × 2.0 晚高峰 = 2.40") == "1.20 × 2.0 晚高峰 = 2.40"


def test_a_memo_that_begins_with_an_equals_sign_is_text_in_the_csv(session: Session, desk: Desk) -> None:
    lin = books.agent()
    earning = books.earn(lin, 1200, base=400)
    with transaction() as writing:
        writing.execute(sa.update(Earning).where(Earning.id == earning).values(why="=HYPERLINK(0)"))
    books.close()
    assert b",'=HYPERLINK(0)," in desk(person_id=lin).get(f"{STATEMENT}.csv").data


def test_a_voided_statement_stays_as_it_was_and_says_so(lin: str, desk: Desk) -> None:
    phone = desk(person_id=lin)
    first = phone.get(f"{STATEMENT}.csv").data
    finance, later = builders.person(roles="finance"), CLOSING_TIME + HOUR
    reopen_period(period_id=WEEK, actor_id=finance, reason="补一笔", now=later)
    added = Entry("adjustment:1", "adjustment", accounts.ADJUSTMENT, accounts.payable(lin), 300, lin)
    with transaction() as writing:
        journal.post(writing, [added], period_id=WEEK, now=later)
    close_period(period_id=WEEK, actor_id=None, now=CLOSING_TIME + 2 * HOUR)
    page = words(phone.get(STATEMENT).text)
    assert "作废的旧结算单" in page and "18.88" in page
    old = words(phone.get(f"{STATEMENT}?no=1").text)
    assert "已作废" in old and "15.88" in old and "有异议" not in old
    assert amounts(phone.get(f"{STATEMENT}.csv").data) == 1888
    assert phone.get(f"{STATEMENT}?no=3").status_code == 404
    assert phone.get(f"{STATEMENT}?no=x").status_code == 200
    assert "作废" in text_of(phone.get(f"{STATEMENT}.pdf?no=1").data)
    assert f"statement-{WEEK}-1.pdf" in phone.get(f"{STATEMENT}.pdf?no=1").headers["Content-Disposition"]
    assert amounts(phone.get(f"{STATEMENT}.csv?no=1").data) == amounts(first)


def test_the_columns_of_the_csv_sum_to_what_was_carried_and_is_payable(session: Session, desk: Desk) -> None:
    lin = books.agent()
    books.earn(lin, 700, base=350)
    books.close()
    books.earn(lin, 800, base=400, at=books.MONDAY_AFTER + HOUR)
    books.close(CLOSING_TIME + 7 * DAY)
    phone = desk(person_id=lin)

    def sums(period_id: str) -> tuple[int, int]:
        head, *body = csv.reader(io.StringIO(phone.get(f"/agent/statements/{period_id}.csv").text[1:]))
        found = [[row[head.index(name)] for row in body] for name in ("到手", "结转")]
        own, carried = (sum(int(cell.replace(".", "") or 0) for cell in column) for column in found)
        return own, carried

    assert sums(WEEK) == (700, -700)
    assert sums("week-2026-11-23") == (800, 700)
    found = books.statement(session, lin, "week-2026-11-23")
    assert (found.gross_fen, found.payable_fen) == (800, 1500)


def test_a_paper_of_many_lines_takes_known_statements(session: Session, desk: Desk) -> None:
    lin = books.agent()
    for _ in range(30):
        books.earn(lin, 120)
    books.close()
    phone = desk(person_id=lin)
    phone.get(f"{STATEMENT}.pdf")
    with counted() as few:
        phone.get(f"{STATEMENT}.pdf")
    for _ in range(30):
        books.earn(lin, 120, at=books.MONDAY_AFTER + HOUR)
    books.close(CLOSING_TIME + 7 * DAY)
    with counted() as many:
        assert phone.get("/agent/statements/week-2026-11-23.pdf").status_code == 200
    assert len(many) == len(few)
    assert len(text_of(phone.get(f"{STATEMENT}.pdf").data).split("1.20")) > 30
