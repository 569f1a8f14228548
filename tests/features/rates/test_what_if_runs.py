"""A what-if as a run: asked once, gone on with by another process, cancelled, refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import Invalid, NotFound, Refused
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.rates.operations.drafts import edit_draft
from gig.payouts.whatif import values
from gig.payouts.whatif.models import WhatIf
from gig.payouts.whatif.operations.asking import cancel
from gig.payouts.whatif.operations.running import go_on, work
from gig.payouts.whatif.tally import read_tally
from tests.features.rates.test_what_if import (
    CARD,
    DAY,
    NOW,
    SINCE,
    UNTIL,
    a_turn,
    asked,
    drafted,
    finished,
    keep,
    price_said,
    random_turns,
)


def test_only_the_run_itself_is_written(session: Session) -> None:
    keep(session, random_turns(9, 200))
    before = session.execute(sa.select(Earning.__table__).order_by(Earning.id)).all()
    finished(session, asked(drafted()))
    assert session.execute(sa.select(Earning.__table__).order_by(Earning.id)).all() == before
    assert session.scalar(sa.select(sa.func.count()).select_from(LedgerEntry)) == 0


def test_another_process_goes_on_where_one_stopped(session: Session, tmp_path: Path) -> None:
    turns = random_turns(11, 300)
    keep(session, turns)
    id = asked(drafted())
    assert work(id=id, for_s=0, now=NOW) is False
    half = session.get_one(WhatIf, id, populate_existing=True)
    assert SINCE < half.reached_at < UNTIL
    assert half.replies < len(turns)
    while go_on(NOW + values.BUSY):
        pass
    run = session.get_one(WhatIf, id, populate_existing=True)
    assert (run.state, run.replies) == ("done", len(turns))
    assert read_tally(run.tally).total.new_fen == sum(price_said(tmp_path, CARD, turns).values())


def test_nobody_takes_a_run_from_whoever_works_at_it(session: Session) -> None:
    keep(session, [a_turn()])
    asked(drafted())
    assert go_on(NOW) is None


def test_a_cancelled_run_is_not_gone_on_with(session: Session) -> None:
    keep(session, random_turns(3, 50))
    card_id = drafted()
    id = asked(card_id)
    work(id=id, for_s=0, now=NOW)
    cancel(card_id=card_id, id=id, now=NOW)
    cancel(card_id=card_id, id=id, now=NOW)
    assert work(id=id, for_s=9, now=NOW) is True
    assert go_on(NOW + values.BUSY) is None
    assert session.get_one(WhatIf, id, populate_existing=True).state == "cancelled"
    assert asked(card_id) != id


def test_what_is_done_is_not_cancelled(session: Session) -> None:
    keep(session, [a_turn()])
    card_id = drafted()
    id = finished(session, asked(card_id)).id
    with pytest.raises(Refused) as refused:
        cancel(card_id=card_id, id=id, now=NOW)
    assert refused.value.slug == "finished"


def test_the_same_question_is_asked_once_until_the_draft_changes(session: Session) -> None:
    keep(session, [a_turn()])
    card_id = drafted()
    first = asked(card_id)
    assert asked(card_id) == first
    edit_draft(id=card_id, document={**CARD, "max_paid_replies": 9}, revision=1, now=NOW, actor_id=None)
    assert asked(card_id) != first


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [
        (UNTIL, SINCE, "to"),
        (SINCE, SINCE, "to"),
        (SINCE, NOW + DAY, "to"),
        (SINCE - 100 * DAY, UNTIL, "to"),
        (SINCE - 2 * DAY, SINCE, "from"),
    ],
    ids=["backwards", "nothing", "the future", "too long", "without replies"],
)
def test_a_span_without_an_answer_is_refused_and_leaves_nothing(
    session: Session, since: dt.datetime, until: dt.datetime, field: str
) -> None:
    keep(session, [a_turn()])
    with pytest.raises(Invalid) as refused:
        asked(drafted(), since, until)
    assert list(refused.value.errors) == [field]
    assert session.scalar(sa.select(sa.func.count()).select_from(WhatIf)) == 0


def test_a_card_that_is_not_there_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        asked("0" * 26)
