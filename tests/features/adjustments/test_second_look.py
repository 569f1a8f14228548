"""While back pay is posted it is looked at again: only what was touched is read, and says what a look at all
of it would say."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from gig.core.db import is_sqlite
from gig.core.errors import Refused
from gig.core.ids import new_id
from gig.payouts.adjustments import became, queries
from gig.payouts.adjustments import given as given_by
from gig.payouts.adjustments.models import BackPayRun
from gig.payouts.adjustments.operations import counting
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger import journal
from tests.features.adjustments.test_back_pay import DAY_OF_WORK, NOW, counted, shares
from tests.features.adjustments.test_back_pay_again import by_card, card, post, take_back
from tests.features.adjustments.test_back_pay_stale import capped_card, claw_back, given_for, reverse
from tests.features.settlement import books
from tests.features.settlement.books import DAY, HOUR, WEDNESDAY, WEEKS

MINUTE = dt.timedelta(minutes=1)
BECOMES = ("", "", "", "excused a little", "excused", "reversed", "clawed back")
_weeks = itertools.count()


@dataclass(frozen=True)
class Reply:
    """Whose it is, of which inquiry, on which day, and what becomes of it before the counting and after."""

    agent: int
    inquiry: int
    day: int
    paid: bool
    late: bool
    before: str
    after: str


replies = st.builds(
    Reply,
    agent=st.integers(0, 1),
    inquiry=st.integers(0, 2),
    day=st.integers(-1, 1),
    paid=st.sampled_from([True, True, False]),
    late=st.booleans(),
    before=st.sampled_from(BECOMES),
    after=st.sampled_from(BECOMES),
)


@pytest.fixture
def cards(session: Session) -> tuple[str, str]:
    """One that pays a little more, and one that pays more for two replies of an inquiry."""
    return card(130), capped_card(140, 2)


@settings(max_examples=6, database=None)
@given(
    answered=st.lists(replies, min_size=2, max_size=6),
    mode=st.sampled_from(["card", "card", "fixed", "percent"]),
    taken_fen=st.sampled_from([0, 0, 7, 100_000]),
)
@example(
    answered=[
        Reply(0, 0, 0, True, True, "", "excused"),
        Reply(1, 0, 0, False, False, "", ""),
        Reply(0, 1, 1, True, True, "excused a little", "clawed back"),
        Reply(0, 2, -1, True, False, "", "reversed"),
        Reply(0, 2, 0, False, False, "", ""),
        Reply(1, 1, 1, True, True, "excused", ""),
    ],
    mode="card",
    taken_fen=7,
)
def test_the_look_at_what_was_touched_says_what_the_look_at_all_says(
    session: Session, cards: tuple[str, str], answered: list[Reply], mode: str, taken_fen: int
) -> None:
    back = next(_weeks) * WEEKS
    span = {"first_day": DAY_OF_WORK - DAY - back, "last_day": DAY_OF_WORK + DAY - back}
    ids = earned(answered, WEDNESDAY - back)
    for id, reply in ids.items():
        becomes(session, id, reply.before, at=NOW - 2 * HOUR)
    earlier = by_card(cards[0], **span)
    if parts := shares(session, earlier):
        post(earlier)
        for agent_id, (_replies, fen) in parts.items():
            if taken_fen:
                take_back(session, earlier, agent_id, min(fen, taken_fen))
    run_id = by_card(cards[1], **span) if mode == "card" else counted(mode=mode, figure=30, **span)
    kept = given_for(session, run_id)
    for id, reply in ids.items():
        becomes(session, id, reply.after, at=NOW)

    session.rollback()
    run = session.get_one(BackPayRun, run_id)
    touched = became.touched_since(session, run)
    agents, wanted = {agent_id for agent_id, _id, _fen in touched}, {id for _agent, id, _fen in touched}
    whole = priced(session, run, agents, *counting._span(run))
    narrow = priced(session, run, agents, Earning.id.in_(wanted))
    assert narrow == {id: whole[id] for id in wanted}
    changed = {agent_id for agent_id, id, _fen in touched if whole[id] != kept[id]}
    assert counting.changed_since(session, run) == changed


def earned(answered: list[Reply], day: dt.datetime) -> Mapping[str, Reply]:
    """The replies by their ids; each is a minute after the one before."""
    agents, inquiries = [books.agent() for _ in range(2)], [new_id() for _ in range(3)]
    return {
        books.earn(
            agents[reply.agent],
            120 if reply.paid else 0,
            penalty=24 if reply.paid and reply.late else 0,
            at=day + reply.day * DAY + minute * MINUTE,
            inquiry_id=inquiries[reply.inquiry],
        ): reply
        for minute, reply in enumerate(answered)
    }


def becomes(session: Session, id: str, what: str, *, at: dt.datetime) -> None:
    """It happens to the reply, as far as there is something left to take, or to give back."""
    session.rollback()
    reply = session.get_one(Earning, id)
    left = reply.gross_fen - queries.taken_from(session, id)
    if what.startswith("excused") and reply.penalty_fen:
        with suppress(journal.TooMuchReversed):
            reverse(session, f"penalty:{id}", 5 if what == "excused a little" else 24, at=at)
    elif what == "reversed" and left:
        reverse(session, f"earning:{id}", left, at=at)
    elif what == "clawed back" and reply.gross_fen:
        with suppress(Refused):
            claw_back(reply.agent_id, id, 50)


def priced(session: Session, run: BackPayRun, agents: set[str], *which: Any) -> dict[str, int]:
    return {id: fen for _agent_id, id, fen in counting._priced(session, run, agents, which)}


@pytest.mark.parametrize("mode", ["fixed", "percent", "card"])
def test_of_an_agent_with_many_replies_only_the_touched_one_is_read_again(
    session: Session, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    lin = books.agent()
    late = [books.earn(lin, 120, penalty=24) for _ in range(6)]
    post(counted(figure=5))
    for id in late:
        reverse(session, f"penalty:{id}", 10, at=NOW - 2 * HOUR)
        reverse(session, f"earning:{id}", 1, at=NOW - 2 * HOUR)
    run_id = by_card(card(150)) if mode == "card" else counted(mode=mode, figure=30)
    reverse(session, f"penalty:{late[2]}", 1)
    read: list[str] = []

    def noted(look: Any) -> Any:
        def looks(*which: Any) -> Any:
            read.extend(found := look(*which))
            return found

        return looks

    for module, name in ((became, "returned"), (became, "clawed_back"), (given_by, "by_runs")):
        monkeypatch.setattr(module, name, noted(getattr(module, name)))
    changed = counting.changed_since(session, session.get_one(BackPayRun, run_id))
    assert changed == ({lin} if mode == "card" else set())
    assert read == [late[2]] * (3 if mode == "card" else 2)


def test_the_mates_of_a_touched_reply_are_found_by_their_inquiry(session: Session) -> None:
    """Not among all that the agent ever answered, also where the database has counted nothing yet."""
    books.earn(books.agent(), 120)
    run = session.get_one(BackPayRun, counted())
    sent: list[tuple[str, Any]] = []
    sa.event.listen(
        session.connection(),
        "before_cursor_execute",
        lambda _c, _cursor, statement, values, *_: sent.append((statement, values)),
    )
    assert became.touched_since(session, run) == []
    statement, values = sent[-1]
    if not is_sqlite(session):
        pytest.skip("PostgreSQL counts its tables, and reads ones so small as a whole")
    plan = str(session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())
    assert plan.count("ix_earning_inquiry_id") >= 3
    assert "ix_earning_agent_received" not in plan
