"""The bank's answer: paid, failed, returned; posted once, or refused as a whole."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.db import transaction
from gig.core.errors import Invalid, Refused
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.disbursement.operations.retries import retry_lines
from gig.payouts.disbursement.results.models import ResultImport
from gig.payouts.disbursement.results.operations import (
    drop_results,
    map_results,
    post_results,
    upload_results,
)
from gig.payouts.ledger.models import LedgerEntry
from tests.features.disbursement import payday
from tests.features.disbursement.payday import (
    LATER,
    answer,
    approved_week,
    as_csv,
    as_xlsx,
    due,
    exported,
    lines,
    row,
    states,
)
from tests.features.settlement import books
from tests.features.settlement.books import DAY, WEEK

pytestmark = pytest.mark.usefixtures("programs_here")

CLEARING, OPERATING = "Assets:Bank:PayoutClearing", "Assets:Bank:Operating"


def posted(session: Session) -> int:
    session.rollback()
    kinds = LedgerEntry.kind.in_(("settled", "failed", "returned"))
    return session.scalar(sa.select(sa.func.count()).where(kinds)) or 0


def test_when_all_is_paid_the_period_is_settled_and_nothing_is_on_its_way(session: Session) -> None:
    approved_week(1200, 3400)
    batch_id = exported()
    one, two = lines(session)
    answer(batch_id, as_csv(row(one), row(two)))
    assert states(session) == ["settled", "settled"]
    assert books.state(session) == "settled"
    assert (due(session, CLEARING), due(session, OPERATING)) == (0, -4600)
    assert books.faults() == []


def test_a_failed_line_is_owed_again_with_a_reason_of_ours(session: Session) -> None:
    lin, _he = approved_week(1200, 3400)
    batch_id = exported()
    one, two = lines(session)
    assert one.agent_id == lin
    answer(batch_id, as_csv(row(one, "失败", "对方账号与户名不符,指令处理失败"), row(two)))
    one, _two = lines(session)
    assert (one.state, one.failure, one.failure_words) == (
        "failed",
        "name_mismatch",
        "对方账号与户名不符,指令处理失败",
    )
    assert due(session, f"Liabilities:AgentPayable:A{lin.upper()}") == -1200
    assert books.state(session) == "exported"
    assert books.faults() == []


def test_a_paid_line_that_comes_back_days_later_takes_the_period_back(session: Session) -> None:
    lin, _he = approved_week(1200, 3400)
    batch_id = exported()
    one, two = lines(session)
    answer(batch_id, as_csv(row(one), row(two)))
    assert books.state(session) == "settled"
    answer(batch_id, as_csv(row(one, "退票", "账户状态异常")))
    assert states(session) == ["returned", "settled"]
    assert lines(session)[0].failure == "account_closed"
    assert (due(session, CLEARING), due(session, OPERATING)) == (0, -3400)
    assert due(session, f"Liabilities:AgentPayable:A{lin.upper()}") == -1200
    assert books.state(session) == "exported"
    assert books.faults() == []


def test_a_retry_names_the_old_line_and_settles_the_period_when_it_is_paid(session: Session) -> None:
    (lin,) = approved_week(1200)
    first = exported()
    answer(first, as_csv(row(lines(session)[0], "失败", "户名错误，账号不符")))
    assert retry_lines(period_id=WEEK, actor_id="maker", now=LATER) == 0
    books.name_payee(lin, at=LATER - 2 * DAY, first=False)
    assert retry_lines(period_id=WEEK, actor_id="maker", now=LATER) == 1
    old, new = lines(session)
    assert (new.state, new.retry_of, old.state) == ("planned", old.id, "failed")
    second = exported()
    answer(second, as_csv(row(lines(session)[1])))
    assert states(session) == ["failed", "settled"]
    assert books.state(session) == "settled"
    assert (due(session, CLEARING), due(session, OPERATING)) == (0, -1200)
    assert books.faults() == []


def test_what_failed_for_another_reason_is_retried_to_the_same_account(session: Session) -> None:
    approved_week(1200, 3400)
    batch_id = exported()
    one, two = lines(session)
    answer(batch_id, as_csv(row(one, "失败", "付款账户余额不足"), row(two, "失败", "收款户名不符")))
    assert [line.failure for line in lines(session)] == ["insufficient_funds", "name_mismatch"]
    assert retry_lines(period_id=WEEK, actor_id="maker", now=LATER) == 1
    assert retry_lines(period_id=WEEK, anyway=True, actor_id="maker", now=LATER) == 1
    assert books.faults() == []


def test_the_same_file_twice_changes_nothing(session: Session) -> None:
    approved_week(1200)
    batch_id = exported()
    content = as_csv(row(lines(session)[0]))
    assert answer(batch_id, content) == answer(batch_id, content)
    assert posted(session) == 1
    again = upload_results(batch_id=batch_id, name="x", content=content, actor_id="maker", now=LATER)
    assert session.get_one(ResultImport, again).state == "posted"
    assert books.faults() == []


def test_the_same_answer_in_another_file_changes_nothing_either(session: Session) -> None:
    approved_week(1200)
    batch_id = exported()
    (line,) = lines(session)
    answer(batch_id, as_csv(row(line)))
    answer(batch_id, as_xlsx(row(line)))
    assert posted(session) == 1
    assert books.faults() == []


def test_a_file_of_another_batch_is_refused_by_the_name_of_that_batch(session: Session) -> None:
    lin, he = approved_week(1200, 3400)
    with transaction() as writing:
        writing.execute(
            sa.update(PayoutLine)
            .where(PayoutLine.agent_id == he)
            .values(state="held", hold_reason="unverified")
        )
    first = exported()
    retry_lines(period_id=WEEK, actor_id="maker", now=payday.NOW)
    second = exported()
    mine = next(line for line in lines(session) if line.agent_id == lin)
    with pytest.raises(Refused) as refused:
        answer(second, as_csv(row(mine)))
    assert refused.value.slug == "other-batch"
    assert "PB20261123-0001" in str(refused.value)
    answer(first, as_csv(row(mine)))
    with pytest.raises(Refused) as posted_there:
        answer(second, as_csv(row(mine)))
    assert posted_there.value.slug == "other-batch"
    assert books.faults() == []


def test_an_amount_that_differs_is_shown_and_posts_nothing(session: Session) -> None:
    approved_week(1200, 3400)
    batch_id = exported()
    one, two = lines(session)
    content = as_csv(row(one, amount="12.01"), row(two))
    with pytest.raises(Invalid) as invalid:
        answer(batch_id, content)
    told = str(invalid.value.errors["file"][0])
    assert "金额和付款表不一样，文件里是 12.01，付款表是 12.00" in told
    assert states(session) == ["in_transit", "in_transit"]
    answer(batch_id, content, skip="银行少打一分，另行核对")
    assert states(session) == ["in_transit", "settled"]
    assert session.scalars(sa.select(ResultImport.skipped)).one() == "银行少打一分，另行核对"
    assert books.state(session) == "exported"
    assert books.faults() == []


def test_one_line_twice_in_a_file_posts_neither(session: Session) -> None:
    approved_week(1200, 3400)
    batch_id = exported()
    one, two = lines(session)
    content = as_csv(row(one), row(one, "失败", "限额"), row(two))
    with pytest.raises(Invalid) as invalid:
        answer(batch_id, content)
    assert "不止一次" in str(invalid.value.errors["file"][0])
    answer(batch_id, content, skip="先入账没有重复的")
    assert states(session) == ["in_transit", "settled"]


def test_a_row_that_no_line_answers_to_is_shown(session: Session) -> None:
    approved_week(1200)
    batch_id = exported()
    (line,) = lines(session)
    stray = row(line)
    stray[3] = "PB20200101-0001-000001"
    with pytest.raises(Invalid) as invalid:
        answer(batch_id, as_csv(row(line), stray))
    assert "这一批里没有这一笔" in str(invalid.value.errors["file"][0])
    with pytest.raises(Refused) as nothing:
        answer(batch_id, as_csv(stray), skip="全部跳过")
    assert nothing.value.slug == "nothing-matches"
    assert states(session) == ["in_transit"]


def test_what_failed_and_now_counts_as_paid_needs_a_person(session: Session) -> None:
    approved_week(1200)
    batch_id = exported()
    (line,) = lines(session)
    answer(batch_id, as_csv(row(line, "失败", "超限额")))
    with pytest.raises(Invalid) as invalid:
        answer(batch_id, as_csv(row(line)))
    assert "早先已记为失败" in str(invalid.value.errors["file"][0])
    assert states(session) == ["failed"]


def test_a_payment_that_is_still_going_on_waits(session: Session) -> None:
    approved_week(1200, 3400)
    batch_id = exported()
    one, two = lines(session)
    answer(batch_id, as_csv(row(one, "处理中"), row(two)))
    assert states(session) == ["in_transit", "settled"]
    answer(batch_id, as_csv(row(one), row(two)))
    assert books.state(session) == "settled"
    assert books.faults() == []


def test_no_result_before_the_export(session: Session) -> None:
    approved_week(1200)
    from gig.payouts.disbursement.operations.batches import create_batch

    batch_id = create_batch(period_id=WEEK, actor_id="maker", now=payday.NOW)
    with pytest.raises(Refused) as refused:
        answer(batch_id, b"x")
    assert refused.value.slug == "not-exported"


class TestLookingFirst:
    def upload(self, batch_id: str, content: bytes) -> str:
        return upload_results(batch_id=batch_id, name="r.csv", content=content, actor_id="maker", now=LATER)

    def test_an_upload_posts_nothing_until_somebody_says_so(self, session: Session) -> None:
        approved_week(1200)
        batch_id = exported()
        id = self.upload(batch_id, as_csv(row(lines(session)[0])))
        assert states(session) == ["in_transit"]
        assert '"paid": 1' in session.get_one(ResultImport, id, populate_existing=True).counts
        post_results(result_id=id, actor_id="checker", now=LATER)
        post_results(result_id=id, actor_id="checker", now=LATER)
        assert states(session) == ["settled"]
        assert posted(session) == 1
        assert books.faults() == []

    def test_columns_that_cannot_be_told_are_named_by_hand(self, session: Session) -> None:
        approved_week(1200)
        batch_id = exported()
        headers = ("转账备注", "转账金额（元）", "某列")
        (line,) = lines(session)
        id = self.upload(batch_id, as_csv([line.number, "12.00", "成功"], headers=headers))
        with pytest.raises(Invalid) as invalid:
            post_results(result_id=id, actor_id="maker", now=LATER)
        assert "状态" in str(invalid.value.errors["mapping"][0])
        mapping = {"number": "转账备注", "amount": "转账金额", "status": "某列"}
        map_results(result_id=id, mapping=mapping, actor_id="maker", now=LATER)
        post_results(result_id=id, actor_id="maker", now=LATER)
        assert states(session) == ["settled"]

    def test_a_dropped_file_is_not_posted_and_a_posted_one_not_dropped(self, session: Session) -> None:
        approved_week(1200)
        batch_id = exported()
        content = as_csv(row(lines(session)[0]))
        id = self.upload(batch_id, content)
        assert self.upload(batch_id, content) == id
        drop_results(result_id=id, actor_id="maker", now=LATER)
        with pytest.raises(Refused):
            post_results(result_id=id, actor_id="maker", now=LATER)
        assert states(session) == ["in_transit"]
        with pytest.raises(Refused):
            drop_results(result_id=answer(batch_id, content), actor_id="maker", now=LATER)

    def test_the_log_says_who_posted_what(self, session: Session) -> None:
        approved_week(1200)
        answer(exported(), as_csv(row(lines(session)[0])))
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "batch.results")).one()
        assert entry.actor_id == "maker" and '"paid": 1' in entry.detail
