"""Taking back: a stated part of an entry, and no more from one reply than it paid."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.errors import NotFound, Refused
from gig.core.ids import new_id
from gig.payouts.adjustments import queries
from gig.payouts.adjustments.operations import deciding
from gig.payouts.disbursement.operations.questions import take_back
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger import accounts, journal
from tests.features.adjustments.test_deciding import WORDS, approve, entry, propose, reverse, state
from tests.features.settlement import books
from tests.features.settlement.books import WEDNESDAY, WEEK


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
