"""Slots of time: the epoch second that each begins at, the same in both databases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import EPOCH, is_sqlite


def slot_of(instant: dt.datetime, seconds: int) -> int:
    """The slot of this length that contains the instant."""
    return int((instant - EPOCH).total_seconds()) // seconds * seconds


def instant_of(slot: int) -> dt.datetime:
    return EPOCH + dt.timedelta(seconds=slot)


def slot_column(session: Session, column: Any, seconds: int) -> sa.ColumnElement[int]:
    """The same of a column, to group by."""
    if is_sqlite(session):
        epoch: Any = sa.cast(sa.func.strftime("%s", column), sa.BigInteger)
    else:
        epoch = sa.cast(sa.func.floor(sa.extract("epoch", column)), sa.BigInteger)
    length = sa.literal_column(str(seconds), sa.Integer)
    return epoch // length * length
