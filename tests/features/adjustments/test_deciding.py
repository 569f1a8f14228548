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
from gig.core.errors import Invalid, Refused
from gig.core.ids import new_id
from gig.payouts.adjustments import queries
from gig.payouts.adjustments.models import Adjustment
from gig.payouts.adjustments.operations import deciding
from gig.payouts.adjustments.operations.checking import Evidence
from gig.payouts.adjustments.operations.settings import set_alone
from gig.payouts.ledger import accounts
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
