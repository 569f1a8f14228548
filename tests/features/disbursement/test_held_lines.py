"""Lines that must wait when a batch is made."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.errors import Refused
from gig.identity.models import Agent
from gig.payouts.disbursement.models import Batch
from gig.payouts.disbursement.operations.retries import retry_lines
from tests.features.disbursement.test_batches import NOW, approved_week, exported, lines, made, rows
from tests.features.settlement import books
from tests.features.settlement.books import DAY, HOUR, WEEK


class TestHeldLines:
    def test_a_line_that_must_wait_stays_out_of_the_batch(self, session: Session) -> None:
        lin, _he = approved_week(1200, 3400)
        with transaction() as writing:
            writing.execute(sa.update(Agent).where(Agent.id == lin).values(stage="suspended"))
        assert session.get_one(Batch, made()).total_fen == 3400
        held = [line for line in lines(session) if line.state == "held"]
        assert [(line.agent_id, line.hold_reason) for line in held] == [(lin, "suspended")]
        assert books.faults() == []

    def test_when_the_reason_is_gone_a_retry_takes_its_place(self, session: Session) -> None:
        lin = books.agent(payee=False)
        books.earn(lin, 1200, base=400)
        books.close()
        books.approve()
        assert retry_lines(period_id=WEEK, actor_id="maker", now=NOW) == 0
        books.name_payee(lin, at=NOW)
        assert retry_lines(period_id=WEEK, actor_id="maker", now=NOW) == 1
        assert retry_lines(period_id=WEEK, actor_id="maker", now=NOW) == 0
        held, retry = lines(session)
        assert (held.state, retry.state, retry.retry_of) == ("held", "planned", held.id)
        assert books.faults() == []
        assert len(rows(exported())) == 2
        assert books.faults() == []

    def test_a_payee_changed_after_the_close_holds_for_a_day(self, session: Session) -> None:
        (lin,) = approved_week(1200)
        books.name_payee(lin, at=NOW - HOUR, first=False)
        with pytest.raises(Refused):
            made()
        assert [line.hold_reason for line in lines(session)] == ["payee-changed"]
        assert retry_lines(period_id=WEEK, actor_id="maker", now=NOW) == 0
        assert retry_lines(period_id=WEEK, actor_id="maker", now=NOW + DAY) == 1
        assert session.get_one(Batch, made(now=NOW + DAY)).total_fen == 1200
        assert books.faults() == []
