"""What became of a reply between the counting of its back pay and the posting, and after both."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.db import transaction
from gig.core.errors import Refused
from gig.core.ids import new_id
from gig.payouts.adjustments import given, queries
from gig.payouts.adjustments.models import Adjustment, BackPayRun, BackPayShare
from gig.payouts.adjustments.operations import back_pay, deciding
from gig.payouts.ledger import journal
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.rates.operations.drafts import create_draft
from gig.payouts.rates.operations.publication import publish
from tests.features.adjustments.test_back_pay import DAY_OF_WORK, NOW, counted, draft, shares, state
from tests.features.adjustments.test_back_pay_again import by_card, card, paid, post
from tests.features.settlement import books
from tests.features.settlement.books import DAY, WEDNESDAY, WEEK
from tests.rules.cards import base_row, card_json
from tests.statements import counted as counting

MINUTE = dt.timedelta(minutes=1)


def reverse(session: Session, key: str, fen: int, *, at: dt.datetime = NOW) -> None:
    session.rollback()
    entry = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.source_key == key)).one()
    with transaction() as writing:
        journal.reverse(
            writing, entry, decision=new_id(), amount_fen=fen, period_id=WEEK, why="申诉成立", now=at
        )


def claw_back(agent_id: str, reply: str, fen: int) -> str:
    return deciding.propose(
        kind="clawback",
        agent_id=agent_id,
        amount_fen=fen,
        earning_id=reply,
        reason="质检",
        evidence=deciding.Evidence("录音"),
        actor_id="maker",
        now=NOW,
    )


def capped_card(fen: int, cap: int) -> str:
    document = card_json(
        name=f"最多 {cap} 条",
        valid_from=f"2027-02-01T00:0{cap}:00+08:00",
        base=[base_row(fen)],
        bands=[],
        dates=[],
        max_paid_replies=cap,
    )
    id = create_draft(document=document, now=NOW, actor_id=None)
    publish(id=id, now=NOW, actor_id=None)
    return id


def given_for(session: Session, run_id: str) -> dict[str, int]:
    session.rollback()
    query = sa.select(BackPayShare.earning_id, BackPayShare.fen).join(Adjustment)
    return {row.earning_id: row.fen for row in session.execute(query.where(Adjustment.run_id == run_id))}


def refused(run_id: str, *seen: str) -> str:
    with pytest.raises(Refused) as told:
        post(run_id, *seen)
    return told.value.slug


@pytest.mark.parametrize("late_write", [0, 30], ids=["after it", "asked for before it"])
def test_a_penalty_given_back_since_the_counting_makes_it_stale(session: Session, late_write: int) -> None:
    """1.20 less 0.24 is 0.96; 0.24 of back pay and 0.24 given back would be 1.44 for a reply worth 1.20."""
    lin = books.agent()
    reply = books.earn(lin, 120, penalty=24)
    run = by_card(card(120))
    assert shares(session, run) == {lin: (1, 24)}
    reverse(session, f"penalty:{reply}", 24, at=NOW - late_write * MINUTE)
    assert refused(run) == "outdated"
    assert state(session, run) == "ready"
    back_pay.cancel_run(run_id=run, actor_id="maker", now=NOW)
    anew = by_card(session.get_one(BackPayRun, run).card_id or "")
    assert shares(session, anew) == {}
    assert books.faults() == []


@pytest.mark.parametrize("mode", ["fixed", "percent", "card"])
@pytest.mark.parametrize("how", ["reversed", "clawed back"])
def test_a_reply_that_lost_all_since_the_counting_makes_it_stale(
    session: Session, mode: str, how: str
) -> None:
    lin = books.agent()
    reply = books.earn(lin, 120)
    run = by_card(card(150)) if mode == "card" else counted(mode=mode, figure=30)
    if how == "reversed":
        reverse(session, f"earning:{reply}", 120)
    else:
        deciding.approve(adjustment_id=claw_back_waiting(lin, reply), actor_id="checker", now=NOW)
    assert refused(run) == "outdated"


def claw_back_waiting(agent_id: str, reply: str) -> str:
    """What is above the limit waits for another person: it counts once it is approved."""
    with transaction() as writing:
        writing.add(
            waits := Adjustment(
                id=new_id(),
                kind="clawback",
                agent_id=agent_id,
                amount_fen=120,
                earning_id=reply,
                reason="质检",
                evidence="录音",
                state="proposed",
                maker_id="maker",
                made_at=NOW - 3 * DAY,
            )
        )
        writing.flush()
    return waits.id


def test_what_changes_no_amount_does_not_stop_a_run(session: Session) -> None:
    lin, he = books.agent(), books.agent()
    late, other = books.earn(lin, 120, penalty=24), books.earn(he, 120)
    reverse(session, f"penalty:{late}", 10, at=NOW - MINUTE)
    run, flat = by_card(card(150)), counted()
    claw_back(he, other, 50)
    reverse(session, f"penalty:{late}", 2)
    post(flat)
    back_pay.cancel_run(run_id=run, actor_id="maker", now=NOW)
    again = by_card(session.get_one(BackPayRun, run).card_id or "")
    post(again)
    assert state(session, again) == "posted"
    assert books.faults() == []


def test_an_agent_whose_reply_changed_while_the_run_was_posted_is_left_out(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(back_pay, "POSTED_AT_ONCE", 1)
    agents = sorted(books.agent() for _ in range(3))
    late = {id: books.earn(id, 120, penalty=24) for id in agents}
    run = by_card(card(130))
    back_pay.start_run(run_id=run, actor_id="checker", now=NOW)
    assert back_pay._post_next(run, now=NOW)
    for id in agents[:2]:
        reverse(session, f"penalty:{late[id]}", 24)
    back_pay.advance_runs(now=NOW)
    assert state(session, run) == "posted"
    came = queries.counted(session, run)
    assert (came.agents, came.posted, came.left_out, came.fen) == (2, 2, 1, 2 * 34)
    parts = session.execute(sa.select(Adjustment.agent_id, Adjustment.state).order_by(Adjustment.agent_id))
    assert [each.state for each in parts] == ["posted", "withdrawn", "posted"]
    noted = sa.select(AuditEntry.detail).where(AuditEntry.action == "back_pay.leave_out")
    assert agents[1] in (session.scalars(noted).one() or "")
    next_run = by_card(session.get_one(BackPayRun, run).card_id or "")
    assert shares(session, next_run) == {agents[1]: (1, 10)}
    assert books.faults() == []


def test_a_run_counted_by_an_older_version_is_counted_anew(session: Session) -> None:
    """While versions change, the older one counts what the newer one asked for, and writes no shares."""
    lin = books.agent()
    books.earn(lin, 120)
    run = draft(mode="card", figure=None, card_id=card(150))
    kept_by(run, False)
    back_pay.advance_runs(now=NOW)
    kept_by(run, True)
    assert refused(run) == "outdated"
    began = {"state": "posting", "started_at": NOW, "approved_by": "checker"}
    start = sa.update(BackPayRun).where(BackPayRun.id == run)
    with pytest.raises(IntegrityError), transaction() as writing:  # nor can it start it
        writing.execute(start.values(**began))
    with transaction() as writing:  # as it did before runs had a number
        writing.execute(start.values(**began, started_no=1))
    back_pay.advance_runs(now=NOW)
    assert state(session, run) == "posted"
    again = by_card(session.get_one(BackPayRun, run).card_id or "")
    assert refused(again) == "paid-before"


def test_a_run_that_was_not_written_down_and_is_cancelled_is_no_fault_of_the_book(session: Session) -> None:
    books.earn(books.agent(), 120)
    run = draft(mode="card", figure=None, card_id=card(150))
    kept_by(run, False)
    back_pay.advance_runs(now=NOW)
    kept_by(run, True)
    back_pay.cancel_run(run_id=run, actor_id="maker", now=NOW)
    assert books.faults() == []


def kept_by(run_id: str, by_reply: bool) -> None:
    with transaction() as writing:
        writing.execute(sa.update(BackPayRun).where(BackPayRun.id == run_id).values(by_reply=by_reply))


@pytest.mark.parametrize("mode", ["fixed", "percent", "card"])
def test_a_reply_that_clawbacks_and_lateness_left_nothing_of_gets_none(session: Session, mode: str) -> None:
    lin = books.agent()
    gone, back, kept = (books.earn(lin, 120, penalty=24) for _ in range(3))
    claw_back(lin, gone, 96)
    undone = claw_back(lin, back, 96)
    reverse(session, f"adjustment:{undone}", 1)
    claw_back(lin, kept, 95)
    run = by_card(card(150)) if mode == "card" else counted(mode=mode, figure=30)
    assert set(given_for(session, run)) == {back, kept}
    assert books.faults() == []


def test_a_run_waits_no_more_for_a_reply_beyond_one_that_is_gone(session: Session) -> None:
    """The paid reply gets nothing of the run, the one beyond it would; then the inquiry's pay is taken."""
    lin = books.agent()
    inquiry = new_id()
    own = books.earn(lin, 120, inquiry_id=inquiry)
    beyond = books.earn(lin, 0, inquiry_id=inquiry, at=WEDNESDAY + MINUTE)
    run = by_card(card(120))
    assert given_for(session, run) == {beyond: 120}
    reverse(session, f"earning:{own}", 120)
    assert refused(run) == "outdated"


def test_a_step_counts_so_many_replies_and_writes_them_by_few_statements(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(back_pay, "REPLIES_AT_ONCE", 7)
    agents = sorted(books.agent() for _ in range(4))
    for id, replies in zip(agents, (9, 3, 4, 1), strict=True):
        for _ in range(replies):
            books.earn(id, 120)
    run = draft()
    for done in (1, 3, 4):
        session.rollback()
        with counting() as sent:
            assert back_pay._count_next(run, now=NOW)
        assert len([each for each in sent if each.startswith("INSERT INTO back_pay_share")]) == 1
        assert sorted(shares(session, run)) == agents[:done]
    back_pay.advance_runs(now=NOW)
    assert sum(given_for(session, run).values()) == 17 * 20


def test_what_other_days_got_is_not_read_for_a_run(session: Session) -> None:
    lin = books.agent()
    here, there = books.earn(lin, 120), books.earn(lin, 120, at=WEDNESDAY - DAY)
    post(by_card(card(130), first_day=DAY_OF_WORK - DAY))
    run = draft()
    session.rollback()
    found = given.by_runs(session, session.get_one(BackPayRun, run), [lin])
    assert found == {here: 10}
    assert paid(session, run, lin) == 0 and there != here
