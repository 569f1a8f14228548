"""What a transaction promises of the disk."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import db, is_sqlite, transaction

WAITS = {"2", "on"}


def _asked() -> str:
    """How the connection of the transaction waits for the disk, as the database names it."""
    asked = "PRAGMA synchronous" if is_sqlite(db.session()) else "SHOW synchronous_commit"
    return str(db.session.execute(sa.text(asked)).scalar_one())


def test_only_the_transaction_that_need_not_last_does_not_wait_for_the_disk(session: Session) -> None:
    session.rollback()
    with transaction() as writing:
        if not is_sqlite(writing):  # the tests' server never waits unless it is told to
            writing.connection().exec_driver_sql("SET SESSION synchronous_commit = on")
    with transaction(lasting=False):
        assert _asked() not in WAITS
    with transaction():
        assert _asked() in WAITS


def test_what_is_to_last_does_not_join_one_that_need_not(session: Session) -> None:
    session.rollback()
    with transaction(lasting=False):
        with transaction(lasting=False):
            pass
        with pytest.raises(RuntimeError), transaction():
            pass


def test_after_one_that_failed_others_wait_for_the_disk_again(session: Session) -> None:
    session.rollback()
    try:
        with transaction(lasting=False):
            raise LookupError
    except LookupError:
        pass
    if is_sqlite(session):
        with transaction():
            assert _asked() in WAITS
