"""Back pay over days that were paid before: a card pays what is still missing, the rest is confirmed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.db import transaction
from gig.core.errors import Invalid, Refused
from gig.payouts.adjustments import given
from gig.payouts.adjustments.models import Adjustment, BackPayRun, BackPayShare
from gig.payouts.adjustments.operations import back_pay, deciding
from gig.payouts.ledger import journal
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.rates.operations.drafts import create_draft
from gig.payouts.rates.operations.publication import publish
from tests.features.adjustments.test_back_pay import DAY_OF_WORK, NOW, counted, draft, shares, state
from tests.features.settlement import books
from tests.features.settlement.books import DAY, WEDNESDAY, WEEK
from tests.rules.cards import base_row, card_json


def card(fen: int, *, published: bool = True) -> str:
    """A card that pays every reply so much, at any hour."""
    at = f"2027-01-01T00:{fen % 60:02d}:00+08:00"
    document = card_json(name=f"{fen} 分", valid_from=at, base=[base_row(fen)], bands=[], dates=[])
    id = create_draft(document=document, now=NOW, actor_id=None)
    if published:
        publish(id=id, now=NOW, actor_id=None)
    return id


def by_card(card_id: str, **days: object) -> str:
    return counted(mode="card", figure=None, card_id=card_id, **days)


def post(run_id: str, *seen: str) -> str:
    back_pay.start_run(run_id=run_id, seen=seen, actor_id="checker", now=NOW)
    back_pay.advance_runs(now=NOW)
    return run_id


def paid(session: Session, run_id: str, agent_id: str) -> int:
    return shares(session, run_id).get(agent_id, (0, 0))[1]


def take_back(session: Session, run_id: str, agent_id: str, fen: int) -> None:
    session.rollback()
    key = sa.literal("adjustment:") + Adjustment.id
    mine = (Adjustment.run_id == run_id, Adjustment.agent_id == agent_id)
    query = sa.select(LedgerEntry.id).join(Adjustment, LedgerEntry.source_key == key).where(*mine)
    deciding.propose_reversal(
        entry_id=session.scalars(query).one(),
        amount_fen=fen,
        reason="补错了",
        evidence=deciding.Evidence("对账单"),
        actor_id="maker",
        now=NOW,
    )


def test_the_same_card_pays_the_difference_once(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 120)
    first = post(by_card(card(150)))
    assert paid(session, first, lin) == 30
    again = by_card(session.get_one(BackPayRun, first).card_id or "")
    assert shares(session, again) == {}
    with pytest.raises(Refused) as refused:
        post(again)
    assert refused.value.slug == "nothing-to-pay"
    assert books.faults() == []


def test_a_dearer_card_pays_the_difference_of_the_difference(session: Session) -> None:
    lin, he = books.agent(), books.agent()
    for agent_id in (lin, he):
        books.earn(agent_id, 120)
    books.earn(lin, 120, at=WEDNESDAY + DAY)
    post(by_card(card(150)))
    next_day = by_card(card(170), last_day=DAY_OF_WORK + DAY)
    assert shares(session, next_day) == {lin: (2, 20 + 50), he: (1, 20)}
    post(next_day)
    assert shares(session, by_card(card(160), last_day=DAY_OF_WORK + DAY)) == {}
    assert books.faults() == []


def test_what_was_given_at_a_flat_rate_counts_as_paid(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 120)
    first = post(counted(mode="percent", figure=10))
    then = by_card(card(150))
    assert paid(session, then, lin) == 30 - 12
    page = given.earlier(session, session.get_one(BackPayRun, then))
    assert [(each.run.id, each.left_fen) for each in page] == [(first, 12)]
    post(then)


def test_a_run_that_was_reversed_counts_as_not_given(session: Session) -> None:
    lin, he = books.agent(), books.agent()
    for agent_id in (lin, he):
        books.earn(agent_id, 120)
    first = post(by_card(card(150)))
    take_back(session, first, lin, 30)
    assert shares(session, by_card(card(151))) == {lin: (1, 31), he: (1, 1)}
    take_back(session, first, he, 30)
    session.rollback()
    assert given.earlier(session, session.get_one(BackPayRun, counted())) == []


def test_a_part_that_was_reversed_is_missing_from_the_last_replies(session: Session) -> None:
    lin = books.agent()
    for _ in range(3):
        books.earn(lin, 120)
    first = post(by_card(card(150)))
    take_back(session, first, lin, 40)
    again = by_card(session.get_one(BackPayRun, first).card_id or "")
    assert shares(session, again) == {lin: (2, 40)}
    session.rollback()
    each = sa.select(BackPayShare.fen).join(Adjustment).where(Adjustment.run_id == again)
    assert sorted(session.scalars(each)) == [10, 30]


def test_a_run_by_a_card_that_was_counted_before_another_is_not_posted(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 120)
    waits, counts, elsewhere = by_card(card(150)), draft(mode="card", figure=None, card_id=card(151)), draft()
    first = by_card(card(152))
    other_day = by_card(card(153), first_day=DAY_OF_WORK - DAY, last_day=DAY_OF_WORK - DAY)
    post(first)
    for id in (waits, counts):
        with pytest.raises(Refused) as refused:
            post(id)
        assert (refused.value.slug, refused.value.params["reason"]) == ("outdated", "费率公布晚了")
        assert state(session, id) == "ready"
    for id in (elsewhere, other_day):
        assert given.overtook(session, session.get_one(BackPayRun, id)) is None
    back_pay.cancel_run(run_id=waits, actor_id="maker", now=NOW)
    assert books.faults() == []


def test_a_flat_run_on_top_of_others_names_them_and_wants_each_confirmed(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 120)
    first = post(counted(reason="大促补贴"))
    second = post(by_card(card(150), reason="新价补差"))
    third = counted(reason="又一次")
    for seen in ((), (first,), (first, third)):
        with pytest.raises(Refused) as refused:
            post(third, *seen)
        assert refused.value.slug == "paid-before"
        assert "「新价补差」" in refused.value.params["runs"]
        assert ("「大促补贴」" in refused.value.params["runs"]) is (first not in seen)
    post(third, first, second)
    assert state(session, third) == "posted"
    noted = sa.select(AuditEntry).where(AuditEntry.object_id == third, AuditEntry.action == "back_pay.start")
    detail = session.scalars(noted).one().detail
    assert detail is not None and first in str(detail) and second in str(detail)
    other_day = counted(first_day=DAY_OF_WORK - DAY, last_day=DAY_OF_WORK - DAY)
    assert given.earlier(session, session.get_one(BackPayRun, other_day)) == []
    assert books.faults() == []


def test_a_run_of_which_no_shares_were_kept_is_confirmed_by_a_card_too(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 120)
    old = draft(reason="去年的")
    with transaction() as writing:
        writing.execute(sa.update(BackPayRun).where(BackPayRun.id == old).values(by_reply=False))
    back_pay.advance_runs(now=NOW)
    post(old)
    run = by_card(card(150))
    assert paid(session, run, lin) == 30
    with pytest.raises(Refused) as refused:
        post(run)
    assert (refused.value.slug, refused.value.params["runs"]) == ("paid-before", "「去年的」")
    post(run, old)
    assert books.faults() == []


@pytest.mark.parametrize("mode", ["fixed", "percent", "card"])
def test_a_reply_whose_pay_was_taken_back_gets_none(session: Session, mode: str) -> None:
    lin = books.agent()
    gone, _kept = books.earn(lin, 120), books.earn(lin, 120)
    entry = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.source_key == f"earning:{gone}")).one()
    with transaction() as writing:
        journal.reverse(writing, entry, decision="own", amount_fen=120, period_id=WEEK, why="", now=NOW)
    run = by_card(card(150)) if mode == "card" else counted(mode=mode, figure=30)
    assert {replies for replies, _fen in shares(session, run).values()} == {1}


def test_a_draft_is_no_card_to_pay_by(session: Session) -> None:
    with pytest.raises(Invalid) as invalid:
        by_card(card(150, published=False))
    assert "card" in invalid.value.errors


def test_what_was_given_for_a_reply_is_never_changed(session: Session) -> None:
    books.earn(books.agent(), 120)
    counted()
    for statement in (sa.update(BackPayShare).values(fen=1), sa.delete(BackPayShare)):
        with pytest.raises(DBAPIError, match=r"never changes|append-only"), transaction() as writing:
            writing.execute(statement)


def test_back_pay_that_is_not_the_sum_of_its_replies_is_found_by_the_audit(session: Session) -> None:
    lin = books.agent()
    reply = books.earn(lin, 120)
    run = counted()
    other = books.earn(lin, 120, at=WEDNESDAY + DAY)
    assert reply != other
    with transaction() as writing:
        id = writing.scalars(sa.select(Adjustment.id).where(Adjustment.run_id == run)).one()
        writing.add(BackPayShare(adjustment_id=id, earning_id=other, fen=7))
        writing.flush()
    assert [fault for fault in books.faults() if f"adjustment:{id} 20 27" in fault]
