"""Finance's pages of adjustments: forms that need no script, two people, evidence."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.ids import new_id
from gig.identity.models import Person
from gig.payouts.adjustments import queries
from gig.payouts.adjustments.models import Adjustment, BackPayRun
from gig.payouts.adjustments.operations.back_pay import advance_runs
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.rates.models import RateCardVersion
from tests.features.adjustments.test_back_pay_again import card
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, HOUR
from tests.features.settlement.conftest import Desk
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("after_closing_time")
ALL = "/console/adjustments"


def newest(session: Session) -> Adjustment:
    session.rollback()
    return session.scalars(sa.select(Adjustment).order_by(Adjustment.id.desc())).first()  # type: ignore[return-value]


def test_a_large_award_goes_from_its_form_to_the_book_between_two_people(
    session: Session, desk: Desk
) -> None:
    lin = books.agent(name="林可")
    maker, checker = desk(name="李敏"), desk(name="许岚")
    form = {"kind": "award", "agent": lin, "amount": "90.50", "reason": "客户来信表扬", "evidence": "见附件"}
    file = (io.BytesIO(b"%PDF-1.7 letter"), "letter.pdf")
    page = maker.post(ALL, {**form, "id": new_id(), "file": file}).text
    assert "等人复核" in page
    assert "同意并入账" not in page
    one = f"{ALL}/{newest(session).id}"
    assert "林可" in checker.get(f"{ALL}?show=waiting").text
    assert checker.get(f"{one}/evidence").data == b"%PDF-1.7 letter"
    assert "已入账" in checker.post(f"{one}/approve").text
    assert "这笔调整已经有人处理过了" in maker.post(f"{one}/refuse", {"refusal": "不"}).text
    session.rollback()
    entry = session.scalars(sa.select(LedgerEntry)).one()
    assert (entry.amount_fen, entry.memo) == (9050, "奖励 · 客户来信表扬")


def test_an_agent_is_named_by_phone_as_well_as_by_id(session: Session, desk: Desk) -> None:
    lin = books.agent(name="林可")
    finance, phone = desk(name="李敏"), session.get_one(Person, lin).phone.removeprefix("+86")
    form = {"kind": "award", "agent": phone, "amount": "5", "reason": "夜里顶班", "evidence": "排班表"}
    assert "林可" in finance.post(ALL, {**form, "id": new_id()}).text
    assert newest(session).agent_id == lin
    for place in (ALL, "/console/ledger"):
        page = finance.get(f"{place}?agent={phone}").text
        assert "夜里顶班" in page
        assert f'name="agent" type="text" value="{phone}"' in page, "what was typed stays"
    nobody = finance.post(ALL, {**form, "agent": "没有这个人", "id": new_id()})
    assert "没有这位客服" in nobody.text
    assert "排班表" in nobody.text, "what was typed is still there"
    assert '<a href="#f-agent">没有这位客服' in nobody.text, "above the form"
    assert re.search(r'id="f-agent-errors">.*?没有这位客服', nobody.text), "and at the field"
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Adjustment)) == 1


def test_the_reply_is_picked_from_the_latest_or_named_by_its_conversation(
    session: Session, desk: Desk
) -> None:
    lin, he = books.agent(name="林可"), books.agent(name="何静")
    earning, other = books.earn(lin, 240, base=120, penalty=48), books.earn(he, 100)
    conversation = session.get_one(Earning, earning).inquiry_id
    finance = desk(name="李敏")
    form = {"kind": "clawback", "agent": lin, "amount": "1", "reason": "答错了", "evidence": "质检单"}
    listed = finance.post(ALL, {**form, "do": "replies"}).text
    assert f'<option value="{earning}"' in listed and other not in listed
    assert "质检单" in listed, "what was typed is still there"
    assert session.scalars(sa.select(Adjustment.id)).all() == []
    for said in ({"earning": earning}, {"chat": f"http://x/agent/chats/{conversation}?from=1"}):
        finance.post(ALL, {**form, **said, "amount": "0.10", "id": new_id()})
        assert newest(session).earning_id == earning
    elsewhere = finance.post(ALL, {**form, "agent": he, "chat": conversation, "id": new_id()})
    assert "这位客服没有这条回复，也没有这个会话" in elsewhere.text


def test_a_conversation_of_several_paid_replies_asks_which(session: Session, desk: Desk) -> None:
    lin = books.agent(name="林可")
    one = session.get_one(Earning, books.earn(lin, 240, base=120))
    two = books.earn(lin, 120, inquiry_id=one.inquiry_id)
    form = {
        "kind": "clawback",
        "agent": lin,
        "amount": "1",
        "reason": "答错了",
        "evidence": "质检单",
        "chat": one.inquiry_id,
    }
    page = desk(name="李敏").post(ALL, {**form, "id": new_id()}).text
    assert "这个会话里有 2 条计费的回复" in page
    assert f'<option value="{one.id}"' in page and f'<option value="{two}"' in page
    assert session.scalars(sa.select(Adjustment.id)).all() == []


def test_an_entry_is_reversed_from_its_page_and_links_both_ways(session: Session, desk: Desk) -> None:
    lin = books.agent()
    earning = books.earn(lin, 240, base=120, penalty=48)
    session.rollback()
    penalty = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.kind == "penalty")).one()
    finance = desk()
    page = f"/console/ledger/{penalty.id}"
    assert f"penalty:{earning}" in finance.get(page).text
    finance.post(
        f"{page}/reversals", {"amount": "0.48", "reason": "系统延迟", "evidence": "日志", "id": new_id()}
    )
    session.rollback()
    back = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.kind == "reversal")).one()
    assert back.payable_fen == 48
    assert f"/console/ledger/{back.id}" in finance.get(page).text
    assert page in finance.get(f"/console/ledger/{back.id}").text
    assert (
        "最多还能冲回 ¥0.00"
        in finance.post(f"{page}/reversals", {"amount": "0.01", "reason": "再一次", "evidence": "日志"}).text
    )


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"amount": "1.234"}, "金额最多两位小数"),
        ({"amount": "1e3"}, "金额要写成数字"),
        ({"reason": ""}, "写明原因"),
        ({"agent": "nobody"}, "没有这位客服"),
        ({"kind": "clawback"}, "写明依据或附上文件"),
        ({"amount": "50.01"}, "写明依据或附上文件"),
    ],
)
def test_what_cannot_be_read_is_said_and_leaves_nothing(
    session: Session, desk: Desk, form: dict[str, str], told: str
) -> None:
    sound = {"kind": "award", "agent": books.agent(), "amount": "1.00", "reason": "好评"}
    assert told in desk().post(ALL, {**sound, **form}).text
    assert session.scalars(sa.select(Adjustment)).all() == []


def test_all_that_is_wrong_is_said_at_once_and_what_was_typed_stays(session: Session, desk: Desk) -> None:
    """An amount that cannot be read hides nothing else; of nobody no reply is looked for."""
    form = {"kind": "gift", "agent": "没有这个人", "amount": "1.234", "reason": " ", "evidence": "质检单"}
    file = (io.BytesIO(b"MZ, a program"), "a.pdf")
    page = desk().post(ALL, {**form, "chat": "some-chat", "file": file, "id": new_id()}).text
    told = re.findall(r'<a href="#f-([a-z]+)">([^<]+)</a>', page)
    assert told == [
        ("kind", "选一种调整。"),
        ("agent", "没有这位客服。"),
        ("amount", "金额最多两位小数。"),
        ("reason", "写明原因，客服会看到。"),
        ("file", "附件要是 PDF、PNG 或 JPEG。"),
    ]
    for field, words in told:
        assert len(re.findall(rf'id="f-{field}"', page)) == 1 and re.search(
            rf'id="f-{field}-errors">.*?{words}', page
        )
    for typed in ("没有这个人", "1.234", "some-chat", "质检单", "刚才选的附件没有保留"):
        assert typed in page
    assert session.scalars(sa.select(Adjustment)).all() == []


def test_a_reply_that_is_not_theirs_is_said_beside_an_amount_that_cannot_be_read(
    session: Session, desk: Desk
) -> None:
    form = {"kind": "clawback", "agent": books.agent(), "amount": "x", "reason": "答错了", "chat": new_id()}
    page = desk().post(ALL, {**form, "id": new_id()}).text
    assert "金额要写成数字" in page and "这位客服没有这条回复，也没有这个会话。" in page


def test_a_refused_reversal_says_all_that_is_wrong_and_keeps_what_was_typed(
    session: Session, desk: Desk
) -> None:
    books.earn(books.agent(), 240, base=120)
    session.rollback()
    entry = session.scalars(sa.select(LedgerEntry)).one()
    form = {"amount": "0.x1", "reason": "", "evidence": "值班日志", "id": new_id()}
    file = {"file": (io.BytesIO(b"MZ, a program"), "a.pdf")}
    finance = desk()
    answer = finance.post(f"/console/ledger/{entry.id}/reversals", {**form, **file})
    told = re.findall(r'<a href="#f-([a-z]+)">([^<]+)</a>', answer.text)
    assert [field for field, _words in told] == ["amount", "reason", "file"]
    for field, words in told:
        assert re.search(rf'id="f-{field}-errors">.*?{words}', answer.text)
    for typed in ("0.x1", "值班日志", "刚才选的附件没有保留"):
        assert typed in answer.text
    more = finance.post(f"/console/ledger/{entry.id}/reversals", {**form, "amount": "99", "reason": "延迟"})
    assert "最多还能冲回 ¥2.40" in more.text and 'value="99"' in more.text and "值班日志" in more.text
    assert session.scalars(sa.select(Adjustment)).all() == []


def test_back_pay_is_previewed_and_posted(session: Session, desk: Desk) -> None:
    lin = books.agent(name="林可")
    books.earn(lin, 240, base=120)
    finance = desk()
    form = {"first_day": "2026-11-16", "last_day": "2026-11-22", "mode": "fixed", "figure": "0.20"}
    finance.post("/console/back-pay", {**form, "reason": "费率公布晚了", "evidence": "邮件", "id": new_id()})
    session.rollback()
    run_id = session.scalars(sa.select(BackPayRun.id)).one()
    advance_runs(now=CLOSING_TIME + HOUR)
    page = finance.get(f"/console/back-pay/{run_id}").text
    assert "林可" in page
    assert "确认入账" in page
    finance.post(f"/console/back-pay/{run_id}/start")
    advance_runs(now=CLOSING_TIME + HOUR)
    assert "已入账" in finance.get(f"/console/back-pay/{run_id}").text
    assert "费率公布晚了" in finance.get("/console/back-pay").text
    session.rollback()
    assert session.scalars(
        sa.select(LedgerEntry.amount_fen).where(LedgerEntry.kind == "adjustment")
    ).all() == [20]


def test_a_refused_run_keeps_what_was_typed_and_says_why_at_its_field(session: Session, desk: Desk) -> None:
    finance = desk()
    form = {"first_day": "2026-11-16", "last_day": "2026-11-17", "mode": "percent", "figure": "900"}
    page = finance.post("/console/back-pay", {**form, "reason": "大促补贴", "evidence": "  "})
    assert page.status_code == 422
    assert re.search(r'id="f-figure-errors">.*?百分比要在 1 到 500 之间', page.text)
    assert re.search(r'id="f-evidence-errors">.*?写明依据', page.text), "all of it is told at once"
    for kept in ('value="2026-11-16"', 'value="2026-11-17"', 'value="900"', "大促补贴"):
        assert kept in page.text
    assert re.search(r'value="percent" checked', page.text)
    assert session.scalars(sa.select(BackPayRun.id)).all() == []


def test_every_fault_of_a_refused_run_leads_to_its_field(session: Session, desk: Desk) -> None:
    form = {"first_day": "2026-11-17", "last_day": "2026-11-16", "mode": "twice", "figure": "", "reason": ""}
    page = desk().post("/console/back-pay", form).text
    told = re.findall(r'<a href="#(f-[a-z_]+)">', page)
    assert told == ["f-first_day", "f-mode", "f-reason", "f-evidence"]
    for place in told:
        assert len(re.findall(f'id="{place}"', page)) == 1
    assert re.search(r'id="f-first_day-errors">.*?结束的日子不能早于开始的日子', page)


def test_a_run_by_a_card_says_by_which(session: Session, desk: Desk) -> None:
    books.earn(books.agent(name="林可"), 240, base=120)
    finance = desk()
    (card,) = session.execute(sa.select(RateCardVersion.id, RateCardVersion.name)).all()
    form = {"first_day": "2026-11-16", "last_day": "2026-11-22", "mode": "card", "card": card.id}
    finance.post("/console/back-pay", {**form, "reason": "补差额", "evidence": "方案", "id": new_id()})
    session.rollback()
    run_id = session.scalars(sa.select(BackPayRun.id)).one()
    for url in ("/console/back-pay", f"/console/back-pay/{run_id}"):
        assert f"按费率卡 {card.name} 重算差额" in finance.get(url).text
    advance_runs(now=CLOSING_TIME + HOUR)
    counted = finance.get(f"/console/back-pay/{run_id}").text
    assert "没有等人复核的" in finance.get(f"{ALL}?show=waiting").text
    assert "没有人要补" in counted and "要另一位财务来确认" not in counted, "there is nothing to confirm"


def test_days_that_were_paid_before_are_named_and_confirmed_one_by_one(session: Session, desk: Desk) -> None:
    books.earn(books.agent(name="林可"), 240, base=120)
    finance, runs = desk(), []
    form = {"first_day": "2026-11-16", "last_day": "2026-11-22", "mode": "fixed", "figure": "0.20"}
    for reason in ("大促补贴", "夜班补贴"):
        finance.post("/console/back-pay", {**form, "reason": reason, "evidence": "方案", "id": new_id()})
        session.rollback()
        runs.append(session.scalars(sa.select(BackPayRun.id).where(BackPayRun.reason == reason)).one())
        advance_runs(now=CLOSING_TIME + HOUR)
        page = finance.get(f"/console/back-pay/{runs[-1]}").text
        assert ("这段日子已经补发过" in page) is (reason == "夜班补贴")
        waiting = finance.get(f"{ALL}?show=waiting").text
        assert "等人复核 1" in waiting and "有 1 批批量补发等人确认" in waiting
        if reason == "大促补贴":
            finance.post(f"/console/back-pay/{runs[0]}/start")
            advance_runs(now=CLOSING_TIME + HOUR)
    assert f'name="seen" value="{runs[0]}"' in page and "看过「大促补贴」" in page
    assert "这段日子已经补发过：「大促补贴」" in finance.post(f"/console/back-pay/{runs[1]}/start").text
    finance.post(f"/console/back-pay/{runs[1]}/start", {"seen": runs[0]})
    advance_runs(now=CLOSING_TIME + HOUR)
    assert "已入账" in finance.get(f"/console/back-pay/{runs[1]}").text


def test_only_finance_may_open_them(session: Session, desk: Desk) -> None:
    ops = desk("ops")
    for path in (ALL, "/console/back-pay", "/console/ledger/accounts", "/console/ledger/checks"):
        assert ops.get(path).status_code == 403
    finance = desk()
    for path in (f"{ALL}/{new_id()}", f"/console/back-pay/{new_id()}", f"/console/ledger/{new_id()}"):
        assert finance.get(path).status_code == 404


def test_the_list_costs_the_same_however_long_it_is(session: Session, desk: Desk) -> None:
    finance, lin = desk(), books.agent()

    def statements() -> int:
        with counted() as sent:
            assert finance.get(ALL).status_code == 200
        return len(sent)

    finance.post(ALL, {"kind": "award", "agent": lin, "amount": "1.00", "reason": "好评"})
    few = statements()
    for _ in range(5):
        finance.post(ALL, {"kind": "award", "agent": lin, "amount": "1.00", "reason": "好评"})
    assert statements() == few


def test_an_agent_reads_an_adjustment_with_its_reason_before_any_statement_is_cut(
    session: Session, desk: Desk
) -> None:
    lin, he = books.agent(name="林可"), books.agent(name="何静")
    earning = books.earn(lin, 240, base=120)
    finance = desk(name="李敏")
    form = {"agent": lin, "evidence": "质检单"}
    finance.post(ALL, {**form, "kind": "award", "amount": "5", "reason": "夜里顶班", "id": new_id()})
    taken = {**form, "kind": "clawback", "reason": "答错了", "earning": earning}
    refused = finance.post(ALL, {**taken, "amount": "2.41", "id": new_id()}).text
    assert "这条回复最多还能扣 ¥2.40" in refused
    finance.post(ALL, {**taken, "amount": "1.00", "id": new_id()})
    for page in ("/agent/earnings", "/agent/earnings?range=period"):
        text = desk(person_id=lin).get(page).text
        assert "夜里顶班" in text and "答错了" in text
        assert "+¥4.00" in text, "their sum"
        assert "调整和返还" not in desk(person_id=he).get(page).text


def test_a_card_that_is_gone_keeps_the_form(session: Session, desk: Desk) -> None:
    finance = desk()
    form = {"first_day": "2026-11-16", "last_day": "2026-11-17", "mode": "card", "card": new_id()}
    page = finance.post("/console/back-pay", {**form, "reason": "新价补差", "evidence": "公告"})
    assert page.status_code == 422
    assert re.search(r'id="f-card-errors">.*?选一张已经发布的费率卡', page.text)
    assert "新价补差" in page.text and "公告" in page.text


def test_what_was_searched_for_stands_there_as_it_was_typed(desk: Desk) -> None:
    page = desk().get(f"{ALL}?agent=f-138").text
    assert 'id="q-agent" name="agent" type="text" value="f-138"' in page
    assert '<select class="inp" id="q-kind" name="kind"' in page
    assert page.count('id="f-kind"') == page.count('id="f-agent"') == 1


@pytest.mark.parametrize(
    ("how", "then"),
    [({"mode": "fixed", "figure": "0.20"}, "作为调整单独补给他们"), ({"mode": "card"}, "还差的会补上")],
    ids=["flat", "by card"],
)
def test_who_was_left_out_of_a_run_is_said_on_its_page(
    session: Session, desk: Desk, how: dict[str, str], then: str
) -> None:
    """A card gives what is still missing when it is run again; a flat amount would be given twice."""
    for name in ("林可", "何静"):
        books.earn(books.agent(name=name), 240, base=120)
    finance = desk()
    form = {"first_day": "2026-11-16", "last_day": "2026-11-22", **how}
    if how["mode"] == "card":
        form["card"] = card(250)
    finance.post("/console/back-pay", {**form, "reason": "大促补贴", "evidence": "方案", "id": new_id()})
    session.rollback()
    run_id = session.scalars(sa.select(BackPayRun.id)).one()
    advance_runs(now=CLOSING_TIME + HOUR)
    started = finance.post(f"/console/back-pay/{run_id}/start").text
    assert "正在入账" in started
    with transaction() as writing:
        one = sa.select(Adjustment.id).where(Adjustment.run_id == run_id).limit(1).scalar_subquery()
        left = {"state": "withdrawn", "decided_at": CLOSING_TIME + HOUR}
        writing.execute(sa.update(Adjustment).where(Adjustment.id == one).values(**left))
    advance_runs(now=CLOSING_TIME + HOUR)
    page = finance.get(f"/console/back-pay/{run_id}").text
    assert "1 位客服的回复在入账前又有变动" in page and then in page


def test_all_that_is_wrong_with_the_limit_is_said_at_its_fields_and_stays_in_them(
    session: Session, desk: Desk
) -> None:
    finance = desk(name="李敏")
    for amount, fault in (("五十", "金额要写成数字"), ("100000.01", "金额要在 0 到 100000 元之间")):
        refused = finance.post(f"{ALL}/limit", {"alone": amount, "why": " "})
        assert refused.status_code == 422
        assert re.search(rf'id="f-alone-errors">.*?{fault}', refused.text)
        assert re.search('id="f-why-errors">.*?写明为什么要改', refused.text)
        assert f'name="alone" type="text" value="{amount}"' in refused.text
        assert 'id="f-amount-errors"' not in refused.text, "the other form is left alone"
    assert queries.limit_changes(session) == []
    kept = finance.post(f"{ALL}/limit", {"alone": "五十", "why": "年底奖金多"}).text
    assert 'value="年底奖金多"' in kept
    finance.post(f"{ALL}/limit", {"alone": "20", "why": "都要两个人看"})
    session.rollback()
    assert queries.alone_fen(session) == 2000
