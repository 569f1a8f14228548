"""Whom a long work finds at work in the database when it begins."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy.orm import Session

from gig.core import clock, outbox
from gig.core.db import transaction
from gig.core.pacing import LATELY_S, pace_of

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def event(topic: str, *, ago_s: float = 0) -> None:
    with transaction() as session:
        at = clock.current().now() - dt.timedelta(seconds=ago_s)
        outbox.emit(session, topic, "happened", {}, now=at)


@pytest.mark.parametrize("topic", ["agent:a", "queue:refund", "chat:c"])
def test_agents_and_customers_of_other_processes_are_known_by_their_events(
    session: Session, topic: str
) -> None:
    event(topic)
    assert pace_of(session, most=5000).size == 50


def test_what_an_office_hears_and_what_is_long_ago_is_nobodys_work(session: Session) -> None:
    """A close has just told finance that it begins."""
    event("agent:a", ago_s=60 + LATELY_S)
    for office in ("ops", "finance", "reviewer"):
        event(office)
    assert pace_of(session, most=5000).size == 5000
