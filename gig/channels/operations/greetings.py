"""The automatic greeting of a queue. It is the system's: it answers nothing and moves no clock."""

from __future__ import annotations

import datetime as dt

from gig.channels.models import Greeting
from gig.channels.queries import greetings
from gig.core import audit
from gig.core.db import transaction
from gig.core.errors import Invalid, NotFound
from gig.core.text import N_
from gig.dispatch.models import Queue

MOST = 300


def change_greeting(*, queue: str, text: str, text_en: str, actor_id: str, now: dt.datetime) -> bool:
    """Customers who open the page of the queue from now on are greeted so; False if nothing differed.

    Without Chinese words nobody is greeted; without English ones English readers get the Chinese.
    """
    words, words_en = _sound(text, "text"), _sound(text_en, "text_en")
    with transaction() as session:
        if session.get(Queue, queue) is None:
            raise NotFound
        if greetings.in_force(session, queue) == (words, words_en):
            return False
        session.add(Greeting(queue=queue, text=words, text_en=words_en, changed_by=actor_id, changed_at=now))
        audit.note(
            session,
            actor_id=actor_id,
            action="greeting.change",
            object_type="queue",
            object_id=queue,
            detail={"text": words, "text_en": words_en},
            now=now,
        )
        return True


def _sound(text: str, field: str) -> str:
    words = text.replace("\r\n", "\n").strip()
    if len(words) > MOST or not words.replace("\n", "").isprintable():
        raise Invalid({field: [N_("最多 300 个字，不要有特殊控制字符。")]})
    return words
