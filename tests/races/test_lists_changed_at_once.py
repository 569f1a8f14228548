"""Lists and numbers that people change while every process keeps a copy of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.db import Base, db, transaction
from gig.core.tunables import TunableChange
from gig.dispatch.models_lists import HoldingPhrase
from gig.dispatch.operations.phrases import list_phrase
from gig.dispatch.wording.models import WordingChange
from gig.dispatch.wording.operations.lists import list_wording
from tests.builders import NOON

TIMES = 12


def change_number(number: int) -> None:
    with transaction() as session:
        tunables.change(session, "limit_gold", number, actor_id=None, reason="比一比", now=NOON)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (TunableChange, change_number),
        (HoldingPhrase, lambda n: list_phrase(phrase=f"马上就看{n}", actor_id=None, now=NOON)),
        (
            WordingChange,
            lambda n: list_wording(kind="forbidden", phrase=f"不许说{n}号", actor_id=None, now=NOON),
        ),
    ],
)
def test_changes_at_once_are_seen_in_the_order_of_their_numbers(
    app: Flask, session: Session, table: type[Base], change: Callable[[int], None]
) -> None:
    """Whoever has seen a later one has seen all before it, so a copy as of the newest misses none."""
    ids = table.__table__.c.id
    before = session.scalars(sa.select(ids)).all()
    session.rollback()

    def run(number: int) -> list[int]:
        with app.app_context():
            try:
                change(number)
                return [id for id in db.session.scalars(sa.select(ids)) if id not in before]
            finally:
                db.session.remove()

    with ThreadPoolExecutor(6) as pool:
        seen = list(pool.map(run, range(1, TIMES + 1)))
    numbered = sorted(set().union(*seen))
    assert len(numbered) == TIMES
    assert all(sorted(each) == numbered[: len(each)] for each in seen)
