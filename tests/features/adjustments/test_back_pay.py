"""Back pay: counted, looked at, posted once, wherever it was cut off."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import Invalid, Refused
from gig.core.ids import new_id
from gig.payouts.adjustments import queries
from gig.payouts.adjustments.models import Adjustment, BackPayRun
from gig.payouts.adjustments.operations import back_pay
from gig.payouts.adjustments.operations.settings import set_alone
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.rates.models import RateCardVersion
from tests.features.settlement import books
from tests.features.settlement.books import DAY, WEDNESDAY

DAY_OF_WORK = dt.date(2026, 11, 18)
NOW = WEDNESDAY + 2 * DAY


def draft(**given: Any) -> str:
    settings: dict[str, Any] = {
        "first_day": DAY_OF_WORK,
        "last_day": DAY_OF_WORK,
        "mode": "fixed",
        "figure": 20,
        "card_id": None,
        "reason": "费率公布晚了",
        "evidence": "运营的邮件",
        "actor_id": "maker",
        "now": NOW,
        **given,
    }
    return back_pay.draft_run(**settings)


def counted(**given: Any) -> str:
    id = draft(**given)
    back_pay.advance_runs(now=NOW)
    return id


def shares(session: Session, run_id: str) -> dict[str, tuple[int | None, int]]:
    session.rollback()
    rows = session.scalars(sa.select(Adjustment).where(Adjustment.run_id == run_id))
    return {row.agent_id: (row.replies, row.amount_fen) for row in rows}


def state(session: Session, run_id: str) -> str:
    session.rollback()
    return session.scalars(sa.select(BackPayRun.state).where(BackPayRun.id == run_id)).one()


def test_a_fixed_amount_for_each_paid_reply_of_the_days(session: Session) -> None:
    lin, he = books.agent(), books.agent()
    for gross in (120, 240, 0):
        books.earn(lin, gross)
    books.earn(he, 100)
    books.earn(he, 100, at=WEDNESDAY + DAY)
    id = counted()
    assert shares(session, id) == {lin: (2, 40), he: (1, 20)}
    assert session.scalars(sa.select(LedgerEntry).where(LedgerEntry.kind == "adjustment")).all() == []
    back_pay.start_run(run_id=id, actor_id="maker", now=NOW)
    back_pay.advance_runs(now=NOW)
    back_pay.advance_runs(now=NOW)
    assert state(session, id) == "posted"
    entries = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.kind == "adjustment")).all()
    assert sorted((one.agent_id, one.amount_fen) for one in entries) == sorted([(lin, 40), (he, 20)])
    assert {one.memo for one in entries} == {"补发 · 费率公布晚了"}
    assert books.faults() == []


def test_a_percent_is_rounded_half_up_for_each_reply(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 83)
    books.earn(lin, 83)
    assert shares(session, counted(mode="percent", figure=50)) == {lin: (2, 84)}


def test_a_card_pays_what_it_would_have_paid_more(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 60)
    books.earn(lin, 4000, base=400)
    card_id = session.scalars(sa.select(RateCardVersion.id)).first()
    found = shares(session, counted(mode="card", figure=None, card_id=card_id))
    replies, fen = found[lin]
    assert replies == 1
    assert fen > 0


@pytest.mark.parametrize("agents_at_once", [1, 2])
def test_counting_and_posting_go_on_where_they_were_cut_off(
    session: Session, agents_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(back_pay, "AGENTS_AT_ONCE", agents_at_once)
    monkeypatch.setattr(back_pay, "POSTED_AT_ONCE", agents_at_once)
    agents = [books.agent() for _ in range(5)]
    for id in agents:
        books.earn(id, 100)
    run_id = draft()
    assert back_pay._count_next(run_id, now=NOW)
    assert len(shares(session, run_id)) == agents_at_once
    back_pay.advance_runs(now=NOW)
    assert len(shares(session, run_id)) == 5
    back_pay.start_run(run_id=run_id, actor_id="maker", now=NOW)
    assert back_pay._post_next(run_id, now=NOW)
    assert books.faults() == []
    back_pay.advance_runs(now=NOW)
    assert queries.counted(session, run_id).posted == 5
    assert state(session, run_id) == "posted"
    assert books.faults() == []


def test_above_the_limit_another_person_starts_it(session: Session) -> None:
    lin = books.agent()
    books.earn(lin, 4000, base=400)
    id = counted(mode="percent", figure=200)
    with pytest.raises(Refused) as refused:
        back_pay.start_run(run_id=id, actor_id="maker", now=NOW)
    assert refused.value.slug == "two-people"
    back_pay.start_run(run_id=id, actor_id="checker", now=NOW)
    back_pay.advance_runs(now=NOW)
    assert state(session, id) == "posted"
    assert books.faults() == []


def test_a_run_that_is_split_over_a_day_needs_the_second_person_too(session: Session) -> None:
    books.earn(books.agent(), 2000, base=400)
    first, second = (counted(mode="percent", figure=150) for _ in range(2))
    back_pay.start_run(run_id=first, actor_id="maker", now=NOW)
    with pytest.raises(Refused) as refused:
        back_pay.start_run(run_id=second, actor_id="maker", now=NOW)
    assert refused.value.slug == "two-people"
    back_pay.start_run(run_id=second, seen=[first], actor_id="maker", now=NOW + DAY)
    back_pay.advance_runs(now=NOW + DAY)
    assert (state(session, first), state(session, second)) == ("posted", "posted")
    assert books.faults() == []


def test_who_raised_the_limit_starts_no_larger_run_by_it(session: Session) -> None:
    books.earn(books.agent(), 4000, base=400)
    id = counted(mode="percent", figure=200)
    set_alone(value=100_000, reason="补发多", actor_id="maker", now=NOW)
    with pytest.raises(Refused) as refused:
        back_pay.start_run(run_id=id, actor_id="maker", now=NOW)
    assert refused.value.slug == "two-people"


def test_a_cancelled_run_posts_nothing_and_keeps_what_it_counted(session: Session) -> None:
    books.earn(books.agent(), 100)
    id = counted()
    back_pay.cancel_run(run_id=id, actor_id="maker", now=NOW)
    back_pay.cancel_run(run_id=id, actor_id="maker", now=NOW)
    with pytest.raises(Refused):
        back_pay.start_run(run_id=id, actor_id="maker", now=NOW)
    back_pay.advance_runs(now=NOW)
    session.rollback()
    assert session.scalars(sa.select(Adjustment.state)).all() == ["withdrawn"]
    assert books.faults() == []


def test_one_that_is_still_being_counted_is_not_started(session: Session) -> None:
    """Its sum is not known yet, so nobody can say whether one person may start it."""
    books.earn(books.agent(), 100)
    id = draft()
    for actor in ("maker", "checker"):
        with pytest.raises(Refused) as refused:
            back_pay.start_run(run_id=id, actor_id=actor, now=NOW)
        assert refused.value.slug == "not-ready"
    assert state(session, id) == "counting"


def test_one_that_began_to_post_is_not_cancelled(session: Session) -> None:
    books.earn(books.agent(), 100)
    id = counted()
    back_pay.start_run(run_id=id, actor_id="maker", now=NOW)
    with pytest.raises(Refused) as refused:
        back_pay.cancel_run(run_id=id, actor_id="maker", now=NOW)
    assert refused.value.slug == "already-started"


def test_the_same_form_sent_twice_is_one_run(session: Session) -> None:
    books.earn(books.agent(), 100)
    id = new_id()
    assert draft(id=id) == draft(id=id)
    back_pay.advance_runs(now=NOW)
    assert len(shares(session, id)) == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"last_day": dt.date(2026, 11, 20)}, "span"),
        ({"first_day": dt.date(2026, 11, 19)}, "span"),
        ({"first_day": dt.date(2025, 1, 1)}, "span"),
        ({"mode": "guess"}, "mode"),
        ({"figure": 0}, "figure"),
        ({"mode": "percent", "figure": 501}, "figure"),
        ({"figure": None}, "figure"),
        ({"reason": ""}, "reason"),
        ({"evidence": " "}, "evidence"),
        ({"evidence": "长" * 2001}, "evidence"),
    ],
)
def test_what_is_not_a_sound_run_is_refused(session: Session, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as invalid:
        draft(**given)
    assert field in invalid.value.errors


@pytest.mark.parametrize("card_id", [None, "none", "01m83q4n0000000000000000zz"])
def test_a_card_that_is_not_there_is_said_at_its_field(session: Session, card_id: str | None) -> None:
    with pytest.raises(Invalid) as invalid:
        draft(mode="card", figure=None, card_id=card_id)
    assert list(invalid.value.errors) == ["card"]
