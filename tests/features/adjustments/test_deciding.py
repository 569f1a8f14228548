"""What finance gives and takes: alone below the limit, together above it, never more than there was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gig.core import blobs
from gig.core.db import transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.payouts.adjustments import queries
from gig.payouts.adjustments.models import Adjustment
from gig.payouts.adjustments.operations import deciding
from gig.payouts.adjustments.operations.checking import Evidence
from gig.payouts.adjustments.operations.settings import set_alone
from gig.payouts.disbursement.operations.questions import take_back
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger import accounts, journal
from gig.payouts.ledger.models import LedgerEntry
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, DAY, WEDNESDAY, WEEK

LIMIT = 5000
WORDS = Evidence("故障记录")


def propose(agent_id: str, fen: int, **given: Any) -> str:
    settings = {
        "kind": "goodwill",
        "reason": "系统故障补偿",
        "evidence": WORDS,
        "actor_id": "maker",
        "now": WEDNESDAY,
        **given,
    }
    return deciding.propose(agent_id=agent_id, amount_fen=fen, **settings)


def reverse(entry: LedgerEntry, fen: int, **given: Any) -> str:
    settings = {"reason": "记错了", "evidence": WORDS, "actor_id": "maker", "now": WEDNESDAY, **given}
    return deciding.propose_reversal(entry_id=entry.id, amount_fen=fen, **settings)


def approve(id: str, *, by: str = "checker", now: dt.datetime = WEDNESDAY) -> None:
    deciding.approve(adjustment_id=id, actor_id=by, now=now)


def entry(session: Session, key: str) -> LedgerEntry:
    session.rollback()
    return session.scalars(sa.select(LedgerEntry).where(LedgerEntry.source_key == key)).one()


def state(session: Session, id: str) -> str:
    session.rollback()
    return session.scalars(sa.select(Adjustment.state).where(Adjustment.id == id)).one()


@pytest.mark.parametrize(
    ("kind", "key", "account", "gross"),
    [
        ("goodwill", "adjustment", accounts.ADJUSTMENT, 1700),
        ("bonus", "award", accounts.AWARD, 1700),
        ("award", "award", accounts.AWARD, 1700),
        ("clawback", "adjustment", accounts.ADJUSTMENT, 700),
    ],
)
def test_each_kind_is_one_entry_with_its_reason_and_a_line_of_the_statement(
    session: Session, kind: str, key: str, account: str, gross: int
) -> None:
    lin = books.agent()
    books.earn(lin, 1200, base=400)
    id = propose(lin, 500, kind=kind)
    posted = entry(session, f"{key}:{id}")
    assert {posted.debit, posted.credit} == {account, accounts.payable(lin)}
    assert "系统故障补偿" in posted.memo
    books.close()
    assert books.statement(session, lin).gross_fen == gross
    assert books.faults() == []


def test_the_same_form_sent_twice_is_one_adjustment(session: Session) -> None:
    lin, id = books.agent(), new_id()
    assert propose(lin, 500, id=id) == propose(lin, 500, id=id) == id
    session.rollback()
    assert session.scalars(sa.select(LedgerEntry.amount_fen)).all() == [500]


def test_above_the_limit_another_person_posts_it(session: Session) -> None:
    lin = books.agent()
    id = propose(lin, LIMIT + 1)
    assert state(session, id) == "proposed"
    with pytest.raises(Refused) as refused:
        approve(id, by="maker")
    assert refused.value.slug == "two-people"
    approve(id)
    approve(id)
    assert entry(session, f"adjustment:{id}").amount_fen == LIMIT + 1
    with pytest.raises(Refused) as late:
        approve(id, by="third")
    assert late.value.slug == "already-decided"
    assert books.faults() == []


def test_many_small_ones_of_one_day_need_the_second_person_too(session: Session) -> None:
    lin, he = books.agent(), books.agent()
    propose(lin, LIMIT - 100)
    assert state(session, propose(lin, 101)) == "proposed"
    assert state(session, propose(lin, 100)) == "posted"
    assert state(session, propose(he, LIMIT)) == "posted"
    assert state(session, propose(lin, LIMIT, now=WEDNESDAY + DAY)) == "posted"


def test_the_limit_is_changed_with_a_reason_and_holds_at_once(session: Session) -> None:
    lin = books.agent()
    with pytest.raises(Invalid):
        set_alone(value=0, reason=" ", actor_id="maker", now=WEDNESDAY)
    set_alone(value=0, reason="都要两个人看", actor_id="maker", now=WEDNESDAY)
    assert state(session, propose(lin, 1)) == "proposed"
    assert [step.change.reason for step in queries.limit_changes(session)] == ["都要两个人看"]


def test_who_raised_the_limit_is_not_the_one_whom_it_lets_act_alone(session: Session) -> None:
    lin = books.agent()
    for value in (LIMIT * 2, LIMIT * 10):
        set_alone(value=value, reason="年底奖金多", actor_id="maker", now=WEDNESDAY)
    assert state(session, propose(lin, LIMIT + 1)) == "proposed"
    assert state(session, propose(lin, LIMIT + 1, actor_id="checker")) == "proposed"
    set_alone(value=LIMIT * 8, reason="再看过", actor_id="checker", now=WEDNESDAY)
    assert state(session, propose(lin, LIMIT + 1)) == "posted"


def test_the_other_person_may_refuse_and_the_maker_withdraw(session: Session) -> None:
    lin = books.agent()
    refused, withdrawn = propose(lin, 9000), propose(lin, 9000)
    with pytest.raises(Invalid):
        deciding.turn_down(adjustment_id=refused, reason="", actor_id="checker", now=WEDNESDAY)
    deciding.turn_down(adjustment_id=refused, reason="没有依据", actor_id="checker", now=WEDNESDAY)
    deciding.turn_down(adjustment_id=withdrawn, reason="", actor_id="maker", now=WEDNESDAY)
    assert (state(session, refused), state(session, withdrawn)) == ("refused", "withdrawn")
    with pytest.raises(Refused):
        approve(refused)
    assert session.scalars(sa.select(LedgerEntry)).all() == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "gift"}, "kind"),
        ({"amount_fen": 0}, "amount"),
        ({"amount_fen": 10_000_001}, "amount"),
        ({"reason": " "}, "reason"),
        ({"reason": "长" * 201}, "reason"),
        ({"agent_id": "nobody"}, "agent"),
        ({"earning_id": "none"}, "earning"),
        ({"evidence": Evidence("长" * 2001)}, "evidence"),
        ({"evidence": Evidence(content=b"MZ\x90", name="a.exe")}, "file"),
    ],
)
def test_what_is_not_a_sound_adjustment_is_refused_and_leaves_nothing(
    session: Session, given: dict[str, Any], field: str
) -> None:
    asked = {"agent_id": books.agent(), "amount_fen": 100, "kind": "award", "reason": "好评", **given}
    with pytest.raises(Invalid) as invalid:
        deciding.propose(**asked, actor_id="maker", now=WEDNESDAY)
    assert field in invalid.value.errors
    session.rollback()
    assert session.scalars(sa.select(Adjustment)).all() == []


@pytest.mark.parametrize("nothing", [Evidence(), Evidence(" \n")], ids=["nothing", "spaces"])
def test_what_takes_or_waits_needs_words_or_a_file(session: Session, nothing: Evidence) -> None:
    lin, file = books.agent(), Evidence(content=b"%PDF-1.7 letter", name="letter.pdf")
    award = entry(session, f"award:{propose(lin, 1000, kind='award', evidence=nothing)}")
    attempts: list[Callable[[Evidence], str]] = [
        lambda evidence: propose(lin, 100, kind="clawback", evidence=evidence),
        lambda evidence: reverse(award, 100, evidence=evidence),
        lambda evidence: propose(lin, LIMIT + 1, kind="award", evidence=evidence),
        lambda evidence: propose(lin, LIMIT - 1150, kind="goodwill", evidence=evidence),
    ]
    for attempt in attempts:
        before = session.scalar(sa.select(sa.func.count()).select_from(Adjustment))
        with pytest.raises(Invalid) as invalid:
            attempt(nothing)
        assert list(invalid.value.errors) == ["evidence"]
        session.rollback()
        assert session.scalar(sa.select(sa.func.count()).select_from(Adjustment)) == before
        attempt(file)
    assert books.faults() == []


def test_evidence_is_kept_sealed_and_read_back(session: Session) -> None:
    file = b"%PDF-1.7 the customer's letter"
    id = propose(books.agent(), 100, evidence=Evidence("见附件", file, "信.pdf"))
    session.rollback()
    kept = session.get_one(Adjustment, id)
    assert kept.evidence_blob_id is not None
    assert blobs.content(session, kept.evidence_blob_id) == file
    assert (kept.evidence, kept.evidence_name) == ("见附件", "信.pdf")


def test_one_posted_for_a_closed_week_goes_to_the_open_one(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 1200, base=400)
    books.close()
    id = propose(lin, 300, now=WEDNESDAY)
    posted = entry(session, f"adjustment:{id}")
    assert (posted.period_id, posted.late_for_period_id) == ("week-2026-11-23", WEEK)


class TestReversals:
    def test_a_part_and_then_the_rest_go_back_and_no_more(self, session: Session) -> None:
        lin = books.agent()
        award = entry(session, f"award:{propose(lin, 1000, kind='award')}")
        reverse(award, 400)
        with pytest.raises(Refused) as too_much:
            reverse(award, 601)
        assert too_much.value.slug == "too-much-reversed"
        id = reverse(award, 600)
        gone = entry(session, f"reversal:{id}:{award.id}")
        assert (gone.debit, gone.credit, gone.payable_fen) == (award.credit, award.debit, -600)
        books.close()
        assert books.statement(session, lin).reversals_fen == -1000
        assert books.faults() == []

    def test_one_that_waited_is_judged_when_it_is_posted(self, session: Session) -> None:
        lin = books.agent()
        id = propose(lin, 9000)
        approve(id)
        goodwill = entry(session, f"adjustment:{id}")
        waiting = reverse(goodwill, 9000)
        reverse(goodwill, 1)
        with pytest.raises(Refused) as refused:
            approve(waiting)
        assert refused.value.slug == "too-much-reversed"
        assert state(session, waiting) == "proposed"

    def test_a_reversal_and_a_payment_are_not_reversed_here(self, session: Session) -> None:
        award = entry(session, f"award:{propose(books.agent(), 1000, kind='award')}")
        gone = entry(session, f"reversal:{reverse(award, 400)}:{award.id}")
        with pytest.raises(Refused) as refused:
            reverse(gone, 400)
        assert refused.value.slug == "not-reversible"
        with pytest.raises(NotFound):
            deciding.propose_reversal(
                entry_id=new_id(),
                amount_fen=1,
                reason="无",
                evidence=WORDS,
                actor_id="maker",
                now=WEDNESDAY,
            )

    def test_the_database_itself_refuses_more_than_the_entry(self, session: Session) -> None:
        award = entry(session, f"award:{propose(books.agent(), 1000, kind='award')}")
        reverse(award, 999)
        with pytest.raises(DBAPIError, match="never exceed"), transaction() as writing:
            forged = journal.Entry(
                "reversal:forged:1", "reversal", award.credit, award.debit, 2, award.agent_id, "", award.id
            )
            journal.post(writing, [forged], period_id=WEEK, now=WEDNESDAY)


class TestOneReply:
    """Gross 240, penalty 48: 192 may still be taken."""

    @pytest.fixture
    def reply(self, session: Session) -> tuple[str, str]:
        lin = books.agent()
        return lin, books.earn(lin, 240, base=120, penalty=48)

    def test_penalty_and_clawbacks_never_exceed_what_it_paid(
        self, session: Session, reply: tuple[str, str]
    ) -> None:
        lin, earning_id = reply
        propose(lin, 100, kind="clawback", earning_id=earning_id)
        with pytest.raises(Refused) as refused:
            propose(lin, 93, kind="clawback", earning_id=earning_id)
        assert (refused.value.slug, refused.value.params["yuan"]) == ("more-than-the-reply", "0.92")
        propose(lin, 92, kind="clawback", earning_id=earning_id)
        books.close()
        assert books.statement(session, lin).gross_fen == 0
        assert books.faults() == []

    def test_what_was_given_back_may_be_taken_again(self, session: Session, reply: tuple[str, str]) -> None:
        lin, earning_id = reply
        id = propose(lin, 192, kind="clawback", earning_id=earning_id)
        reverse(entry(session, f"adjustment:{id}"), 100)
        reverse(entry(session, f"penalty:{earning_id}"), 48)
        assert queries.taken_from(session, earning_id) == 92
        propose(lin, 148, kind="clawback", earning_id=earning_id)
        assert books.faults() == []

    def test_reversing_what_it_earned_counts_with_it(self, session: Session, reply: tuple[str, str]) -> None:
        lin, earning_id = reply
        propose(lin, 100, kind="clawback", earning_id=earning_id)
        with pytest.raises(Refused):
            reverse(entry(session, f"earning:{earning_id}"), 93)
        reverse(entry(session, f"earning:{earning_id}"), 92)
        assert books.faults() == []

    def test_the_database_itself_refuses_the_fen_too_many(
        self, session: Session, reply: tuple[str, str]
    ) -> None:
        lin, earning_id = reply
        id = propose(lin, 9000, kind="clawback", earning_id=earning_id)
        assert state(session, id) == "proposed"
        with pytest.raises(DBAPIError, match="no more is taken"), transaction() as writing:
            due = accounts.payable(lin)
            forged = journal.Entry(f"adjustment:{id}", "adjustment", due, accounts.ADJUSTMENT, 193, lin)
            journal.post(writing, [forged], period_id=WEEK, now=WEDNESDAY)

    def test_pay_that_is_taken_back_after_a_clawback_ends_at_nothing(
        self, session: Session, reply: tuple[str, str]
    ) -> None:
        lin, earning_id = reply
        propose(lin, 100, kind="clawback", earning_id=earning_id)
        inquiry_id = session.get_one(Earning, earning_id).inquiry_id
        with transaction() as writing:
            taken = take_back(
                writing,
                agent_id=lin,
                inquiry_id=inquiry_id,
                decision="own",
                why="自己的单",
                now=WEDNESDAY,
            )
        assert taken == 92
        books.close()
        assert books.statement(session, lin).gross_fen == 0
        assert books.faults() == []


def test_a_decided_adjustment_cannot_be_changed_or_deleted(session: Session) -> None:
    id = propose(books.agent(), 100)
    for statement in (
        sa.update(Adjustment).where(Adjustment.id == id).values(amount_fen=1),
        sa.update(Adjustment).where(Adjustment.id == id).values(state="withdrawn"),
        sa.delete(Adjustment).where(Adjustment.id == id),
    ):
        with pytest.raises(DBAPIError, match="never changes"), transaction() as writing:
            writing.execute(statement)


def test_an_adjustment_without_its_entry_is_found_by_the_audit(session: Session) -> None:
    id = propose(books.agent(), 9000)
    with transaction() as writing:
        writing.execute(
            sa.update(Adjustment)
            .where(Adjustment.id == id)
            .values(state="posted", decided_by="checker", decided_at=CLOSING_TIME)
        )
    assert any(f"adjustment:{id}" in fault for fault in books.faults())
