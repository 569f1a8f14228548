"""Telling agents, taking it back, and putting it away."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gig.core import audit, outbox, tunables
from gig.core.db import is_sqlite, rows_changed, transaction
from gig.core.errors import Errors, Invalid, NotFound, Refused
from gig.core.ids import is_id, new_id
from gig.core.text import N_, Sentence
from gig.dispatch.models import Queue
from gig.dispatch.notices.models import Notice, NoticeRead
from gig.dispatch.notices.values import AN_HOUR, BROADCAST, MINUTES, TEXT_MOST

HOUR = dt.timedelta(hours=1)


def broadcast(
    *, text: str, audience: str, queue: str | None, minutes: int, actor_id: str, now: dt.datetime
) -> str:
    """The words stand on the phones of the audience until they expire; returns the notice's id.

    Refused beyond the hour's number, so that agents still read them.
    """
    text, queue = text.strip(), queue or None
    with transaction() as session:
        faults = _faults(session, text, audience, queue, minutes)
        if faults:
            raise Invalid(faults)
        _within_the_hour(session, now)
        id = new_id()
        session.add(
            Notice(
                id=id,
                text=text,
                audience=audience,
                queue=queue if audience == "queue" else None,
                made_by=actor_id,
                made_at=now,
                expires_at=now + dt.timedelta(minutes=minutes),
            )
        )
        session.flush()
        detail = {"audience": audience, "queue": queue, "minutes": minutes}
        _note(session, "notice.send", id, text, actor_id, now, detail)
        ring_queues(session, now, queue if audience == "queue" else None)
        return id


def _faults(session: Session, text: str, audience: str, queue: str | None, minutes: int) -> Errors:
    faults: Errors = {}
    if not text or len(text) > TEXT_MOST:
        faults["text"] = [Sentence(N_("写 1 到 %(n)s 个字。"), {"n": TEXT_MOST})]
    if audience not in BROADCAST:
        faults["audience"] = [N_("选一类客服。")]
    if audience == "queue" and (not queue or session.get(Queue, queue) is None):
        faults["queue"] = [N_("选一个队列。")]
    if not MINUTES[0] <= minutes <= MINUTES[1]:
        bounds = {"minimum": MINUTES[0], "maximum": MINUTES[1]}
        faults["minutes"] = [Sentence(N_("要在 %(minimum)s 到 %(maximum)s 之间。"), bounds)]
    return faults


def _within_the_hour(session: Session, now: dt.datetime) -> None:
    """Counted while nobody else can add one: two people at once cannot pass the number together."""
    if not is_sqlite(session):
        session.execute(sa.text("LOCK TABLE notice IN SHARE ROW EXCLUSIVE MODE"))
    most = tunables.values(session)[AN_HOUR.name]
    recent = sa.select(sa.func.count()).where(Notice.audience.in_(BROADCAST), Notice.made_at > now - HOUR)
    sent = session.execute(recent).scalar_one()
    if sent >= most:
        raise Refused("too-many-notices", N_("一小时内已发 %(n)s 条，再多就没人看了。过一会儿再发。"), n=sent)


def take_back(*, id: str, actor_id: str, now: dt.datetime) -> None:
    """Nobody sees the notice any more. Taking it back again changes nothing."""
    with transaction() as session:
        found = session.get(Notice, id, populate_existing=True) if is_id(id) else None
        if found is None or found.audience not in BROADCAST:
            raise NotFound
        taken = sa.update(Notice).where(Notice.id == id, Notice.withdrawn_at.is_(None))
        if rows_changed(session, taken.values(withdrawn_at=now)):
            _note(session, "notice.take-back", id, None, actor_id, now, {})
            ring_queues(session, now, found.queue)


def put_away(*, id: str, agent_id: str, now: dt.datetime) -> None:
    """The agent does not see the notice again. One that is not meant for them is not there."""
    with transaction() as session:
        found = session.get(Notice, id) if is_id(id) else None
        if found is None or found.agent_id not in (None, agent_id):
            raise NotFound
        insert = sqlite.insert if is_sqlite(session) else postgresql.insert
        row = {"notice_id": id, "agent_id": agent_id, "read_at": now}
        session.execute(insert(NoticeRead).values(row).on_conflict_do_nothing())


def tell_agent(
    session: Session,
    agent_id: str,
    text: str,
    params: dict[str, Any],
    *,
    lasts: dt.timedelta,
    now: dt.datetime,
) -> None:
    """The agent reads the sentence (a msgid) on every page until it expires or they put it away."""
    session.add(
        Notice(
            id=new_id(),
            text=text,
            params=json.dumps(params, ensure_ascii=False),
            audience="agent",
            agent_id=agent_id,
            made_at=now,
            expires_at=now + lasts,
        )
    )
    session.flush()
    outbox.emit(session, f"agent:{agent_id}", "notice.changed", {}, now=now)


def ring_queues(session: Session, now: dt.datetime, queue: str | None = None) -> None:
    """Open phones look again: those of the queue, or of every queue."""
    slugs = [queue] if queue else session.scalars(sa.select(Queue.slug).where(Queue.retired_at.is_(None)))
    outbox.emit_all(session, [(f"queue:{slug}", "notice.changed", {}) for slug in slugs], now=now)


def _note(
    session: Session,
    action: str,
    id: str,
    reason: str | None,
    actor_id: str,
    now: dt.datetime,
    detail: dict[str, Any],
) -> None:
    audit.note(
        session,
        actor_id=actor_id,
        action=action,
        object_type="notice",
        object_id=id,
        reason=reason,
        detail=detail,
        now=now,
    )
