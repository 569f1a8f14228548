"""Several people at one appeal: filed once, decided once, the money back once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.errors import Refused
from gig.dispatch.outages.operations import excuse_due, record_outage
from gig.payouts.adjustments.operations.deciding import Evidence, propose_reversal
from gig.quality.models import Appeal
from tests import builders as a
from tests.builders import NOON, seconds
from tests.features.quality.cases import DAY, HOUR, appealed, faults, found, late_reply, reversals, ruled


def at_once(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """What each act returned or refused, all begun together."""
    gate = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            gate.wait()
            try:
                results[place] = act()
            except Refused as refused:
                results[place] = refused.slug

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_taps_file_one_appeal(app: Flask, session: Session) -> None:
    agent = a.agent()
    event = late_reply(agent)
    ids = at_once(app, *([lambda: appealed(agent, event)] * 4))
    assert len(set(ids)) == 1 and isinstance(ids[0], str)
    session.rollback()
    assert session.execute(sa.select(sa.func.count()).select_from(Appeal)).scalar_one() == 1


def test_reviewers_at_once_decide_once_and_return_the_money_once(app: Flask, session: Session) -> None:
    agent = a.agent()
    appeal = appealed(agent, late_reply(agent))
    whole = found(session, appeal).penalty_fen
    people = [a.person(roles="reviewer") for _ in range(4)]
    verdicts = ("upheld", "rejected", "upheld", "rejected")
    acts = [
        lambda by=by, verdict=verdict: ruled(appeal, verdict, by=by)
        for by, verdict in zip(people, verdicts, strict=True)
    ]
    results = at_once(app, *acts)
    assert results.count("already-decided") == 3
    (fen,) = [each for each in results if each != "already-decided"]
    now = found(session, appeal)
    assert now.returned_fen == fen == (whole if now.state == "upheld" else 0)
    assert sum(entry.amount_fen for entry in reversals(session)) == fen
    assert faults(session) == []


def test_an_outage_and_a_reviewer_give_the_same_money_back_once(app: Flask, session: Session) -> None:
    agent = a.agent()
    appeal = appealed(agent, late_reply(agent))
    whole = found(session, appeal).penalty_fen
    record_outage(
        starts_at=NOON, ends_at=NOON + seconds(60), reason="断网", actor_id=None, now=NOON + 2 * HOUR
    )
    by = a.person(roles="reviewer")
    fen, _excused = at_once(app, lambda: ruled(appeal, by=by), lambda: excuse_due(now=NOON + DAY))
    assert fen in (0, whole)
    excuse_due(now=NOON + DAY)
    assert sum(entry.amount_fen for entry in reversals(session)) == whole
    assert faults(session) == []


def test_finance_and_a_reviewer_give_the_same_money_back_once(app: Flask, session: Session) -> None:
    for _ in range(5):
        agent = a.agent()
        appeal = appealed(agent, late_reply(agent))
        case = found(session, appeal)
        whole, entry_id, by = case.penalty_fen or 0, case.penalty_id or "", a.person(roles="reviewer")
        fen, told = at_once(
            app,
            lambda appeal=appeal, by=by: ruled(appeal, by=by),  # type: ignore[misc]
            lambda entry_id=entry_id, whole=whole: propose_reversal(  # type: ignore[misc]
                entry_id=entry_id,
                amount_fen=whole,
                reason="记错了",
                evidence=Evidence("对账单"),
                actor_id="finance",
                now=NOON + DAY,
            ),
        )
        assert (fen, told == "too-much-reversed") in ((whole, True), (0, False))
        assert told is not None
        given = [entry.amount_fen for entry in reversals(session) if entry.agent_id == agent]
        assert given == [whole]
        assert faults(session) == []
