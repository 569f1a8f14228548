"""Greetings in force, and how they came about."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.channels.models import Greeting
from gig.core.errors import NotFound
from gig.dispatch.models import Queue
from gig.identity.models import Person

HISTORY = 20


def in_force(session: Session, queue: str) -> tuple[str, str]:
    """(Chinese, English) of the queue; empty where there is none."""
    newest = sa.select(Greeting.text, Greeting.text_en).where(Greeting.queue == queue)
    row = session.execute(newest.order_by(Greeting.id.desc()).limit(1)).first()
    return (row[0], row[1]) if row else ("", "")


def every_queue(session: Session) -> list[tuple[Queue, str]]:
    """Each queue in use with its Chinese greeting."""
    queues = session.scalars(sa.select(Queue).where(Queue.retired_at.is_(None)).order_by(Queue.slug))
    newest = sa.select(sa.func.max(Greeting.id)).group_by(Greeting.queue)
    words = sa.select(Greeting.queue, Greeting.text).where(Greeting.id.in_(newest))
    texts = dict(iter(session.execute(words)))
    return [(queue, texts.get(queue.slug, "")) for queue in queues]


def history(session: Session, queue: str) -> Sequence[sa.Row[Greeting, str | None]]:
    """(greeting, by whom), the newest first; NotFound for what is no queue."""
    if session.get(Queue, queue) is None:
        raise NotFound
    query = sa.select(Greeting, Person.name).outerjoin(Person, Person.id == Greeting.changed_by)
    return session.execute(
        query.where(Greeting.queue == queue).order_by(Greeting.id.desc()).limit(HISTORY)
    ).all()
