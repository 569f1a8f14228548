"""The phrases that hold a customer off and answer nothing: a default list, changed by ops."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import engine_of
from gig.dispatch.models_lists import HoldingPhrase
from gig.dispatch.rules.substantive import DEFAULT_HOLDING_PHRASES

_cache: tuple[sa.URL, int, tuple[str, ...]] | None = None


def revision() -> sa.ScalarSelect[int]:
    """The newest change, for use as a column of any other query."""
    return sa.select(sa.func.coalesce(sa.func.max(HoldingPhrase.id), 0)).scalar_subquery()


def holding_phrases(session: Session, at_revision: int) -> tuple[str, ...]:
    """The list as it stands at the revision; read again only when it has changed."""
    global _cache
    database = engine_of(session).url
    cached = _cache
    if cached and cached[:2] == (database, at_revision):
        return cached[2]
    listed = dict.fromkeys(DEFAULT_HOLDING_PHRASES, True)
    if at_revision:
        changes = sa.select(HoldingPhrase.phrase, HoldingPhrase.listed).order_by(HoldingPhrase.id)
        listed.update(dict(session.execute(changes).all()))
    phrases = tuple(phrase for phrase, on in listed.items() if on)
    _cache = (database, at_revision, phrases)
    return phrases
