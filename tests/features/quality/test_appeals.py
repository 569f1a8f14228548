"""Deciding appeals: who, the score and the money."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.db import transaction
from gig.core.errors import Invalid, Refused
from gig.dispatch.notices.models import Notice
from gig.dispatch.outages.operations import excuse_due, record_outage
from gig.identity.models import Agent
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.settlement.operations.closing import close_due
from gig.quality.models import Appeal
from gig.scoring.models import ScoreChange, ScoreEvent
from gig.scoring.operations.events import note_event
from gig.scoring.operations.scoring import take_in_events
from tests import builders as a
from tests.builders import NOON, seconds
from tests.features.quality.cases import (
    DAY,
    HOUR,
    REPLY,
    appealed,
    faults,
    found,
    late_reply,
    missed_turn,
    newest_event,
    poor_rating,
    reversals,
    ruled,
)

TICK = dt.timedelta(microseconds=1)


def score(session: Session, agent: str) -> int:
    session.rollback()
    return session.execute(sa.select(Agent.score_tenths).where(Agent.id == agent)).scalar_one()


def test_an_upheld_appeal_brings_the_money_and_the_score_back(session: Session) -> None:
    agent = a.agent()
    before = score(session, agent)
    event = late_reply(agent)
    worse = score(session, agent)
    appeal = appealed(agent, event)
    assert found(session, appeal).due_at == NOON + HOUR + 9 * DAY
    fen = ruled(appeal)
    now = found(session, appeal)
    assert (now.state, now.returned_fen, now.struck, now.reply) == ("upheld", fen, True, REPLY)
    assert fen == now.penalty_fen and fen > 0
    (reversal,) = reversals(session)
    assert reversal.source_key == f"reversal:appeal-{appeal}:{now.penalty_id}"
    assert (reversal.amount_fen, reversal.payable_fen, reversal.reverses_id) == (fen, fen, now.penalty_id)
    assert score(session, agent) == before > worse
    last = session.scalars(sa.select(ScoreChange).order_by(ScoreChange.id.desc())).first()
    assert last is not None and (last.reason, last.event_id) == ("appealed", event)
    assert faults(session) == []


def test_a_stated_part_of_the_money_may_come_back_and_the_event_still_counts(session: Session) -> None:
    agent = a.agent()
    event = late_reply(agent)
    worse = score(session, agent)
    appeal = appealed(agent, event)
    assert ruled(appeal, "partly", part_fen=7) == 7
    assert [entry.amount_fen for entry in reversals(session)] == [7]
    assert (found(session, appeal).struck, score(session, agent)) == (False, worse)
    assert faults(session) == []


def test_a_part_may_take_the_event_out_too(session: Session) -> None:
    agent = a.agent()
    before = score(session, agent)
    appeal = appealed(agent, late_reply(agent))
    ruled(appeal, "partly", part_fen=7, strike=True)
    assert (found(session, appeal).struck, score(session, agent)) == (True, before)
    assert faults(session) == []


@pytest.mark.parametrize("part", [None, 0, -1, "all"])
def test_a_part_is_more_than_nothing_and_less_than_all(session: Session, part: int | str | None) -> None:
    agent = a.agent()
    appeal = appealed(agent, late_reply(agent))
    fen = found(session, appeal).penalty_fen if part == "all" else part
    with pytest.raises(Invalid) as refused:
        ruled(appeal, "partly", part_fen=fen)  # type: ignore[arg-type]
    assert "part" in refused.value.errors
    assert found(session, appeal).state == "open" and reversals(session) == []


def test_a_rejected_appeal_changes_nothing_but_says_why(session: Session) -> None:
    agent = a.agent()
    event = late_reply(agent)
    worse = score(session, agent)
    appeal = appealed(agent, event)
    assert ruled(appeal, "rejected") == 0
    assert (found(session, appeal).reply, score(session, agent)) == (REPLY, worse)
    assert reversals(session) == [] and faults(session) == []
    told = session.scalars(sa.select(Notice.text).where(Notice.agent_id == agent)).all()
    assert any("没有成立" in text for text in told)


def test_a_miss_and_a_rating_are_struck_out_without_money(session: Session) -> None:
    for make in (missed_turn, poor_rating):
        agent = a.agent()
        event = make(agent)
        worse = score(session, agent)
        assert ruled(appealed(agent, event)) == 0
        assert score(session, agent) > worse
    assert reversals(session) == [] and faults(session) == []


def test_an_upheld_rating_takes_its_not_solved_with_it(session: Session) -> None:
    agent = a.agent()
    event = poor_rating(agent)
    ruled(appealed(agent, event))
    session.rollback()
    kinds = ("rating", "not_solved")
    struck = sa.select(ScoreEvent.struck_at).where(ScoreEvent.kind.in_(kinds))
    assert session.scalars(struck).all() == [NOON + DAY] * 2


def violation(agent: str, by: str | None, kind: str = "violation_major") -> str:
    with transaction() as session:
        note_event(
            session,
            agent_id=agent,
            kind=kind,
            source_key=f"{kind}:{agent}",
            at=NOON,
            imposed_by=by,  # type: ignore[arg-type]
        )
    take_in_events(now=NOON)
    return newest_event(kind, agent)


def test_a_violation_s_points_come_back(session: Session) -> None:
    agent = a.agent()
    before = score(session, agent)
    event = violation(agent, None)
    assert score(session, agent) == before - 100
    ruled(appealed(agent, event))
    assert score(session, agent) == before


def test_who_imposed_it_does_not_decide_it(session: Session) -> None:
    agent, judge = a.agent(), a.person(roles="reviewer")
    appeal = appealed(agent, violation(agent, judge))
    with pytest.raises(Refused) as refused:
        ruled(appeal, by=judge)
    assert refused.value.slug == "own-decision" and found(session, appeal).state == "open"
    ruled(appeal)
    assert found(session, appeal).state == "upheld"


def test_it_is_decided_once(session: Session) -> None:
    agent = a.agent()
    appeal = appealed(agent, late_reply(agent))
    ruled(appeal)
    with pytest.raises(Refused) as refused:
        ruled(appeal, "rejected")
    assert refused.value.slug == "already-decided"
    assert found(session, appeal).state == "upheld" and len(reversals(session)) == 1


def test_a_ruling_names_every_fault(session: Session) -> None:
    from gig.quality.operations.deciding import Ruling, decide

    agent = a.agent()
    appeal = appealed(agent, late_reply(agent))
    with pytest.raises(Invalid) as refused:
        decide(
            appeal_id=appeal,
            ruling=Ruling("maybe", "weather", " "),
            actor_id=a.person(roles="reviewer"),
            now=NOON + DAY,
        )
    assert set(refused.value.errors) == {"verdict", "cause", "reply"}


def test_what_an_outage_excused_is_not_appealed_and_an_open_appeal_gives_nothing_twice(
    session: Session,
) -> None:
    excused, open_one = a.agent(), a.agent()
    event, appeal = late_reply(excused), appealed(open_one, late_reply(open_one))
    record_outage(
        starts_at=NOON, ends_at=NOON + seconds(60), reason="断网", actor_id=None, now=NOON + 2 * HOUR
    )
    excuse_due(now=NOON + 2 * HOUR)
    with pytest.raises(Refused) as refused:
        appealed(excused, event, at=NOON + 3 * HOUR)
    assert refused.value.slug == "already-excused"
    assert ruled(appeal) == 0
    assert len(reversals(session)) == 2 and faults(session) == []


def test_an_outage_recorded_later_gives_back_what_a_part_left(session: Session) -> None:
    agent = a.agent()
    appeal = appealed(agent, late_reply(agent))
    ruled(appeal, "partly", part_fen=7)
    whole = found(session, appeal).penalty_fen or 0
    record_outage(starts_at=NOON, ends_at=NOON + seconds(60), reason="断网", actor_id=None, now=NOON + DAY)
    excuse_due(now=NOON + DAY)
    assert sorted(entry.amount_fen for entry in reversals(session)) == sorted([7, whole - 7])
    assert faults(session) == []


def test_the_money_comes_back_in_the_period_that_is_open(session: Session) -> None:
    agent = a.agent()
    event = late_reply(agent)
    week = session.scalars(sa.select(Period)).one()
    ends_at = week.ends_at
    appeal = appealed(agent, event, at=NOON + DAY)
    close_due(now=ends_at + HOUR)
    session.rollback()
    closed = session.scalars(sa.select(Statement).where(Statement.agent_id == agent)).one()
    assert closed.reversals_fen == 0
    ruled(appeal, at=ends_at + 2 * HOUR)
    (reversal,) = reversals(session)
    assert reversal.period_id != closed.period_id and reversal.late_for_period_id is None
    close_due(now=ends_at + 8 * DAY)
    session.rollback()
    later = sa.select(Statement).where(Statement.agent_id == agent, Statement.period_id != closed.period_id)
    assert session.scalars(later).one().reversals_fen == reversal.amount_fen
    assert faults(session) == []


def test_every_step_is_on_record(session: Session) -> None:
    agent = a.agent()
    appeal = appealed(agent, late_reply(agent))
    ruled(appeal, "rejected")
    session.rollback()
    log = sa.select(AuditEntry.action, AuditEntry.reason).where(AuditEntry.object_id == appeal)
    assert [tuple(row) for row in session.execute(log.order_by(AuditEntry.id))] == [
        ("appeal.file", None),
        ("appeal.rejected", REPLY),
    ]


def test_the_database_refuses_what_no_operation_writes(session: Session) -> None:
    agent = a.agent()
    appeal = found(session, appealed(agent, late_reply(agent)))
    for wrong in (
        {"state": "upheld"},
        {"decided_by": agent},
        {"returned_fen": (appeal.penalty_fen or 0) + 1},
        {"due_at": appeal.filed_at},
    ):
        with pytest.raises(sa.exc.IntegrityError), transaction() as writing:
            writing.execute(sa.update(Appeal).where(Appeal.id == appeal.id).values(**wrong))


def test_money_that_the_book_does_not_know_is_found(session: Session) -> None:
    agent = a.agent()
    appeal = appealed(agent, late_reply(agent))
    ruled(appeal, "partly", part_fen=7)
    with transaction() as writing:
        writing.execute(sa.update(Appeal).where(Appeal.id == appeal).values(returned_fen=8))
    assert any("what an appeal gave back" in fault for fault in faults(session))
