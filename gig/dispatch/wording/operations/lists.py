"""Ops' lists of the check: put on, taken off, each change kept."""

from __future__ import annotations

import datetime as dt

from gig.core import audit
from gig.core.db import one_at_a_time, transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.text import N_
from gig.dispatch.wording.models import WordingChange
from gig.dispatch.wording.queries.lists import lists
from gig.dispatch.wording.rules.lists import KINDS
from gig.dispatch.wording.rules.matching import PHRASE_MOST
from gig.dispatch.wording.rules.reading import BREAK, read

LEAST = 2
"""A single character would be found in half of all words."""


def list_wording(*, kind: str, phrase: str, actor_id: str | None, now: dt.datetime) -> None:
    """From the next reply on, the check looks for the phrase, however it is spaced or drawn."""
    phrase = " ".join(phrase.split())
    seen = read(phrase).text
    if len(seen) < LEAST or BREAK in seen or len(phrase) > PHRASE_MOST or not phrase.isprintable():
        raise Invalid({"phrase": [N_("要 2 到 40 个字，不能只有标点或表情，也不能跨句。")]})
    _change(kind, phrase, listed=True, actor_id=actor_id, now=now)


def unlist_wording(*, kind: str, phrase: str, actor_id: str | None, now: dt.datetime) -> None:
    """From the next reply on, the phrase is words like any others."""
    _change(kind, phrase, listed=False, actor_id=actor_id, now=now)


def _change(kind: str, phrase: str, *, listed: bool, actor_id: str | None, now: dt.datetime) -> None:
    if kind not in KINDS:
        raise NotFound
    with transaction() as session:
        one_at_a_time(session, "wording")
        on_list = lists(session).phrases[kind]
        if listed and read(phrase).text in {read(each).text for each in on_list}:
            raise Refused("phrase-listed", N_("这句已经在清单里。"))
        if not listed and phrase not in on_list:
            raise NotFound
        session.add(
            WordingChange(kind=kind, phrase=phrase, listed=listed, changed_by=actor_id, changed_at=now)
        )
        audit.note(
            session,
            actor_id=actor_id,
            action="wording.list" if listed else "wording.unlist",
            object_type="wording",
            object_id=f"{kind}:{phrase}",
            now=now,
        )
