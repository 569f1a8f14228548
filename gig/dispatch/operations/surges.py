"""Surges on queues that exist, told to the phones that they concern."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from gig.core import outbox
from gig.core.db import transaction
from gig.core.errors import Invalid
from gig.core.text import N_
from gig.dispatch.models import Queue
from gig.payouts.surges import operations as surges


def begin_surge(
    *, queue: str, percent: int, minutes: int, budget_fen: int, reason: str, actor_id: str, now: dt.datetime
) -> str:
    """Clocks that start on the queue from now on get more, and the open feeds show it; returns its id."""
    with transaction() as session:
        found = session.get(Queue, queue)
        if found is None or found.retired_at is not None:
            raise Invalid({"queue": [N_("选一个队列。")]})
        id = surges.begin_surge(
            queue=queue,
            percent=percent,
            minutes=minutes,
            budget_fen=budget_fen,
            reason=reason,
            actor_id=actor_id,
            now=now,
        )
        _ring(session, queue, now)
        return id


def end_surge(*, id: str, reason: str, actor_id: str, now: dt.datetime) -> None:
    """Clocks that start from now on get no more; what was promised stays promised."""
    with transaction() as session:
        queue = surges.end_surge(id=id, reason=reason, actor_id=actor_id, now=now)
        _ring(session, queue, now)


def _ring(session: Session, queue: str, now: dt.datetime) -> None:
    outbox.emit(session, f"queue:{queue}", "feed.changed", {"queue": queue}, now=now)
