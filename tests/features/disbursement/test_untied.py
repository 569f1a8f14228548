"""A period that comes untied after its approval pays nobody: no batch of it is made, approved or exported."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.errors import Refused
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.disbursement.operations.batches import approve_batch, cancel_batch, create_batch
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.disbursement.operations.retries import retry_lines
from gig.payouts.settlement.tie import tie
from tests.features.disbursement.payday import LATER, NOW, answer, approved_week, as_csv, exported, lines, row
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, HOUR, WEEK
from tests.features.settlement.conftest import Desk, Program
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("programs_here")


def shifted(fen: int) -> None:
    """A line is changed behind our back."""
    with transaction() as writing:
        writing.execute(sa.update(PayoutLine).values(amount_fen=PayoutLine.amount_fen + fen))


def made() -> str:
    return create_batch(period_id=WEEK, actor_id="maker", now=NOW)


def approved(batch_id: str) -> None:
    approve_batch(batch_id=batch_id, actor_id="checker", now=NOW)


def sent(batch_id: str) -> None:
    export_batch(batch_id=batch_id, actor_id="maker", now=NOW)


STEPS: list[Callable[[str], object]] = [lambda _id: made(), approved, sent]


@pytest.mark.parametrize("steps", [0, 1, 2], ids=["making", "approving", "exporting"])
@pytest.mark.parametrize("fen", [1, -1])
def test_one_fen_stops_each_step_and_what_ties_again_goes_on(session: Session, steps: int, fen: int) -> None:
    approved_week(1200)
    batch_id = ""
    for step in STEPS[:steps]:
        batch_id = str(step(batch_id) or batch_id)
    shifted(fen)
    with pytest.raises(Refused) as refused:
        STEPS[steps](batch_id)
    assert refused.value.slug == "does-not-tie"
    assert [line.state for line in lines(session)] == ["planned"]
    assert session.scalars(sa.select(Batch.state)).all() == ["draft", "approved"][steps - 1 : steps]
    shifted(-fen)
    for step in STEPS[steps:]:
        batch_id = str(step(batch_id) or batch_id)
    assert [line.state for line in lines(session)] == ["in_transit"]
    assert books.faults() == []


def test_an_untied_batch_can_be_cancelled_and_what_left_before_stays_as_it_is(session: Session) -> None:
    approved_week(1200)
    batch_id = made()
    shifted(1)
    cancel_batch(batch_id=batch_id, actor_id="maker", now=NOW)
    shifted(-1)
    batch_id = exported()
    shifted(1)
    sent(batch_id)
    approved(batch_id)
    assert session.get_one(Batch, batch_id, populate_existing=True).state == "exported"


def test_a_program_is_told_too(session: Session, program: Program) -> None:
    approved_week(1200)
    shifted(1)
    refused = program().post("/batches", {"period_id": WEEK, "template": "generic"})
    assert (refused.status_code, refused.json["type"]) == (409, "/problems/does-not-tie")


@pytest.mark.usefixtures("after_closing_time")
def test_the_buttons_of_an_untied_batch_are_off_and_say_why(session: Session, desk: Desk) -> None:
    approved_week(1200)
    batch_id = made()
    places = (f"/console/batches/{batch_id}", f"/console/periods/{WEEK}")
    finance = desk()
    for state, label in (("draft", "审批这一批"), ("approved", "导出并冻结")):
        assert session.get_one(Batch, batch_id, populate_existing=True).state == state
        for fen, off in ((0, False), (1, True)):
            shifted(fen)
            for place in places:
                page = finance.get(place).text
                (button,) = re.findall(rf"<button ([^>]*)>[^\n]*?{label}", page)
                assert ("disabled" in button) == off
                assert ("审批和导出已停用" in page) == off
            shifted(-fen)
        if state == "draft":
            approved(batch_id)
    shifted(1)
    assert "对不上，不能导出" in finance.post(f"/console/batches/{batch_id}/export").text
    cancel_batch(batch_id=batch_id, actor_id="maker", now=NOW)
    page = finance.get(f"/console/periods/{WEEK}").text
    assert "不能制单" in page and 'name="payment_date"' not in page


def test_a_period_ties_through_everything_that_may_happen_to_its_lines(session: Session) -> None:
    """So it may be looked at before anything is locked."""
    approved_week(1200, 3400)
    books.name_payee(lines(session)[0].agent_id, at=CLOSING_TIME + HOUR / 2, first=False)
    batch_id = exported()
    paying = [line for line in lines(session) if line.state == "in_transit"]
    answer(batch_id, as_csv(*(row(line) for line in paying)))
    answer(batch_id, as_csv(*(row(line, "退票", "户名不符") for line in paying)))
    assert {line.state for line in lines(session)} == {"held", "returned"}
    retry_lines(period_id=WEEK, anyway=True, actor_id="maker", now=LATER)
    retry_lines(period_id=WEEK, anyway=True, actor_id="maker", now=LATER)
    session.rollback()
    found = tie(session, WEEK)
    assert (found.holds, found.lines_fen, found.held_fen) == (True, 4600, 0)


def test_the_lines_and_those_that_retries_replace_are_summed_in_one_statement(session: Session) -> None:
    approved_week(1200)
    session.rollback()
    with counted() as said:
        tie(session, WEEK)
    assert len([each for each in said if "payout_line" in each]) == 1
