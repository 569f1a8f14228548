"""Ops' list of phrases that answer nothing: put on, taken off, each change kept."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from gig.core import audit
from gig.core.db import one_at_a_time, transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.text import N_
from gig.dispatch.models_lists import HoldingPhrase
from gig.dispatch.queries import phrases
from gig.dispatch.rules.substantive import core_of

PHRASE_MOST = 40


def list_phrase(*, phrase: str, actor_id: str | None, now: dt.datetime) -> None:
    """From the next reply on, a message made wholly of listed phrases answers no turn."""
    phrase = " ".join(phrase.split())
    if not core_of(phrase) or len(phrase) > PHRASE_MOST or not phrase.isprintable():
        raise Invalid({"phrase": [N_("套话要 1 到 40 个字，不能只有标点或表情。")]})
    _change(phrase, listed=True, actor_id=actor_id, now=now)


def unlist_phrase(*, phrase: str, actor_id: str | None, now: dt.datetime) -> None:
    """From the next reply on, the phrase is words like any others."""
    _change(phrase, listed=False, actor_id=actor_id, now=now)


def _change(phrase: str, *, listed: bool, actor_id: str | None, now: dt.datetime) -> None:
    with transaction() as session:
        one_at_a_time(session, "holding phrases")
        at_revision = session.execute(sa.select(phrases.revision())).scalar_one()
        on_list = phrases.holding_phrases(session, at_revision)
        if listed and core_of(phrase) in {core_of(each) for each in on_list}:
            raise Refused("phrase-listed", N_("这句已经在清单里。"))
        if not listed and phrase not in on_list:
            raise NotFound
        session.add(HoldingPhrase(phrase=phrase, listed=listed, changed_by=actor_id, changed_at=now))
        audit.note(
            session,
            actor_id=actor_id,
            action="phrase.list" if listed else "phrase.unlist",
            object_type="holding_phrase",
            object_id=phrase,
            now=now,
        )
