"""What a proof of the book says to people: a sentence, both sides, the difference, and where to go."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from flask import Flask, url_for
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.identity.access import CAPABILITIES
from gig.payouts.books.models import BookCheck
from gig.payouts.books.operations import check_book
from gig.payouts.books.queries import found, latest_checks
from gig.payouts.books.told import groups, kept
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.audit import MOST, Check, Difference, Finding, audit, checks
from gig.payouts.settlement.models import Statement
from gig.web import things
from tests.features.disbursement import payday
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, DAY, HOUR, WEEK
from tests.features.settlement.conftest import Desk, after_closing_time, desk
from tests.statements import counted

__all__ = ["after_closing_time", "desk"]

PAGE = "/console/ledger/checks"
NIGHT = CLOSING_TIME + DAY


@pytest.fixture
def lin(session: Session) -> str:
    lin = books.agent(name="林可")
    books.earn(lin, 1200, base=400, penalty=240)
    books.close()
    return lin


def alter(**values: object) -> None:
    with transaction() as writing:
        writing.execute(sa.update(Statement).values(**values))


def test_each_rule_has_one_code_name_a_question_and_what_to_do(app: Flask) -> None:
    assert len({check.name for check in checks}) == len(checks) >= 35
    assert all(check.asks and check.then for check in checks)


def test_every_kind_of_thing_that_a_rule_names_has_somebody_who_knows_it(app: Flask) -> None:
    kinds = ("agent", "period", "due", "statement", "line", "batch", "sheet", "entry", "earning", "account")
    others = (
        "accounts",
        "adjustment",
        "inquiry",
        "turn",
        "escalation",
        "surge",
        "queue",
        "appeal",
        "suspicion",
    )
    with app.app_context():
        assert [kind for kind in (*kinds, *others, "score_event_kind") if not things.is_kind(kind)] == []


@pytest.mark.usefixtures("after_closing_time")
def test_a_difference_names_agent_and_period_both_sides_and_the_difference(
    session: Session, desk: Desk, lin: str
) -> None:
    alter(adjustments_fen=5, gross_fen=965, available_fen=965, payable_fen=0, carried_out_fen=965)
    check_book(asked_by=None, now=NIGHT)
    page = desk().get(PAGE).text
    assert "第 47 周（11月16日–11月22日）的结算单：应发写着 ¥9.65，账本里合计 ¥9.60，少 ¥0.05。" in page
    assert "的结算单：调整写着 ¥0.05，账本里是 ¥0.00，少 ¥0.05。" in page
    assert "林可（1" in page
    assert "****" in page
    assert f'href="/console/ledger?period={WEEK}&amp;agent={lin}"' in page
    assert f'href="/console/periods/{WEEK}"' in page
    assert "先别审批和付款" in page
    assert "statements.sum" in page


@pytest.mark.usefixtures("after_closing_time")
def test_the_same_page_speaks_english(session: Session, desk: Desk, lin: str) -> None:
    alter(turns=7)
    check_book(asked_by=None, now=NIGHT)
    page = desk().get(f"{PAGE}?lang=en").text
    assert "statement of Week 47" in page
    assert ": says 7 paid replies, there are 1." in page


@pytest.mark.usefixtures("after_closing_time")
def test_the_most_money_comes_first_and_the_first_day_is_kept_on(session: Session, lin: str) -> None:
    alter(turns=7)
    check_book(asked_by=None, now=NIGHT)
    alter(carried_in_fen=50, available_fen=1010, carried_out_fen=1010)
    check_book(asked_by=None, now=NIGHT + DAY)
    session.rollback()
    ours = (
        "statements.carried",
        "statements.sum",
    )  # the turns of these books are invented, which is found too
    told = [each for each in groups(found(latest_checks(session)[0]).rules) if each.rule in ours]
    assert [group.rule for group in told] == ["statements.carried", "statements.sum"]
    assert [group.since for group in told] == [NIGHT + DAY, NIGHT]
    assert [group.fen for group in told] == [50, 0]


@pytest.mark.usefixtures("after_closing_time")
def test_when_all_holds_the_page_says_what_was_checked_and_how_long_it_took(
    session: Session, desk: Desk
) -> None:
    books.post(books.agent(), "award", 1200)
    books.close()
    check_book(asked_by=None, now=NIGHT)
    page = desk().get(PAGE).text
    assert f"{len(checks)} 条规则，都对得上，用时" in page
    assert all(check.asks in page for check in checks)


@pytest.mark.usefixtures("after_closing_time")
def test_ten_thousand_differences_are_counted_and_the_largest_shown_in_as_few_statements(
    session: Session, desk: Desk, lin: str
) -> None:
    finance = desk()

    def statements(count: int) -> int:
        ids = session.scalars(sa.select(Statement.id)).all()
        about, fens = ("statement", ids[0]), ("fen", "fen")
        differences = iter(
            Difference(ids[0], 0, fen, about=about, are=fens, fen=fen) for fen in range(1, count + 1)
        )
        many = Check("test.many", "there are many", "很多", "查", lambda _session: differences)
        checks.append(many)
        try:
            check_book(asked_by=None, now=NIGHT + count * HOUR)
        finally:
            checks.remove(many)
        with counted() as sent:
            page = finance.get(PAGE)
        assert page.status_code == 200
        if count > MOST:
            assert f"一共 {count:,} 处" in page.text
            assert f"¥{count / 100:,.2f}" in page.text
            assert f"¥{(count * (count + 1) // 2) / 100:,.2f}" in page.text
        return len(sent)

    assert statements(2) == statements(10_000)


@pytest.mark.usefixtures("after_closing_time")
def test_a_proof_from_before_rules_had_names_can_still_be_read(
    session: Session, desk: Desk, lin: str
) -> None:
    old = {"claim": checks[0].claim, "subject": "all accounts", "expected": "0", "found": "5"}
    with transaction() as writing:
        writing.add(
            BookCheck(
                id="0" * 26, day=NIGHT.date(), checked_at=NIGHT, asked_by=None, claims=35, broken=1,
                found=json.dumps([old]),
            )
        )  # fmt: skip
        writing.flush()
    page = desk().get(PAGE).text
    assert "所有科目加起来等于零" in page
    assert "all accounts：应该是 0，实际是 5。" in page


def test_a_line_says_its_number_and_leads_to_its_batch(session: Session, app: Flask) -> None:
    payday.approved_week(3400, 1200)
    batch_id = payday.exported()
    session.rollback()
    (first, *_others) = payday.lines(session)
    finding = Finding(
        checks[0], 1, 5, [Difference(first.id, 5, 10, about=("line", first.id), are=("fen", "fen"), fen=5)]
    )
    with app.test_request_context():
        (group,) = groups([kept(finding, since=None)])
        (row,) = group.rows
        nearest = url_for(row.places[0].endpoint, **row.places[0].values)
    assert first.number in row.words
    assert nearest.startswith(f"/console/batches/{batch_id}?")
    assert nearest.endswith(f"#{first.number}")


def test_ops_and_reviewers_do_not_see_the_page(desk: Desk) -> None:
    for role in ("ops", "reviewer", "admin"):
        assert desk(role).get(PAGE).status_code == 403
    assert CAPABILITIES["settle"] == {"finance"}


def test_the_audit_of_whole_books_breaks_no_sentence(session: Session, app: Flask, lin: str) -> None:
    with transaction() as writing:
        writing.execute(sa.update(Earning).values(id="0" * 26, period_id="week-1999-01-04"))
        writing.execute(sa.delete(Statement))
    session.rollback()
    with app.test_request_context():
        broken = [finding for finding in audit(session) if finding.count]
        told = groups([kept(finding, since=None) for finding in broken])
    said = [row.words for group in told for row in group.rows]
    assert {"earnings.posted", "periods.exist", "statements.missing"} <= {group.rule for group in told}
    assert all("%(" not in words and "：" in words for words in said)
